// SPDX-License-Identifier: BSL-1.0
// Adaptive pooling and pooling over one axis: PyTorch's results, and gradients.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

TEST_CASE("adaptive pooling") {
    checks::forward<networks::adaptive>(references::adaptive);
    checks::gradients<networks::adaptive>();
}

TEST_CASE("pooling over one axis") {
    checks::forward<networks::reduced>(references::reduced);
    checks::gradients<networks::reduced>();
}
