// SPDX-License-Identifier: BSL-1.0
// Layers along a sequence.
#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

TEST_CASE("steps") {
    checks::forward<networks::steps>(references::steps);
    checks::gradients<networks::steps>();
}

TEST_CASE("steps averaged") {
    checks::forward<networks::steps_averaged>(references::steps_averaged);
    checks::gradients<networks::steps_averaged>();
}

TEST_CASE("convolutions of several widths, the maximum of each over time") {
    checks::forward<networks::parallel_widths>(references::parallel_widths);
    checks::gradients<networks::parallel_widths>();
}

TEST_CASE("FL-03 (c): a causal dilated convolution keeps the length; fed step by step it says the same") {
    using whole = at::network<at::input<10, 1>, at::conv1d<1, 2, at::causal, at::dilation<8>, at::no_bias>>;
    using valid = at::network<at::input<10, 1>, at::conv1d<1, 2, at::dilation<8>, at::no_bias>>;
    // The last 8 steps and the new one.
    constexpr std::size_t history = at::conv1d<1, 2, at::causal, at::dilation<8>>::history;
    using stream = at::network<at::input<history + 1, 1>, at::conv1d<1, 2, at::dilation<8>, at::no_bias>>;
    at::model<whole> net;
    at::model<valid> cut;
    at::model<stream> step;
    for (float* weights : {net.data(), cut.data(), step.data()}) weights[0] = 10, weights[1] = 1;
    xt::xtensor<float, 2> x = xt::zeros<float>({10, 1});
    for (std::size_t i = 0; i < 10; ++i) x(i, 0) = static_cast<float>(i + 1);
    const auto y = net(x);
    CHECK((y == xt::xtensor<float, 2>{{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {19}, {30}}));
    CHECK((cut(x) == xt::xtensor<float, 2>{{19}, {30}}));
    xt::xtensor<float, 2> seen = xt::zeros<float>({history + 1, std::size_t{1}});
    for (std::size_t t = 0; t < 10; ++t) {
        for (std::size_t i = 0; i < history; ++i) seen(i, 0) = seen(i + 1, 0);
        seen(history, 0) = x(t, 0);
        CHECK(step(seen)(0, 0) == y(t, 0));
    }
}
