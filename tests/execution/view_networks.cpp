// SPDX-License-Identifier: BSL-1.0
// Operands that repeat, against PyTorch and finite differences.
#include <archetype/architecture/streaming.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include "checks.hpp"
#include "view_networks.hpp"
#include "view_references.hpp"

namespace at = archetype;

TEST_CASE("squeeze and excitation") {
    checks::forward<networks::squeezed>(references::squeezed);
    checks::gradients<networks::squeezed>();
    // The product overwrites the image that it reads last.
    static_assert(at::arena_bytes<networks::squeezed> == at::arena_lower_bound_bytes<networks::squeezed>);
    constexpr const auto& plan = at::inference_plan_of<networks::squeezed>;
    static_assert(plan.step_count == 6 && plan.values[plan.steps[4].to].in_place);
}

TEST_CASE("operands that repeat") {
    checks::forward<networks::broadcasts>(references::broadcasts);
    checks::gradients<networks::broadcasts>();
}

TEST_CASE("operands that repeat along time") {
    checks::forward<networks::steps_joined>(references::steps_joined);
    checks::gradients<networks::steps_joined>();
}

TEST_CASE("a bias for each place is added where a convolution stores its results") {
    using net = at::network<at::named<"x", at::input<4, 3, 2>>, at::named<"bias", at::input<5>>,
                            at::from<"x">, at::conv2d<5, 3, at::same>, at::merge<at::add, "bias">, at::relu>;
    static_assert(at::inference_plan_of<net>.step_count == 1);
    at::model<net> model{at::seed{1}};
    const xt::xtensor<float, 4> x = xt::ones<float>({2, 4, 3, 2});
    const xt::xtensor<float, 2> bias{{100, 200, 300, 400, 500}, {-100, 0, 100, 200, 300}};
    const xt::xtensor<float, 2> none = xt::zeros<float>({2, 5}), y = 100 * none;
    const auto with = model(x, bias), without = model(x, xt::xtensor<float, 2>(none + 50));
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t c = 0; c < 5; ++c)
            CHECK(with(n, 1, 2, c) ==
                  Approx(std::max(0.f, without(n, 1, 2, c) - 50 + bias(n, c))).margin(1e-4));
}

TEST_CASE("halves of the channels, shuffled") {
    checks::forward<networks::shuffled>(references::shuffled);
    checks::gradients<networks::shuffled>();
    // Two convolutions read halves where they lie; what stays is copied into the concatenation.
    constexpr const auto& plan = at::inference_plan_of<networks::shuffled>;
    static_assert(plan.step_count == 1 + 2 * (3 + 1 + 1) + 2);
}

TEST_CASE("rows and columns") {
    checks::forward<networks::rows_apart>(references::rows_apart);
    checks::gradients<networks::rows_apart>();
}

TEST_CASE("rows of several convolutions are written where they belong, and read without a copy") {
    using net = at::network<at::input<6, 4, 3>,
                            at::split<1, at::concatenate_along<1>, at::conv2d<5, 1>, at::conv2d<5, 1>>,
                            at::slice<1, 1, 5>, at::conv2d<2, 2>>;
    constexpr const auto& plan = at::inference_plan_of<net>;
    static_assert(plan.step_count == 3 && !plan.steps[0].copies && !plan.steps[2].copies);
    checks::gradients<net>();
}

TEST_CASE("other orders of axes") {
    checks::forward<networks::other_orders>(references::other_orders);
    checks::gradients<networks::other_orders>();
    // Axes of one cell move nothing.
    using still = at::network<at::input<1, 5, 3>, at::permute<2, 1, 3>, at::conv2d<2, at::extent{2, 1}>>;
    static_assert(at::output_shape<still> == at::shape{4, 1, 2});
    static_assert(at::inference_plan_of<still>.step_count == 1);
    checks::gradients<still>();
}

TEST_CASE("channels of sequences") {
    checks::forward<networks::steps_apart>(references::steps_apart);
    checks::gradients<networks::steps_apart>();
    static_assert(at::streamable<networks::steps_apart, 3>);
    static_assert(!at::streamable<at::network<at::input<9, 2>, at::slice<1, 0, 4>>>);
    static_assert(!at::streamable<at::network<at::input<9, 9>, at::permute<2, 1>>>);
    static_assert(at::streamable<at::network<at::input<9, 2>, at::join_weights<at::add, at::shape{1, 2}>>>);
    static_assert(!at::streamable<at::network<at::input<9, 2>, at::join_weights<at::add, at::shape{9, 1}>>>);
    using twice = at::branches<at::concatenate_along<1>, at::identity, at::identity>;
    static_assert(!at::streamable<at::network<at::input<9, 2>, twice>>);
}

TEST_CASE("joins with weights") {
    checks::forward<networks::own_operands>(references::own_operands);
    checks::gradients<networks::own_operands>();
}

TEST_CASE("a layer scale starts small, constants are not trained") {
    using net =
        at::network<at::input<4>, at::join_constants<at::subtract, at::shape{4}>,
                    at::join_constants<at::divide, at::shape{4}>, at::dense<3>,
                    at::join_weights<at::multiply, at::shape{3}, at::kernel_initializer<at::constant<1e-6>>>>;
    static_assert(at::parameter_count<net> == 15 + 3 && at::inference_weight_count<net> >= 26);
    at::model<net, double> model{at::seed{1}};
    const auto before = model(xt::xtensor<double, 1>{1, 2, 3, 4});
    CHECK(std::abs(before(0)) < 1e-5);
    CHECK(model.data()[at::detail::parameters_of<net>.offsets[3][0] + 2] == 1e-6);
}

namespace {
/// The largest error of the 8-bit form, in parts of the largest result.
template <class Net>
double error_of_int8() {
    at::model<Net> model;
    numbers::set_parameters(model);
    const auto samples = numbers::samples<Net, float>(20);
    auto integers = at::quantize(model, samples);
    const auto wanted = model(samples), found = integers(samples);
    double apart = 0, most = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        apart = std::max(apart, std::abs(double(wanted.data()[i]) - double(found.data()[i])));
        most = std::max(most, std::abs(double(wanted.data()[i])));
    }
    return apart / most;
}
template <class Join, class... Parts>
using joined =
    at::network<at::input<5, 4, 6>, at::conv2d<6, 3, at::same>, at::tanh, at::branches<Join, Parts...>>;
}  // namespace

TEST_CASE("joins in 8 bits") {
    using gate = networks::chain_of<at::global_avg_pool2d, at::dense<6>, at::sigmoid>;
    using mask = networks::chain_of<at::conv2d<1, 1>, at::sigmoid>;
    using other = at::conv2d<6, 3, at::same>;
    CHECK(error_of_int8<joined<at::multiply, at::identity, gate>>() < 0.03);
    CHECK(error_of_int8<joined<at::multiply, mask, at::identity>>() < 0.03);
    CHECK(error_of_int8<joined<at::add, gate, other>>() < 0.03);
    CHECK(error_of_int8<joined<at::subtract, at::identity, other>>() < 0.03);
    CHECK(error_of_int8<joined<at::subtract, gate, other>>() < 0.03);
    CHECK(error_of_int8<joined<at::average, at::identity, other>>() < 0.03);
    CHECK(error_of_int8<joined<at::maximum, at::identity, other>>() < 0.03);
    CHECK(error_of_int8<joined<at::minimum, gate, other>>() < 0.03);
    // Activations behind the join: a rectifier is its least result, others look it up.
    using product = joined<at::multiply, at::identity, gate>;
    CHECK(error_of_int8<
              at::network<at::input<5, 4, 6>, at::conv2d<6, 1>, at::branches<at::multiply, other, gate>,
                          at::relu, at::branches<at::subtract, gate, other>, at::sigmoid>>() < 0.03);
    static_assert(at::quantizable<product> && !at::quantizable<product, std::int16_t>);
}

TEST_CASE("slices and orders in 8 bits") {
    CHECK(error_of_int8<networks::shuffled>() < 0.03);
    CHECK(error_of_int8<networks::rows_apart>() < 0.05);
    CHECK(error_of_int8<networks::other_orders>() < 0.03);
}
