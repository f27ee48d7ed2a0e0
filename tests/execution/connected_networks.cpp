// SPDX-License-Identifier: BSL-1.0
// Connection tables and trainable subsampling, as in LeNet-5 of 1998.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("connected") {
    checks::forward<networks::connected>(references::connected);
    checks::gradients<networks::connected>();
}

TEST_CASE("connected twice") {
    checks::forward<networks::connected_twice>(references::connected_twice);
    checks::gradients<networks::connected_twice>();
}
