// SPDX-License-Identifier: BSL-1.0
// More channels than lanes; what ends in a convolution.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("wide") {
    checks::forward<networks::wide>(references::wide);
    checks::gradients<networks::wide>();
}

TEST_CASE("ends in convolution") {
    checks::forward<networks::ends_in_convolution>(references::ends_in_convolution);
    checks::gradients<networks::ends_in_convolution>();
}
