// SPDX-License-Identifier: BSL-1.0
// Depthwise and separable convolutions.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("depthwise") {
    checks::forward<networks::depthwise>(references::depthwise);
    checks::gradients<networks::depthwise>();
}

TEST_CASE("wide depthwise") {
    checks::forward<networks::wide_depthwise>(references::wide_depthwise);
    checks::gradients<networks::wide_depthwise>();
}
