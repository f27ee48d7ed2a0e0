// SPDX-License-Identifier: BSL-1.0
// No parameters.
// expect: rule::nothing_to_train
// expect: at_layer<0,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<2>>;
#else
using net = at::network<at::input<4>, at::relu>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples,
           const xt::xtensor<float, 2>& targets) {
    at::trainer trainer{model, at::mean_squared_error{}, at::adam{}};
    trainer.fit(samples, targets);
}
