// SPDX-License-Identifier: BSL-1.0
// Upsampling, zero padding, cropping, local response normalization.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("resized") {
    checks::forward<networks::resized>(references::resized);
    checks::gradients<networks::resized>();
}

TEST_CASE("responses") {
    checks::forward<networks::responses>(references::responses);
    checks::gradients<networks::responses>();
}
