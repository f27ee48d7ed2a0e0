// SPDX-License-Identifier: BSL-1.0
// Streams with weights of 8 bits against whole sequences with the same weights, bit for bit.
#include <archetype/architecture.hpp>
#include <archetype/execution/budget.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>
#include <archetype/execution/stream/integers/weight_quantized_stream.hpp>

#include <catch.hpp>
#include <cmath>
#include <memory>

namespace at = archetype;

namespace {

template <class Net>
at::model<Net> some_model() {
    at::model<Net> net{at::seed{7}};
    // Nothing is 0: biases, norms, initial states.
    for (std::size_t i = 0; i < net.size(); ++i)
        net.data()[i] += 0.1f * std::sin(0.7f * static_cast<float>(i)) + (net.data()[i] == 0 ? 0.05f : 0.f);
    return net;
}

template <class Net>
xt::xtensor<float, 3> sequence_of(std::size_t classes) {
    constexpr at::shape in = at::input_shape<Net>;
    xt::xtensor<float, 3> made = xt::zeros<float>({std::size_t{1}, in[0], in.size() / in[0]});
    for (std::size_t i = 0; i < made.size(); ++i)
        made.data()[i] =
            classes == 0 ? std::sin(0.37f * static_cast<float>(i)) : static_cast<float>(i * 7919 % classes);
    return made;
}

/// All results of a stream whose calls bring `Block` steps, or fewer where `step` is less.
template <std::size_t Block, class Net>
std::vector<float> streamed(const at::weight_quantized_model<Net>& model, const xt::xtensor<float, 3>& steps,
                            std::size_t step = Block) {
    using stream = at::weight_quantized_stream<Net, Block>;
    const auto run = std::make_unique<stream>(model.constant_weights());
    constexpr std::size_t features = stream::input_channels;
    std::vector<float> all;
    for (std::size_t t = 0; t < at::input_shape<Net>[0]; t += step) {
        const std::size_t some = std::min(step, at::input_shape<Net>[0] - t);
        const auto rows = run->run({steps.data() + t * features, some * features});
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

template <class Net>
void check_bits(std::size_t classes = 0) {
    const at::model<Net> real = some_model<Net>();
    at::weight_quantized_model<Net> model = at::quantize_weights(real);
    const auto steps = sequence_of<Net>(classes);
    xt::xarray<float> shaped = steps;
    std::vector<std::size_t> extents{1};
    for (std::size_t axis = 0; axis < at::input_shape<Net>.rank; ++axis)
        extents.push_back(at::input_shape<Net>[axis]);
    shaped.reshape(extents);
    const xt::xarray<float> whole = model(shaped);
    std::vector<float> wanted(whole.data(), whole.data() + whole.size());
    CHECK(xt::amax(xt::abs(whole))() > 1e-3f);
    const std::vector<float> single = streamed<1>(model, steps);
    // What waits for steps behind the end never comes.
    constexpr std::size_t all = at::input_shape<Net>[0], late = at::latency_steps<Net>;
    REQUIRE(single.size() == wanted.size() / all * (all - late));
    wanted.resize(single.size());
    CHECK(single == wanted);
    CHECK(streamed<4>(model, steps) == wanted);
    CHECK(streamed<8>(model, steps, 3) == wanted);
}

template <std::size_t Width, class... Options>
using block = at::sequence<
    at::residual<at::sequence<at::layer_norm<>, at::self_attention<Width, 2, at::causal, Options...>>>,
    at::residual<at::sequence<at::rms_norm<>, at::dense<3 * Width, at::last_axis>, at::gelu,
                              at::dense<Width, at::last_axis, at::no_bias>>>>;

}  // namespace

TEST_CASE("streams with 8-bit weights: a transformer with a shared table") {
    using net = at::network<at::input<24, 1>, at::shared<"words", at::embedding<70, 20, at::per_step>>,
                            at::position_embedding<40>, at::repeat<2, block<20>>, at::layer_norm<>,
                            at::shared<"words", at::tied_output<70>>>;
    STATIC_REQUIRE(at::int8_weight_count<net> == 70 * 20 + 2 * (4 * 20 * 20 + 6 * 20 * 20));
    check_bits<net>(70);
    check_bits<at::network<at::input<16, 1>, at::embedding<9, 33, at::per_step>, at::dense<36, at::last_axis>,
                           block<36, at::rotary<>, at::window<5>>>>(9);
}

TEST_CASE("streams with 8-bit weights: convolutions over time, depthwise, in groups, dilated, with strides") {
    check_bits<at::network<at::input<24, 3>, at::conv1d<70, 3, at::causal>, at::tanh,
                           at::residual<at::conv1d<70, 2, at::causal, at::dilation<4>>>,
                           at::depthwise_conv1d<3, at::causal>, at::relu,
                           at::conv1d<6, 2, at::causal, at::groups<2>>, at::dense<5, at::last_axis>>>();
    check_bits<at::network<at::input<24, 2>, at::conv1d<9, 3, at::causal, at::no_bias>, at::batch_norm<>,
                           at::relu, at::conv1d<4, 4, at::stride<4>, at::causal>>>();
}

TEST_CASE("streams with 8-bit weights: recurrent layers") {
    check_bits<at::network<at::input<12, 3>, at::lstm<18, at::return_sequences, at::two_biases>,
                           at::gru<7, at::return_sequences>, at::dense<4, at::last_axis>>>();
    check_bits<
        at::network<at::input<12, 3>, at::lstm<5, at::peepholes, at::return_sequences>,
                    at::gru<17, at::reset_after, at::return_sequences, at::trainable_initial_state>>>();
}

TEST_CASE("streams with 8-bit weights: recurrent layers that project, normalize, or go along an axis") {
    check_bits<at::network<at::input<24, 3>,
                           at::lstm<19, at::proj_size<5>, at::return_sequences, at::trainable_initial_state>,
                           at::tanh, at::lstm<6, at::layer_norm_inside, at::return_sequences>>>();
    check_bits<at::network<
        at::input<24, 4, 2>,
        at::bidirectional<at::gru<4, at::reset_after, at::time_axis<2>, at::return_sequences>>, at::tanh,
        at::lstm<5, at::time_axis<1>, at::return_sequences, at::trainable_initial_state>,
        at::lstm<4, at::time_axis<2>, at::proj_size<3>>, at::dense<2, at::last_axis>>>();
}

TEST_CASE("streams with 8-bit weights: recurrent layers with masks, and in blocks") {
    check_bits<at::network<
        at::input<24, 2>, at::relu, at::point<"x">, at::step_mask<>, at::point<"mask">, at::from<"x">,
        at::gru<4, at::padding_mask<"mask">, at::layer_norm_inside, at::reset_after, at::return_sequences>,
        at::lstm<5, at::padding_mask<"mask">, at::return_sequences>, at::dense<2, at::last_axis>>>();
    check_bits<at::network<at::input<24, 3>, at::lstm<5, at::masking<>, at::return_sequences>>>();
    check_bits<at::network<at::input<24, 3>,
                           at::lstm<5, at::return_sequences, at::reversed, at::in_blocks<4, 1>>>>();
}

TEST_CASE("streams with 8-bit weights: rows of images") {
    check_bits<at::network<at::input<12, 7, 2>, at::conv2d<9, at::extent{3, 3}, at::padding<2, 0, 1, 1>>,
                           at::relu, at::conv2d<3, at::extent{2, 1}, at::padding<1, 0, 0, 0>>>>();
}

namespace {
/// Of the results for the whole sequence a stream has the first ones.
template <class Net>
void check_first() {
    at::weight_quantized_model<Net> model = at::quantize_weights(some_model<Net>());
    const auto steps = sequence_of<Net>(0);
    xt::xarray<float> shaped = steps;
    std::vector<std::size_t> extents{1};
    for (std::size_t axis = 0; axis < at::input_shape<Net>.rank; ++axis)
        extents.push_back(at::input_shape<Net>[axis]);
    shaped.reshape(extents);
    const xt::xarray<float> whole = model(shaped);
    const std::vector<float> single = streamed<1>(model, steps);
    REQUIRE(single.size() > whole.size() / 2);
    CHECK(std::equal(single.begin(), single.end(), whole.data()));
    CHECK(streamed<4>(model, steps) == single);
    CHECK(streamed<8>(model, steps, 3) == single);
}
template <class... Layers>
using frames = at::network<at::input<24, 7, 3>, Layers...>;
}  // namespace

TEST_CASE("streams with 8-bit weights: transposed convolutions") {
    check_first<at::network<at::input<24, 20>, at::conv1d_transpose<18, 4, at::stride<4>, at::dilation<2>>,
                            at::tanh, at::conv1d_transpose<6, 3, at::groups<2>>>>();
    check_first<frames<at::conv2d_transpose<18, at::extent{3, 2}, at::stride<1, 2>>, at::relu>>();
}

TEST_CASE("streams with 8-bit weights: poolings that inference does on the fly") {
    check_first<frames<at::conv2d<5, at::extent{1, 2}>, at::tanh, at::avg_pool2d<at::extent{4, 3}>>>();
    check_first<frames<at::conv2d<5, at::extent{1, 2}>, at::avg_pool2d<at::extent{1, 6}>>>();
    check_first<frames<at::conv2d<5, at::extent{2, 2}>, at::l2_pool2d<at::extent{2, 3}>>>();
}

namespace {
using linked = at::network<at::input<12, 3>, at::conv1d<8, 3, at::causal>, at::tanh,
                           at::lstm<6, at::return_sequences, at::trainable_initial_state>>;
alignas(64) std::int8_t linked_small[at::int8_weight_count<linked> + at::constant_weights_slack];
alignas(64) float linked_numbers[at::int8_weight_numbers<linked> + at::constant_weights_slack];
constexpr at::int8_weights<at::architecture_hash<linked>, at::int8_weight_count<linked>,
                           at::int8_weight_numbers<linked>>
    linked_weights{linked_small, linked_numbers};
static at::embedded_stream<linked, linked_weights> linked_run;
static at::embedded_stream<linked, linked_weights, 4> linked_blocks;
}  // namespace

TEST_CASE("streams with 8-bit weights: weights that the type names") {
    const at::weight_quantized_model<linked> model = at::quantize_weights(some_model<linked>());
    std::copy(model.weights().begin(), model.weights().end(), linked_small);
    std::copy(model.numbers().begin(), model.numbers().end(), linked_numbers);
    const auto steps = sequence_of<linked>(0);
    const std::vector<float> wanted = streamed<1>(model, steps);
    for (int again = 0; again < 2; ++again) {
        std::vector<float> single, blocks;
        for (std::size_t t = 0; t < 12; ++t) {
            const auto row = linked_run(std::span<const float, 3>(steps.data() + 3 * t, 3));
            single.insert(single.end(), row.begin(), row.end());
            if (t % 4 != 0) continue;
            const auto rows = linked_blocks(std::span<const float, 12>(steps.data() + 3 * t, 12));
            blocks.insert(blocks.end(), rows.begin(), rows.end());
        }
        CHECK(single == wanted);
        CHECK(blocks == wanted);
        linked_run.reset(), linked_blocks.reset();
    }
    STATIC_REQUIRE(at::stream_ram_bytes<linked, 1, at::form::int8_weights> == sizeof(linked_run));
    STATIC_REQUIRE(at::stream_ram_bytes<linked, 4, at::form::int8_weights> == sizeof(linked_blocks));
    STATIC_REQUIRE(at::stream_ram_bytes<linked, 1, at::form::int8_weights> != at::stream_ram_bytes<linked>);
}

TEST_CASE("streams with 8-bit weights: a state goes on in another stream") {
    using net = at::network<at::input<12, 3>, at::conv1d<8, 3, at::causal>, at::lstm<6, at::return_sequences>,
                            at::self_attention<6, 2, at::causal>>;
    at::weight_quantized_model<net> model = at::quantize_weights(some_model<net>());
    const auto steps = sequence_of<net>(0);
    const std::vector<float> wanted = streamed<1>(model, steps);
    at::weight_quantized_stream<net, 4> first{model.constant_weights()};
    at::weight_quantized_stream<net> second{model.constant_weights()};
    std::ignore = first(std::span<const float, 12>(steps.data(), 12));
    second.reset(first.state());
    for (std::size_t t = 4; t < 12; ++t) {
        const auto row = second(std::span<const float, 3>(steps.data() + 3 * t, 3));
        CHECK(std::equal(row.begin(), row.end(), wanted.begin() + static_cast<std::ptrdiff_t>(6 * t)));
    }
}
