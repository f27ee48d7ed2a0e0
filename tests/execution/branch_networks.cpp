// SPDX-License-Identifier: BSL-1.0
// Networks that are no chain.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("inception") {
    checks::forward<networks::inception>(references::inception);
    checks::gradients<networks::inception>();
}

TEST_CASE("dense block") {
    checks::forward<networks::dense_block>(references::dense_block);
    checks::gradients<networks::dense_block>();
}
