// SPDX-License-Identifier: BSL-1.0
// Paddings by reflection, edges, wrapping around, constants, of channels, SAME_LOWER: PyTorch's results, and gradients.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

TEST_CASE("paddings of images") {
    checks::forward<networks::padded>(references::padded);
    checks::gradients<networks::padded>();
}

TEST_CASE("paddings of sequences") {
    checks::forward<networks::padded_steps>(references::padded_steps);
    checks::gradients<networks::padded_steps>();
}
