// SPDX-License-Identifier: BSL-1.0
// Layer normalization, maxout and dropout in the form of its paper, in every place.
#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

TEST_CASE("layer normalized") {
    checks::forward<networks::layer_normalized>(references::layer_normalized);
    checks::gradients<networks::layer_normalized>();
}

TEST_CASE("maxout and maxima of convolutions") {
    checks::forward<networks::maxed>(references::maxed);
    checks::gradients<networks::maxed>();
}

TEST_CASE("dropout that scales at inference") {
    checks::forward<networks::kept>(references::kept);
    checks::gradients<networks::kept>();
}

TEST_CASE("the columns of two pieces of five units") {
    // The dense layer gives the two rows, whatever the sample, from its biases.
    using net = at::network<at::input<1>, at::maxout<5, 2>>;
    at::model<net, double> model{at::seed{1}, at::zeros{}};
    const double rows[] = {2.2, -1.4, 9.7, -1.3, 0, -4, -2.1, 3.8, -3, 0.2};
    std::copy(rows, rows + 10, model.data() + at::detail::parameters_of<net>.offsets[0][1]);
    const auto found = model(xt::xtensor<double, 1>{1});
    const double wanted[] = {2.2, -1.4, 9.7, -1.3, 0.2};
    for (std::size_t i = 0; i < 5; ++i) CHECK(found(i) == wanted[i]);
}

TEST_CASE("ReLU is maxout with a second piece of zeros") {
    using two = at::network<at::input<3>, at::maxout<4, 2>>;
    using one = at::network<at::input<3>, at::dense<4>, at::relu>;
    at::model<two, double> pieces{at::seed{1}, at::zeros{}};
    at::model<one, double> plain{at::seed{1}};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t unit = 0; unit < 4; ++unit) pieces.data()[i * 8 + unit] = plain.data()[i * 4 + unit];
    const auto samples = numbers::samples<one, double>(20);
    const auto a = pieces(samples), b = plain(samples);
    CHECK(checks::largest_difference(a.data(), b.data(), a.size()) < 1e-15);
}

TEST_CASE("both forms of dropout have the expectation of inference") {
    // The mean result of a dense layer over many masks, against the network as it runs.
    const auto check = [&]<class Net>(at::model<Net, double> net) {
        constexpr auto sum =
            at::pointwise_loss<[](auto prediction, auto target) { return prediction + 0.0 * target; }>{};
        const xt::xtensor<double, 2> sample{{0.5, -1, 2, 0.25, 1, -0.5}}, unused{{0}};
        double mean = 0;
        constexpr std::size_t masks = 20000;
        for (std::size_t start = 0; start < masks; ++start) {
            at::gradients of{net, sum, at::seed{start}};
            mean += of(sample, unused) / masks;
        }
        CHECK(mean == Approx(net(sample)(0, 0)).margin(0.03));
    };
    check(at::model<at::network<at::input<6>, at::dropout<0.4>, at::dense<1>>, double>{at::seed{1}});
    check(at::model<at::network<at::input<6>, at::original_dropout<0.4>, at::dense<1>>, double>{at::seed{1}});
}
