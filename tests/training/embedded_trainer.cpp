// SPDX-License-Identifier: BSL-1.0
// Training on a device has the bits of the host's trainer, step by step, and nothing else in memory than its type says.
#include "catch.hpp"

#include <archetype/embedded_training.hpp>
#include <archetype/training.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace at = archetype;

namespace {

constexpr std::size_t most = 40'000;
alignas(64) float start_numbers[most];
// Any network's: what the numbers are is decided when a test runs.
template <class Net>
constexpr auto start_of =
    at::constant_parameters<at::parameters_hash<Net>, at::model<Net>::size()>::from_pointer(start_numbers);

float number(std::size_t i) { return static_cast<float>((i * 2654435761u >> 7) % 1000) / 500.0f - 1.0f; }

template <class Net>
at::model<Net> started() {
    static_assert(at::model<Net>::size() <= most);
    at::model<Net> net{at::seed{3}};
    std::copy_n(net.data(), net.size(), start_numbers);
    return net;
}

template <class Trainer, class Net>
std::size_t differing(Trainer& device, const at::model<Net>& net) {
    // Gaps between tensors are the host's alone.
    std::size_t wrong = 0;
    const auto& layout = at::detail::parameters_of<Net>;
    for (const auto& slot : layout.slots) {
        const auto& tensor = at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        if (slot.offset >= layout.written_elements) continue;
        wrong += std::memcmp(device.parameters().data() + slot.offset, net.data() + slot.offset,
                             4 * tensor.extents.size()) != 0;
    }
    return wrong;
}

/// Class numbers or values, `Steps` steps of `Batch` samples; the tensors that differ at the end of any step.
template <class Net, class Loss, class Optimizer, std::size_t Batch = 1>
std::size_t compare(const Optimizer& optimizer, const Loss& loss = {}, int steps = 5) {
    auto net = started<Net>();
    using device_type = at::embedded_trainer<Net, Loss, Optimizer, start_of<Net>, at::batch_size<Batch>>;
    const auto device = std::make_unique<device_type>();
    REQUIRE(device->start(loss, optimizer, 7));
    at::trainer host{net, loss, optimizer, at::seed{7}};
    constexpr std::size_t in = device_type::input_size, out = device_type::output_size,
                          channels = at::output_shape<Net>.channels();
    std::vector<float> x(Batch * in + 64), values(Batch * out + 64);
    std::array<std::int32_t, Batch*(out / channels)> labels{};
    std::size_t wrong = differing(*device, net);
    const std::vector<float> before(net.data(), net.data() + net.trainable_size());
    for (int step = 0; step < steps; ++step) {
        for (std::size_t i = 0; i < Batch * in; ++i) x[i] = number(i + 977 * static_cast<std::size_t>(step));
        for (std::size_t i = 0; i < Batch * out; ++i)
            values[i] = number(3 * i + static_cast<std::size_t>(step));
        for (std::size_t i = 0; i < labels.size(); ++i)
            labels[i] = static_cast<std::int32_t>((i + static_cast<std::size_t>(step)) % channels);
        const std::span<const float, Batch * in> samples(x.data(), Batch * in);
        double on_host, on_device;
        if constexpr (Loss::from_logits) {
            on_host = host.step(x.data(), labels.data(), Batch);
            on_device = static_cast<double>(device->step(samples, labels));
        } else {
            on_host = host.step(x.data(), values.data(), Batch);
            on_device = static_cast<double>(
                device->step(samples, std::span<const float, Batch * out>(values.data(), Batch * out)));
        }
        CHECK(on_device == Approx(on_host).epsilon(1e-6));
        wrong += differing(*device, net);
    }
    // Something was learnt at all.
    wrong += std::equal(before.begin(), before.end(), net.data()) ? 1000 : 0;
    // What the device says now is what the host says.
    if constexpr (at::model<Net>::input_count == 1) {
        xt::xtensor<float, 2> flat = xt::zeros<float>({std::size_t{1}, in});
        std::vector<float> result(out);
        net.run(x.data(), 1, result.data());
        const auto found = (*device)(std::span<const float, in>(x.data(), in));
        for (std::size_t i = 0; i < out; ++i) CHECK(found[i] == Approx(result[i]).margin(1e-5));
    }
    return wrong;
}

using perceptron = at::network<at::input<6>, at::dense<9>, at::tanh, at::dense<4>, at::softmax>;
using images = at::network<at::input<12, 12, 1>, at::conv2d<6, 3>, at::relu, at::max_pool2d<2>,
                           at::conv2d<8, 3, at::same>, at::tanh, at::avg_pool2d<5>, at::flatten, at::dense<5>,
                           at::softmax>;
using normalized =
    at::network<at::input<8, 8, 2>, at::conv2d<5, 3>, at::batch_norm<>, at::relu, at::depthwise_conv2d<3>,
                at::batch_norm<>, at::relu, at::global_avg_pool2d, at::dense<3>, at::softmax>;
using half_frozen =
    at::network<at::input<8, 8, 2>, at::frozen<at::sequence<at::conv2d<5, 3>, at::batch_norm<>, at::relu>>,
                at::conv2d<6, 3>, at::batch_norm<>, at::relu, at::flatten, at::dense<3>, at::softmax>;
using last_layer =
    at::network<at::input<8, 8, 2>,
                at::frozen<at::sequence<at::conv2d<5, 3>, at::batch_norm<>, at::relu, at::global_avg_pool2d>>,
                at::dense<3>, at::softmax>;
using branched =
    at::network<at::input<6, 6, 4>,
                at::residual<at::sequence<at::conv2d<4, 3, at::same>, at::relu, at::conv2d<4, 3, at::same>>>,
                at::relu,
                at::branches<at::concatenate, at::conv2d<3, 1>,
                             at::sequence<at::dropout<0.4>, at::conv2d<2, 3, at::same>>>,
                at::global_avg_pool2d, at::dense<2>>;
using shared = at::network<at::input<5, 4>, at::shared<"one", at::dense<4, at::last_axis>>, at::tanh,
                           at::shared<"one", at::dense<4, at::last_axis>>, at::flatten, at::dense<2>>;
using in_time = at::network<at::input<7, 3>, at::gru<6, at::return_sequences>, at::lstm<5>, at::dense<2>>;
using frozen_between =
    at::network<at::input<6>, at::dense<7>, at::relu, at::frozen<at::dense<5>>, at::relu, at::dense<3>>;

}  // namespace

TEST_CASE("a device's steps have the host's bits") {
    SECTION("optimizers") {
        CHECK(compare<perceptron, at::cross_entropy>(
                  at::sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true}) == 0);
        CHECK(compare<perceptron, at::cross_entropy>(at::plain_sgd{.rate = 0.1, .weight_decay = 0.01}) == 0);
        CHECK(compare<perceptron, at::cross_entropy>(at::adam{.rate = 0.01}) == 0);
        CHECK(compare<perceptron, at::cross_entropy>(at::nesterov{.rate = 0.01}) == 0);
    }
    SECTION("losses") {
        CHECK(compare<perceptron, at::cross_entropy>(at::adam{}, at::cross_entropy{.label_smoothing = 0.1}) ==
              0);
        CHECK(compare<frozen_between, at::mean_squared_error>(at::adam{}) == 0);
        CHECK(compare<frozen_between, at::huber<0.5>>(at::plain_sgd{}) == 0);
        CHECK(compare<frozen_between, at::mean_absolute_error, at::adam, 3>(at::adam{}) == 0);
    }
    SECTION("layers") {
        CHECK(compare<images, at::cross_entropy>(at::adam{}) == 0);
        CHECK(compare<images, at::cross_entropy, at::adam, 3>(at::adam{}) == 0);
        CHECK(compare<normalized, at::cross_entropy, at::adam, 2>(at::adam{}) == 0);
        CHECK(compare<half_frozen, at::cross_entropy>(at::adam{}) == 0);
        CHECK(compare<last_layer, at::cross_entropy>(at::sgd{.rate = 0.1}) == 0);
        CHECK(compare<branched, at::mean_squared_error, at::adam, 2>(at::adam{}) == 0);
        CHECK(compare<shared, at::mean_squared_error, at::adam, 2>(at::adam{}) == 0);
        CHECK(compare<in_time, at::mean_squared_error>(at::adam{}) == 0);
    }
}

TEST_CASE("gradients of several batches are added as the host adds them") {
    auto net = started<images>();
    using device_type =
        at::embedded_trainer<images, at::cross_entropy, at::adam, start_of<images>, at::accumulate>;
    const auto device = std::make_unique<device_type>();
    at::dataset data{xt::zeros<float>({4, 12, 12, 1}), xt::zeros<std::uint8_t>({4})};
    for (std::size_t i = 0; i < data.samples.size(); ++i) data.samples.data()[i] = number(i);
    for (std::size_t i = 0; i < 4; ++i) data.labels(i) = static_cast<std::uint8_t>(i);
    at::trainer host{net, at::cross_entropy{}, at::adam{}};
    at::fit_options options;
    options.epochs = 2, options.batch = 1, options.accumulate = 4, options.shuffle = false,
    options.progress = at::progress_style::silent;
    host.fit(data, options);
    CHECK(!device->update());
    for (int epoch = 0; epoch < 2; ++epoch) {
        for (std::size_t i = 0; i < 4; ++i) {
            const std::span<const float, 144> sample(data.samples.data() + 144 * i, 144);
            device->add(sample, static_cast<int>(i), 4);
            (void)(*device)(sample);  // leaves the gradients alone
        }
        CHECK(device->update());
    }
    CHECK(differing(*device, net) == 0);
    CHECK(device->updates() == 2);
}

TEST_CASE("what cannot be learnt changes nothing") {
    auto net = started<perceptron>();
    using device_type =
        at::embedded_trainer<perceptron, at::cross_entropy, at::nesterov, start_of<perceptron>>;
    const auto device = std::make_unique<device_type>();
    const std::array<float, 6> sample{1, 2, 3, 4, 5, 6};
    CHECK(std::isnan(device->step(sample, 4)));
    std::array<float, 6> broken = sample;
    broken[2] = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(device->step(broken, 1)));
    CHECK(differing(*device, net) == 0);
    CHECK(!device->start({}, {.rate = -1}));
    CHECK(!device->start({.label_smoothing = 1}, {}));
    CHECK(device->step(sample, 1) > 0);
    CHECK(differing(*device, net) != 0);
    CHECK(device->start());
    CHECK(differing(*device, net) == 0);
}

TEST_CASE("a batch whose loss is not finite leaves no states behind, added or not") {
    using net = at::network<at::input<4, 2>, at::gru<3, at::stateful>, at::dense<2>>;
    auto model = started<net>();
    using device_type =
        at::embedded_trainer<net, at::mean_squared_error, at::plain_sgd, start_of<net>, at::accumulate>;
    const auto device = std::make_unique<device_type>(), fresh = std::make_unique<device_type>();
    std::array<float, 8> sample{1, 2, 3, 4, 5, 6, 7, 8}, broken = sample;
    broken[2] = std::numeric_limits<float>::quiet_NaN();
    const std::array<float, 2> target{1, 0};
    device->add(sample, target, 2);
    CHECK(std::isnan(device->add(broken, target, 2)));
    CHECK(!device->update());
    CHECK(device->add(sample, target, 1) == fresh->add(sample, target, 1));
    CHECK(device->update());
}

TEST_CASE("the number of updates stays that is set before anything else") {
    auto net = started<perceptron>();
    using device_type = at::embedded_trainer<perceptron, at::cross_entropy, at::adam, start_of<perceptron>>;
    const auto device = std::make_unique<device_type>();
    device->updates(7);
    (void)device->parameters();
    CHECK(device->updates() == 7);
}

TEST_CASE("layers below the first trained one keep nothing, and the object is what its type says") {
    using whole = at::network<at::input<8, 8, 2>, at::conv2d<5, 3>, at::batch_norm<>, at::relu,
                              at::global_avg_pool2d, at::dense<3>, at::softmax>;
    using trainer_of_last =
        at::embedded_trainer<last_layer, at::cross_entropy, at::plain_sgd, start_of<last_layer>>;
    constexpr std::size_t
        last = at::training_arena_bytes<last_layer, at::cross_entropy, at::plain_sgd, start_of<last_layer>>,
        all = at::training_arena_bytes<whole, at::cross_entropy, at::plain_sgd, start_of<whole>>;
    STATIC_REQUIRE(last == sizeof(trainer_of_last));
    STATIC_REQUIRE(last + 4 * 4 * 36 * 5 / 2 < all);  // values of the convolution, and their gradients
    STATIC_REQUIRE(
        std::is_trivially_default_constructible_v<trainer_of_last>);  // zeros, without code before main
}
