// SPDX-License-Identifier: BSL-1.0
// The loss does the sigmoid itself.
// expect: rule::scores_have_bounds
// expect: at_layer<2,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<3>>;
#else
using net = at::network<at::input<4>, at::dense<3>, at::sigmoid>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples,
           const xt::xtensor<float, 2>& targets) {
    at::trainer trainer{model, at::binary_cross_entropy{}, at::adam{}};
    trainer.fit(samples, targets);
}
