// SPDX-License-Identifier: BSL-1.0
// Convolutions with every option.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("same") {
    checks::forward<networks::same>(references::same);
    checks::gradients<networks::same>();
}

TEST_CASE("lopsided") {
    checks::forward<networks::lopsided>(references::lopsided);
    checks::gradients<networks::lopsided>();
}

TEST_CASE("grouped") {
    checks::forward<networks::grouped>(references::grouped);
    checks::gradients<networks::grouped>();
}
