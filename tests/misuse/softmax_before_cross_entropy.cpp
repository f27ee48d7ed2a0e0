// SPDX-License-Identifier: BSL-1.0
// A softmax that does not end the network.
// expect: rule::softmax_before_the_loss
// expect: at_layer<2,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<3>, at::dropout<0.5>, at::softmax>;
#else
using net = at::network<at::input<4>, at::dense<3>, at::softmax, at::dropout<0.5>>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples, const xt::xtensor<int, 1>& targets) {
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    trainer.fit(samples, targets);
}
