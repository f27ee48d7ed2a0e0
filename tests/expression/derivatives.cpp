// SPDX-License-Identifier: BSL-1.0
// Values and derivatives of expressions: central differences, PyTorch, closed forms; scalars against vectors.
#include <archetype/expression.hpp>
#include <expression/ulps.hpp>

namespace expression = archetype::expression;
namespace activations = archetype::expression::activations;
namespace kernels = archetype::kernels;
using expression::trace;

namespace {

/// Derivatives with respect to every variable against central differences, at `at` of a few scales.
template <class F, class... Vs>
void against_differences(const char* name, const F& f, Vs... at) {
    constexpr std::size_t n = sizeof...(Vs);
    const std::array<double, n> x{at...};
    const auto value = [&](const std::array<double, n>& v) {
        return std::apply([&](auto... each) { return expression::evaluate(f, each...); }, v);
    };
    const auto d = std::apply([&](auto... each) { return expression::differentiate(f, 1.5, each...); }, x);
    INFO(name << " at " << x[0]);
    CHECK(d.value == Approx(value(x)).epsilon(ARCHETYPE_INEXACT_MATH ? 1e-12 : 0).margin(0));
    for (std::size_t i = 0; i < n; ++i) {
        const double h = 1e-4 * std::max(0.1, std::fabs(x[i]));
        const auto moved = [&](double by) {
            auto v = x;
            v[i] += by;
            return value(v);
        };
        // fourth order, so that rounding and truncation stay below the tolerance
        const double slope = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
        CHECK(d.gradient[i] == Approx(1.5 * slope).epsilon(1e-6).margin(1e-9));
    }
    const std::array<kernels::lanes<double>, n> lanes{kernels::broadcast(double(at))...};
    const auto v = std::apply(
        [&](auto... each) { return expression::differentiate(f, kernels::broadcast(1.5), each...); }, lanes);
    CHECK(tests::element<double>(v.value) == Approx(d.value).epsilon(1e-13).margin(1e-300));
    for (std::size_t i = 0; i < n; ++i)
        CHECK(tests::element<double>(v.gradient[i]) == Approx(d.gradient[i]).epsilon(1e-12).margin(1e-15));
}

template <class E, std::size_t N>
void against_pytorch(const E& e, const double (&value)[N], const double (&slope)[N]) {
    const double x[N] = {-3, -1, 0, 0.5, 1, 2, 6};
    for (std::size_t i = 0; i < N; ++i) {
        INFO("x = " << x[i]);
        CHECK(expression::evaluate(e, x[i]) == Approx(value[i]).epsilon(1e-13).margin(1e-15));
        CHECK(expression::gradient(e, x[i], 1.0) == Approx(slope[i]).epsilon(1e-12).margin(1e-15));
        CHECK(expression::evaluate(e, float(x[i])) == Approx(value[i]).epsilon(2e-6).margin(1e-7));
        CHECK(expression::gradient(e, float(x[i]), 1.f) == Approx(slope[i]).epsilon(1e-5).margin(1e-6));
        if constexpr (expression::output_determines_gradient<E>)
            CHECK(expression::gradient_from_output(e, expression::evaluate(e, x[i]), 1.0) ==
                  Approx(slope[i]).epsilon(1e-9).margin(1e-9));
    }
}

}  // namespace

TEST_CASE("derivative of every function of one variable is the slope of its value") {
    for (const double x : {-2.7, -0.6, 0.3, 0.8, 1.9, 4.2}) {
#define SLOPE(...)       \
    against_differences( \
        #__VA_ARGS__, [](auto x) { return __VA_ARGS__; }, x)
        SLOPE(x);
        SLOPE(-x);
        SLOPE(+x);
        SLOPE(x * x * x);
        SLOPE(2 / x);
        SLOPE(x / 3);
        SLOPE(1 - x);
        SLOPE(abs(x));
        SLOPE(square(x));
        SLOPE(sqrt(square(x) + 1));
        SLOPE(exp(x));
        SLOPE(expm1(x));
        SLOPE(log(square(x)));
        SLOPE(log1p(square(x)));
        SLOPE(softplus(x));
        SLOPE(tanh(x));
        SLOPE(sigmoid(x));
        SLOPE(relu(x));
        SLOPE(leaky_relu(x, 0.2));
        SLOPE(elu(x, 1.3));
        SLOPE(hard_sigmoid(x, 0.2, 0.5));
        SLOPE(normal_cdf(x));
        SLOPE(gelu(x));
        SLOPE(gelu_tanh(x));
        SLOPE(swish(x));
        SLOPE(silu(x));
        SLOPE(clamp(x, -1, 2));
        SLOPE(pow<5>(x));
        SLOPE(pow<-2>(x));
        SLOPE(pow<0>(x) * x);
        SLOPE(min(x, 0.5));
        SLOPE(max(-0.5, x));
        SLOPE(where(x > 0 && x < 1, square(x), 3 * x));
        SLOPE(where(!(x <= 0) || x == -2.0 || x != x, x * x, x * 0.5));
#undef SLOPE
    }
}

TEST_CASE("derivatives with respect to two and five variables") {
    against_differences(
        "quotient", [](auto x, auto y) { return (x - y) / (x * y) + max(x, y) * min(x, y); }, 0.7, -1.3);
    against_differences(
        "variables twice", [](auto x, auto y) { return square(x + y) - x * y + exp(x) * y; }, 0.7, -1.3);
    const auto lstm = [](auto f, auto i, auto g, auto o, auto c) {
        auto next = sigmoid(f) * c + sigmoid(i) * tanh(g);
        return sigmoid(o) * tanh(next);
    };
    against_differences("LSTM cell", lstm, 0.3, -0.7, 1.1, 0.2, -0.4);
}

TEST_CASE("LSTM cell with two results, against PyTorch") {
    constexpr auto cell = trace<5>([](auto f, auto i, auto g, auto o, auto c) {
        auto next = sigmoid(f) * c + sigmoid(i) * tanh(g);
        return results(next, sigmoid(o) * tanh(next));
    });
    // c' is one operation although the type contains it twice: 3 sigmoid, 2 tanh, 3 products, 1 sum
    static_assert(expression::operation_count<decltype(cell)> == 9);
    static_assert(std::is_empty_v<decltype(cell)>);
    const auto d = expression::differentiate(cell, std::array{0.25, 0.5}, 0.3, -0.7, 1.1, 0.2, -0.4);
    CHECK(d.value[0] == Approx(0.035838357062934589).epsilon(1e-13));
    CHECK(d.value[1] == Approx(0.019696715102562171).epsilon(1e-13));
    const double expected[] = {-0.051293631553742253, 0.093100146483067803, 0.062521437424656656,
                               0.0044333957518976792, 0.30133197969779907};
    for (std::size_t i = 0; i < 5; ++i) CHECK(d.gradient[i] == Approx(expected[i]).epsilon(1e-12));
    CHECK(expression::evaluate(cell, 0.3, -0.7, 1.1, 0.2, -0.4) == d.value);
}

TEST_CASE("activations against PyTorch") {
    against_pytorch(activations::sigmoid,
                    {0.047425873177566781, 0.2689414213699951, 0.5, 0.62245933120185459, 0.7310585786300049,
                     0.88079707797788231, 0.99752737684336534},
                    {0.045176659730912137, 0.19661193324148185, 0.25, 0.23500371220159449,
                     0.19661193324148185, 0.10499358540350662, 0.0024665092913599309});
    against_pytorch(activations::tanh,
                    {-0.99505475368673046, -0.76159415595576485, 0, 0.46211715726000974, 0.76159415595576485,
                     0.9640275800758169, 0.99998771165079559},
                    {0.0098660371654401662, 0.41997434161402614, 1, 0.7864477329659274, 0.41997434161402614,
                     0.070650824853164429, 2.4576547405302974e-05});
    against_pytorch(activations::relu, {0, 0, 0, 0.5, 1, 2, 6}, {0, 0, 0, 1, 1, 1, 1});
    against_pytorch(activations::leaky_relu<0.1>, {-0.3, -0.1, 0, 0.5, 1, 2, 6}, {0.1, 0.1, 0.1, 1, 1, 1, 1});
    against_pytorch(activations::elu<1.5>, {-1.4253193974482041, -0.9481808382428365, 0, 0.5, 1, 2, 6},
                    {0.074680602551795913, 0.5518191617571635, 1.5, 1, 1, 1, 1});
    against_pytorch(activations::softplus,
                    {0.048587351573742062, 0.31326168751822286, 0.69314718055994529, 0.97407698418010669,
                     1.3132616875182228, 2.1269280110429727, 6.0024756851377301},
                    {0.047425873177566788, 0.2689414213699951, 0.5, 0.62245933120185459, 0.7310585786300049,
                     0.88079707797788243, 0.99752737684336523});
    against_pytorch(activations::swish,
                    {-0.14227761953270035, -0.2689414213699951, 0, 0.3112296656009273, 0.7310585786300049,
                     1.7615941559557646, 5.9851642610601923},
                    {-0.088104106015169617, 0.072329488128513253, 0.5, 0.73996118730265192,
                     0.92767051187148686, 1.0907842487848955, 1.0123264325915249});
    against_pytorch(activations::gelu,
                    {-0.0040496940948903104, -0.15865525393145702, 0, 0.34573123063700656,
                     0.84134474606854304, 1.9544997361036416, 5.9999999940804738},
                    {-0.01194564720418392, -0.083315470587686347, 0.5, 0.86749512465616285,
                     1.0833154705876864, 1.0852318010781969, 1.0000000354687093});
    against_pytorch(activations::gelu_tanh,
                    {-0.0036373920817729943, -0.15880800939172324, 0, 0.34571400982514394,
                     0.84119199060827676, 1.954597694087775, 5.9999999999156035},
                    {-0.011584166630969648, -0.082964083845782521, 0.5, 0.86736990353464238,
                     1.0829640838457826, 1.0860992566236183, 1.0000000007709977});
    against_pytorch(trace<1>([](auto x) { return abs(x); }), {3, 1, 0, 0.5, 1, 2, 6},
                    {-1, -1, 0, 1, 1, 1, 1});
    against_pytorch(trace<1>([](auto x) { return clamp(x, -1, 2); }), {-1, -1, 0, 0.5, 1, 2, 2},
                    {0, 1, 1, 1, 1, 1, 0});
}

TEST_CASE("FL-14 (b, c): the two hard sigmoids and the two GELUs are different expressions") {
    const double x[] = {-2, -1, 0, 1, 2, 2.5}, steep[] = {0.1, 0.3, 0.5, 0.7, 0.9, 1.0},
                 flat[] = {0.166666667, 0.333333333, 0.5, 0.666666667, 0.833333333, 0.916666667};
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(expression::evaluate(activations::hard_sigmoid_onnx, x[i]) == Approx(steep[i]).epsilon(1e-9));
        CHECK(expression::evaluate(activations::hard_sigmoid, x[i]) == Approx(flat[i]).epsilon(1e-8));
    }
    const double g[] = {-3, -1, 1, 2}, exact[] = {-0.004049694, -0.158655254, 0.841344746, 1.954499736},
                 by_tanh[] = {-0.003637392, -0.158808009, 0.841191991, 1.954597694};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(expression::evaluate(activations::gelu, g[i]) == Approx(exact[i]).margin(5e-10));
        CHECK(expression::evaluate(activations::gelu_tanh, g[i]) == Approx(by_tanh[i]).margin(5e-10));
    }
    double gap = 0;
    for (double v = -5; v <= 5; v += 1e-3)
        gap = std::max(gap, std::fabs(expression::evaluate(activations::gelu, v) -
                                      expression::evaluate(activations::gelu_tanh, v)));
    CHECK(gap == Approx(4.73e-4).epsilon(2e-3));
}

TEST_CASE("ties of min and max give half to each side") {
    const auto larger = [](auto a, auto b) { return max(a, b); };
    const auto lesser = [](auto a, auto b) { return min(a, b); };
    CHECK(expression::differentiate(larger, 1.0, 2.0, 2.0).gradient == std::array{0.5, 0.5});
    CHECK(expression::differentiate(larger, 1.0, 1.0, 2.0).gradient == std::array{0.0, 1.0});
    CHECK(expression::differentiate(lesser, 1.0, 2.0, 2.0).gradient == std::array{0.5, 0.5});
    CHECK(expression::differentiate(lesser, 1.0, 1.0, 2.0).gradient == std::array{1.0, 0.0});
}

TEST_CASE("NaN passes through every activation, on scalars and vectors") {
    const auto check = [](const auto& e) {
        const auto each = [&](auto nan) {
            const auto passed = expression::evaluate(e, nan);
            CHECK(tests::is_nan(passed));
            CHECK(tests::makes_nan_on_vectors([&](auto v) { return expression::evaluate(e, v); }, nan));
        };
        each(tests::unknown(expression::not_a_number<float>));
        each(tests::unknown(expression::not_a_number<double>));
    };
    check(activations::identity);
    check(activations::sigmoid);
    check(activations::tanh);
    check(activations::fast_sigmoid);
    check(activations::fast_tanh);
    check(activations::rational_tanh);
    check(activations::rational_sigmoid);
    check(activations::relu);
    check(activations::exponential);
    check(activations::softplus);
    check(activations::swish);
    check(activations::gelu);
    check(activations::gelu_tanh);
    check(activations::leaky_relu<0.01>);
    check(activations::elu<>);
    check(activations::hard_sigmoid);
    check(activations::hard_sigmoid_onnx);
    check(trace<1>([](auto x) { return min(x, 1.f); }));
    check(trace<1>([](auto x) { return min(1.f, x); }));
    check(trace<1>([](auto x) { return max(x, 1.f); }));
    check(trace<1>([](auto x) { return max(1.f, x); }));
    CHECK(expression::evaluate(activations::relu, -1.f) == 0);
    CHECK(expression::evaluate(activations::relu, 2.f) == 2);
}

TEST_CASE("gradients from outputs hold where claimed") {
    static_assert(expression::output_determines_gradient<decltype(activations::identity)>);
    static_assert(expression::output_determines_gradient<decltype(activations::tanh)>);
    static_assert(expression::output_determines_gradient<decltype(activations::relu)>);
    static_assert(expression::output_determines_gradient<decltype(activations::leaky_relu<0.1>)>);
    static_assert(!expression::output_determines_gradient<decltype(activations::leaky_relu<-0.1>)>);
    static_assert(expression::output_determines_gradient<decltype(activations::elu<>)>);
    static_assert(!expression::output_determines_gradient<decltype(activations::gelu)>);
    static_assert(!expression::output_determines_gradient<decltype(activations::swish)>);
    const auto leaky = trace<1>([](auto x) { return leaky_relu(x, 0.1); });
    static_assert(!expression::output_determines_gradient<decltype(leaky)>);
    CHECK(expression::output_determines_gradient_of(leaky));
    CHECK(!expression::output_determines_gradient_of(trace<1>([](auto x) { return leaky_relu(x, -0.1); })));
    CHECK(expression::gradient_from_output(leaky, -0.3, 2.0) == Approx(0.2));
}

// In constant expressions, and as template arguments.
static_assert(expression::evaluate([](auto p, auto y) { return square(p - y); }, 3.0, 1.0) == 4);
static_assert(
    expression::differentiate([](auto p, auto y) { return square(p - y); }, 1.0, 3.0, 1.0).gradient[1] == -4);
static_assert(expression::evaluate([](auto x) { return x * 0.1; }, 1.f) ==
              0.1f);  // the constant is rounded once
template <auto E>
constexpr double at_two = expression::evaluate(E, 2.0);
static_assert(at_two<trace<1>([](auto x) { return 3.0 * x + 1; })> == 7);
static_assert(at_two<activations::relu> == 2);
static_assert(sizeof(trace<1>([](auto x) { return x * 2.0 + x; })) == sizeof(double));
static_assert(expression::relu(-1.f) == 0 && expression::leaky_relu(-1.f, 0.5) == -0.5f);
