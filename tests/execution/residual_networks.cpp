// SPDX-License-Identifier: BSL-1.0
// Networks that are no chain.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("residuals") {
    checks::forward<networks::residuals>(references::residuals);
    checks::gradients<networks::residuals>();
}
