// SPDX-License-Identifier: BSL-1.0
// B-20: the loss of one class is 0.
// expect: rule::one_class
// expect: at_layer<1,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<2>>;
#else
using net = at::network<at::input<4>, at::dense<1>>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples, const xt::xtensor<int, 1>& targets) {
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    trainer.fit(samples, targets);
}
