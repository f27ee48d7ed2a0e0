// SPDX-License-Identifier: BSL-1.0
// Batch normalization in every place.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("normalized") {
    checks::forward<networks::normalized>(references::normalized);
    checks::gradients<networks::normalized>();
}

TEST_CASE("normalized late") {
    checks::forward<networks::normalized_late>(references::normalized_late);
    checks::gradients<networks::normalized_late>();
}

TEST_CASE("lenet") {
    checks::forward<networks::lenet>(references::lenet);
    checks::gradients<networks::lenet>();
}
