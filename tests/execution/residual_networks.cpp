// SPDX-License-Identifier: BSL-1.0
// Networks that are no chain.
#include "checks.hpp"
#include "references.hpp"

TEST_CASE("residuals") {
    checks::forward<networks::residuals>(references::residuals);
    checks::gradients<networks::residuals>();
}

TEST_CASE("what is added to a result whose gradient reads it") {
    namespace at = archetype;
    // The last branch of an addition is where the addition is done.
    using root = at::sequence<at::l2_pool2d<2>>;
    using mean = at::sequence<at::avg_pool2d<2>>;
    checks::gradients<at::network<at::input<6, 4, 2>, at::conv2d<3, 3, at::same>, at::residual<mean, root>,
                                  at::tanh, at::flatten, at::dense<2>>>();
    checks::gradients<
        at::network<at::input<6, 4, 2>, at::conv2d<3, 3, at::same>,
                    at::branches<at::add, mean, at::sequence<at::max_pool2d<2>>, root>, at::sigmoid,
                    at::residual<at::sequence<at::softmax>>, at::flatten, at::dense<2>>>();
    checks::gradients<at::network<at::input<6, 4, 2>, at::conv2d<3, 3, at::same>,
                                  at::branches<at::add, mean, at::sequence<at::l2_pool2d<2>, at::tanh>>,
                                  at::flatten, at::dense<2>>>();
}
