// SPDX-License-Identifier: BSL-1.0
// Pooling with every option, on the fly and alone.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("max pooled") {
    checks::forward<networks::max_pooled>(references::max_pooled);
    checks::gradients<networks::max_pooled>();
}

TEST_CASE("avg pooled") {
    checks::forward<networks::avg_pooled>(references::avg_pooled);
    checks::gradients<networks::avg_pooled>();
}

TEST_CASE("dilated pool") {
    checks::forward<networks::dilated_pool>(references::dilated_pool);
    checks::gradients<networks::dilated_pool>();
}

TEST_CASE("same pool") {
    checks::forward<networks::same_pool>(references::same_pool);
    checks::gradients<networks::same_pool>();
}
