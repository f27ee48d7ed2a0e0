// SPDX-License-Identifier: BSL-1.0
// Transposed convolutions with every option, last, after a reshape.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("transposed") {
    checks::forward<networks::transposed>(references::transposed);
    checks::gradients<networks::transposed>();
}

TEST_CASE("ends transposed") {
    checks::forward<networks::ends_transposed>(references::ends_transposed);
    checks::gradients<networks::ends_transposed>();
}

TEST_CASE("wide transposed") {
    checks::forward<networks::wide_transposed>(references::wide_transposed);
    checks::gradients<networks::wide_transposed>();
}
