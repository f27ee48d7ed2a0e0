// SPDX-License-Identifier: BSL-1.0
// Reshapes between layers that want halos.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("reshaped") {
    checks::forward<networks::reshaped>(references::reshaped);
    checks::gradients<networks::reshaped>();
}

TEST_CASE("reshaped input") {
    checks::forward<networks::reshaped_input>(references::reshaped_input);
    checks::gradients<networks::reshaped_input>();
}
