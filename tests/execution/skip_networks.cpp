// SPDX-License-Identifier: BSL-1.0
// Networks that are no chain.
#include "checks.hpp"
#include "references.hpp"

namespace at = archetype;

TEST_CASE("skips") {
    checks::forward<networks::skips>(references::skips);
    checks::gradients<networks::skips>();
}

TEST_CASE("twins") {
    checks::forward<networks::twins>(references::twins);
    checks::gradients<networks::twins>();
}

TEST_CASE("the gradient of a function of one's own beside a concatenation") {
    using at::branches, at::concatenate, at::conv2d;
    using net =
        at::network<at::input<5, 4, 1>, branches<concatenate, at::identity,
                                                 branches<at::multiply, conv2d<1, 1>, networks::swish>>>;
    checks::gradients<net>();
}
