// SPDX-License-Identifier: BSL-1.0
// Normalizations without factor or shift, over chosen axes, groups, channels, root mean squares: PyTorch's results, gradients
// against central differences.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

TEST_CASE("batch norm without gamma or beta") {
    checks::forward<networks::affine>(references::affine);
    checks::gradients<networks::affine>();
}

TEST_CASE("group and instance norm") {
    checks::forward<networks::sample_norms>(references::sample_norms);
    checks::gradients<networks::sample_norms>();
}

TEST_CASE("layer norm over chosen axes") {
    checks::forward<networks::normalized_axes>(references::normalized_axes);
    checks::gradients<networks::normalized_axes>();
}

TEST_CASE("rms norm") {
    checks::forward<networks::root_mean_squares>(references::root_mean_squares);
    checks::gradients<networks::root_mean_squares>();
}

TEST_CASE("rms norm over chosen axes") {
    checks::forward<networks::squared_axes>(references::squared_axes);
    checks::gradients<networks::squared_axes>();
}
