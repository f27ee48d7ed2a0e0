// SPDX-License-Identifier: BSL-1.0
// Reshapes between layers that want halos.
#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

TEST_CASE("reshaped") {
    checks::forward<networks::reshaped>(references::reshaped);
    checks::gradients<networks::reshaped>();
}

TEST_CASE("reshaped input") {
    checks::forward<networks::reshaped_input>(references::reshaped_input);
    checks::gradients<networks::reshaped_input>();
}

TEST_CASE("what works in place after a flatten is the same in a batch") {
    using net = at::network<at::input<6, 5, 4>, at::relu, at::flatten, at::layer_norm<>>;
    at::model<net> model;
    const auto samples = numbers::samples<net, float>(3);
    const auto batch = model(samples);
    for (std::size_t n = 0; n < 3; ++n) {
        const auto alone = model(xt::view(samples, n));
        CHECK(checks::same_bits(alone.data(), batch.data() + n * 120, 120));
    }
}

namespace {

/// Batches against the definition of each layer, and gradients against central differences.
template <class Net>
void agrees() {
    at::model<Net, double> model;
    numbers::set_parameters(model);
    constexpr std::size_t size = at::model<Net>::output_shape.size();
    const auto samples = numbers::samples<Net, double>(2);
    const auto scores = model(samples);
    std::vector<double> folded(at::inference_weight_count<Net>), wanted(size);
    at::detail::fold_parameters<Net>(std::as_const(model).data(), folded.data());
    for (std::size_t n = 0; n < 2; ++n) {
        at::detail::run_reference<Net, double>(
            folded.data(), std::array<const double*, 1>{samples.data() + n * samples.size() / 2},
            std::array<double*, 1>{wanted.data()});
        CHECK(checks::largest_difference(scores.data() + n * size, wanted, size) < 1e-12);
    }
    checks::gradients<Net>();
}

template <std::size_t Filters>
using convolved = at::conv2d<Filters, 3, at::same>;
using widened = at::sequence<at::conv2d<2, 1>, at::reshape<4, 8, 1>>;

}  // namespace

TEST_CASE("channels that are shuffled before a residual") {
    agrees<at::network<at::input<4, 4, 2>, at::branches<at::concatenate, widened, widened>,
                       at::reshape<4, 4, 4>, at::residual<convolved<4>>>>();
}

TEST_CASE("a shortcut behind a flatten") {
    agrees<at::network<at::input<8, 8, 1>, at::conv2d<1, 1>, at::flatten, at::residual<at::dense<64>>,
                       at::dense<3>>>();
}

TEST_CASE("an input that is read as an image and as a vector") {
    agrees<at::network<at::input<4, 4, 2>,
                       at::branches<at::concatenate, at::sequence<convolved<3>, at::flatten>, at::flatten>,
                       at::dense<2>>>();
}

TEST_CASE("what works in place after a reshape has no halo that its source lacks") {
    agrees<at::network<at::input<4, 4, 2>, at::conv2d<2, 1>, at::reshape<2, 8, 2>, at::tanh, convolved<2>,
                       at::flatten>>();
}

TEST_CASE("products and maxima of what is reshaped") {
    agrees<at::network<at::input<4, 4, 2>, at::conv2d<2, 1>, at::reshape<2, 8, 2>,
                       at::branches<at::multiply, at::identity, convolved<2>, at::tanh>, at::reshape<4, 4, 2>,
                       at::branches<at::maximum, at::identity, convolved<2>>>>();
}
