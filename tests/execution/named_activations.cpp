// SPDX-License-Identifier: BSL-1.0
// Activations by name: values and derivatives of PyTorch in double, far ends, constant evaluation, gradients in networks.
#include "activation_values.hpp"
#include "checks.hpp"

namespace at = archetype;
namespace expression = archetype::expression;
namespace values = activation_values;

namespace {

/// Values and derivatives as PyTorch has them; as a network on vectors, and its gradient of the input.
template <class Layer>
void check(const char* name, const double (&wanted)[2][values::x.size()]) {
    using net = at::network<at::input<values::x.size()>, Layer>;
    at::model<net, double> model;
    const xt::xtensor<double, 1> in = xt::adapt(std::vector<double>(values::x.begin(), values::x.end()));
    const auto found = model(in);
    at::model<net> single;
    const auto in_single = single(xt::xtensor<float, 1>(in));
    for (std::size_t i = 0; i < values::x.size(); ++i) {
        INFO(name << " at " << values::x[i]);
        const double y = wanted[0][i];
        CHECK(found(i) == Approx(y).epsilon(1e-11).margin(1e-300));
        if (std::abs(y) < 1e38) CHECK(in_single(i) == Approx(y).epsilon(1e-5).margin(1e-7));
        const double slope = expression::gradient(at::detail::expression_of<Layer>, values::x[i], 1.0);
        CHECK(slope == Approx(wanted[1][i]).epsilon(1e-11).margin(1e-16));
    }
}

/// Neither values nor derivatives become NaN far out, where a part of the formula may overflow.
template <class... Layers>
void check_far_ends() {
    const auto one = [](const char* name, const auto& function) {
        for (const float x : {1e3f, 1e10f, 1e25f, 3e38f, -1e3f, -1e10f, -1e25f, -3e38f}) {
            INFO(name << " at " << x);
            CHECK(!std::isnan(expression::evaluate(function, x)));
            CHECK(!std::isnan(expression::gradient(function, x, 1.f)));
        }
    };
    (one(Layers::kind.data(), at::detail::expression_of<Layers>), ...);
}

}  // namespace

TEST_CASE("activations by name are PyTorch's") {
#define CHECK_ACTIVATION(name, ...) check<at::name __VA_ARGS__>(#name, values::name)
    CHECK_ACTIVATION(relu6);
    CHECK_ACTIVATION(hard_sigmoid, <>);
    CHECK_ACTIVATION(hard_swish);
    CHECK_ACTIVATION(silu);
    CHECK_ACTIVATION(gelu);
    CHECK_ACTIVATION(gelu_tanh);
    CHECK_ACTIVATION(softplus);
    CHECK_ACTIVATION(softsign);
    CHECK_ACTIVATION(mish);
    CHECK_ACTIVATION(selu);
    CHECK_ACTIVATION(celu, <0.75>);
    CHECK_ACTIVATION(exponential);
    CHECK_ACTIVATION(log_sigmoid);
    CHECK_ACTIVATION(hard_tanh, <-2.0, 3.0>);
    CHECK_ACTIVATION(hard_shrink, <>);
    CHECK_ACTIVATION(soft_shrink, <>);
    CHECK_ACTIVATION(tanh_shrink);
    CHECK_ACTIVATION(threshold, <0.5, -7.0>);
    CHECK_ACTIVATION(thresholded_relu, <>);
    CHECK_ACTIVATION(sin);
    CHECK_ACTIVATION(snake, <1.25>);
#undef CHECK_ACTIVATION
    check<at::hard_sigmoid<0.2>>("hard_sigmoid of ONNX", values::onnx_hard_sigmoid);
}

TEST_CASE("activations by name at the far ends") {
    check_far_ends<at::relu6, at::hard_sigmoid<>, at::hard_swish, at::silu, at::gelu, at::gelu_tanh,
                   at::softplus, at::softsign, at::mish, at::selu, at::celu<0.75>, at::log_sigmoid,
                   at::hard_tanh<>, at::hard_shrink<>, at::soft_shrink<>, at::tanh_shrink,
                   at::threshold<0.5>>();
}

TEST_CASE("activations by name let NaN through") {
    const auto all = []<class... Layers>(boost::mp11::mp_list<Layers...>) {
        const auto one = [](const char* name, const auto& function) {
            INFO(name);
            CHECK(std::isnan(expression::evaluate(function, std::nanf(""))));
            CHECK(std::isnan(expression::evaluate(function, std::nan(""))));
        };
        (one(Layers::kind.data(), at::detail::expression_of<Layers>), ...);
    };
    all(boost::mp11::mp_list<at::relu6, at::hard_sigmoid<>, at::hard_swish, at::silu, at::gelu, at::gelu_tanh,
                             at::softplus, at::softsign, at::mish, at::selu, at::celu<0.75>, at::exponential,
                             at::log_sigmoid, at::hard_tanh<>, at::hard_shrink<>, at::soft_shrink<>,
                             at::tanh_shrink, at::threshold<0.5>, at::sin, at::snake<>>{});
}

TEST_CASE("tails of activations lose no digits in single precision") {
    for (const double x : {-2000.0, -300.0, -40.0, -3.0, 3.0, 40.0, 300.0, 2000.0}) {
        const double slope = 1 / ((1 + std::abs(x)) * (1 + std::abs(x)));
        CHECK(expression::gradient(at::detail::expression_of<at::softsign>, static_cast<float>(x), 1.f) ==
              Approx(slope).epsilon(1e-6));
    }
    for (const double x : {-7.0, -6.0, -5.0, -4.0, -3.0, -1.0, 2.0}) {
        const double u = 2 * 0.79788456080286536 * (x + 0.044715 * x * x * x), s = 1 / (1 + std::exp(-u));
        const double inner = 2 * 0.79788456080286536 * (1 + 3 * 0.044715 * x * x);
        const auto function = at::detail::expression_of<at::gelu_tanh>;
        INFO(x);
        CHECK(expression::evaluate(function, static_cast<float>(x)) == Approx(x * s).epsilon(2e-5).margin(0));
        CHECK(expression::gradient(function, static_cast<float>(x), 1.f) ==
              Approx(s + x * s * (1 - s) * inner).epsilon(2e-5).margin(0));
    }
}

TEST_CASE("far out the tangent's GELU is 0 or its argument") {
    const auto function = at::detail::expression_of<at::gelu_tanh>;
    for (const float x : {30.f, 1e3f, 1e13f, 1e25f, 3e38f}) {
        CHECK(expression::evaluate(function, x) == x);
        CHECK(expression::gradient(function, x, 1.f) == 1);
        CHECK(expression::evaluate(function, -x) == 0);
        CHECK(expression::gradient(function, -x, 1.f) == 0);
        CHECK(expression::evaluate(function, -static_cast<double>(x)) == 0);
    }
}

TEST_CASE("activations by name in networks") {
    // One after another and behind layers, so that they are fused, kept and read again.
    checks::gradients<at::network<at::input<6>, at::dense<5>, at::gelu, at::dense<5>, at::mish, at::silu,
                                  at::dense<5>, at::hard_swish, at::selu, at::dense<3>, at::softplus>>();
    checks::gradients<at::network<at::input<4, 4, 2>, at::conv2d<3, 3, at::same>, at::snake<0.8>, at::celu<>,
                                  at::conv2d<3, 3>, at::log_sigmoid, at::flatten, at::dense<3>, at::sin,
                                  at::softsign, at::gelu_tanh>>();
}

namespace {

// In constant expressions, and told apart by the hash.
using net = at::network<at::input<2>, at::dense<2>, at::hard_tanh<-2.0, 3.0>, at::relu6>;
alignas(64) constexpr float numbers[32 + at::constant_weights_slack] = {1, 0, 0, 1};
constexpr at::constant_weights<at::architecture_hash<net>, 32> weights{numbers};
constexpr float second(float x) {
    at::inference<net> run{weights};
    return run(std::array{0.f, x})[1];
}
static_assert(second(9) == 3 && second(-9) == 0 && second(2.5f) == 2.5f);
template <class Layer>
constexpr std::uint64_t hash = at::architecture_hash<at::network<at::input<2>, Layer>>;
static_assert(hash<at::threshold<0.5, 1.0>> != hash<at::threshold<1.0, 0.5>> &&
              hash<at::silu> != hash<at::gelu> && hash<at::hard_sigmoid<>> != hash<at::hard_sigmoid<0.2>>);
static_assert(std::is_same_v<at::swish, at::silu>);

}  // namespace
