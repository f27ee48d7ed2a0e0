// SPDX-License-Identifier: BSL-1.0
// Dense layers and their shapes: values from PyTorch, gradients from differences.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("perceptron") {
    checks::forward<networks::perceptron>(references::perceptron);
    checks::gradients<networks::perceptron>();
}

TEST_CASE("last axis") {
    checks::forward<networks::last_axis>(references::last_axis);
    checks::gradients<networks::last_axis>();
}

TEST_CASE("time axis") {
    checks::forward<networks::time_axis>(references::time_axis);
    checks::gradients<networks::time_axis>();
}

TEST_CASE("blocks") {
    checks::forward<networks::blocks>(references::blocks);
    checks::gradients<networks::blocks>();
}

TEST_CASE("flattened") {
    checks::forward<networks::flattened>(references::flattened);
    checks::gradients<networks::flattened>();
}

TEST_CASE("pointwise") {
    checks::forward<networks::pointwise>(references::pointwise);
    checks::gradients<networks::pointwise>();
}
