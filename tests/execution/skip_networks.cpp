// SPDX-License-Identifier: BSL-1.0
// Networks that are no chain.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("skips") {
    checks::forward<networks::skips>(references::skips);
    checks::gradients<networks::skips>();
}

TEST_CASE("twins") {
    checks::forward<networks::twins>(references::twins);
    checks::gradients<networks::twins>();
}
