// SPDX-License-Identifier: BSL-1.0
// An instance norm of single numbers gives its beta.
// expect: rule::norm_over_one_value
// expect: at_layer<2,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<2>, at::group_norm<1>>;
#else
using net = at::network<at::input<4>, at::dense<2>, at::instance_norm<>>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples,
           const xt::xtensor<float, 2>& targets) {
    at::trainer trainer{model, at::mean_squared_error{}, at::adam{}};
    trainer.fit(samples, targets);
}
