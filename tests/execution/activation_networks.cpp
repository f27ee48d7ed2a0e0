// SPDX-License-Identifier: BSL-1.0
// Activations whose derivative needs what went in, softmax between layers, chains.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("custom") {
    checks::forward<networks::custom>(references::custom);
    checks::gradients<networks::custom>();
}

TEST_CASE("softmax inside") {
    checks::forward<networks::softmax_inside>(references::softmax_inside);
    checks::gradients<networks::softmax_inside>();
}

TEST_CASE("chain") {
    checks::forward<networks::chain>(references::chain);
    checks::gradients<networks::chain>();
}
