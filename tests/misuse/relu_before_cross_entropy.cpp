// SPDX-License-Identifier: BSL-1.0
// B-21: relu where scores are wanted.
// expect: rule::scores_are_cut
// expect: at_layer<2,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<3>>;
#else
using net = at::network<at::input<4>, at::dense<3>, at::relu>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples, const xt::xtensor<int, 1>& targets) {
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    trainer.fit(samples, targets);
}
