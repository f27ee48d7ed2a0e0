// SPDX-License-Identifier: BSL-1.0
// Transposed convolutions of images and sequences, in groups, one filter for each channel, of the same size: PyTorch's results,
// and gradients.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

TEST_CASE("transposed convolutions in groups") {
    checks::forward<networks::transposed_groups>(references::transposed_groups);
    checks::gradients<networks::transposed_groups>();
}

TEST_CASE("transposed convolutions of sequences") {
    checks::forward<networks::transposed_steps>(references::transposed_steps);
    checks::gradients<networks::transposed_steps>();
}
