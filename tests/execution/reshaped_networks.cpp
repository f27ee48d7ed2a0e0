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
