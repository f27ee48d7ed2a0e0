// SPDX-License-Identifier: BSL-1.0
// Operands that repeat, against PyTorch and finite differences.
#include "view_networks.hpp"
#include "checks.hpp"
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
