// SPDX-License-Identifier: BSL-1.0
// Trained slopes, gates, log-softmax: PyTorch's results, gradients against central differences, where slopes start.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

#include <archetype/execution/quantize/quantized_model.hpp>

TEST_CASE("prelu") {
    checks::forward<networks::slopes>(references::slopes);
    checks::gradients<networks::slopes>();
}

TEST_CASE("gates") {
    checks::forward<networks::gates>(references::gates);
    checks::gradients<networks::gates>();
}

TEST_CASE("log_softmax") {
    checks::forward<networks::log_softmaxes>(references::log_softmaxes);
    checks::gradients<networks::log_softmaxes>();
}

TEST_CASE("slopes start where the option says") {
    namespace at = archetype;
    using net = at::network<at::input<3>, at::prelu<>, at::prelu<at::initial_slope<0.25>>>;
    at::model<net> model{at::seed{1}};
    const auto result = model(xt::xtensor<float, 1>{-1, 2, -3});
    CHECK(result(0) == 0);
    CHECK(result(1) == 2);
    at::model<at::network<at::input<3>, at::prelu<at::initial_slope<0.25>, at::one_slope>>> one{at::seed{1}};
    CHECK((one(xt::xtensor<float, 1>{-1, 2, -4}) == xt::xtensor<float, 1>{-0.25f, 2, -1}));
}

TEST_CASE("log_softmax far out") {
    archetype::model<archetype::network<archetype::input<3>, archetype::log_softmax>> model;
    const auto result = model(xt::xtensor<float, 1>{-1e30f, 1000, 1000});
    CHECK(result(0) == -1e30f);
    CHECK(result(1) == Approx(-std::log(2.0)));
}

namespace {
/// The largest error of 8 or 16 bits, in steps of the result.
template <class Net, class Number>
double steps_apart(archetype::model<Net>& net, const xt::xtensor<float, 2>& samples) {
    auto integers = archetype::quantize<Number>(net, samples);
    const xt::xtensor<float, 2> wanted = net(samples), found = integers(samples);
    return static_cast<double>(xt::amax(xt::abs(wanted - found))()) /
           static_cast<double>(integers.output_quantization().scale);
}
}  // namespace

TEST_CASE("prelu in 8 and 16 bits") {
    namespace at = archetype;
    xt::xtensor<float, 2> samples = xt::zeros<float>({50, 6});
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples.data()[i] = std::sin(0.7f * static_cast<float>(i));
    const auto check = [&]<class Net>(boost::mp11::mp_identity<Net>, std::vector<float> slopes) {
        at::model<Net> net;
        std::copy(slopes.begin(), slopes.end(), net.data());
        // Half a step of the result, and what half a step of the input becomes.
        CHECK(steps_apart<Net, std::int8_t>(net, samples) < 1.6);
        CHECK(steps_apart<Net, std::int16_t>(net, samples) < 1.6);
    };
    using per_channel = at::network<at::input<6>, at::prelu<>>;
    using one = at::network<at::input<6>, at::reshape<3, 2>, at::prelu<at::one_slope>, at::flatten>;
    using each =
        at::network<at::input<6>, at::reshape<1, 3, 2>, at::prelu<at::slope_per_element>, at::flatten>;
    check(boost::mp11::mp_identity<per_channel>{}, {0.25f, 0, -0.5f, 1, 0.01f, 0.9f});
    check(boost::mp11::mp_identity<one>{}, {-0.3f});
    check(boost::mp11::mp_identity<each>{}, {0.25f, 0, -0.5f, 1, 0.01f, 0.9f});
}
