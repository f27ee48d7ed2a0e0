// SPDX-License-Identifier: BSL-1.0
// Layers along a sequence.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("steps") {
    checks::forward<networks::steps>(references::steps);
    checks::gradients<networks::steps>();
}

TEST_CASE("steps averaged") {
    checks::forward<networks::steps_averaged>(references::steps_averaged);
    checks::gradients<networks::steps_averaged>();
}
