// SPDX-License-Identifier: BSL-1.0
// A log-softmax over one unit is 0.
// expect: rule::softmax_over_one_value
// expect: at_layer<4,
// lines: 25
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<8>, at::tanh, at::dense<1>, at::sigmoid>;
#else
using net = at::network<at::input<4>, at::dense<8>, at::tanh, at::dense<1>, at::log_softmax>;
#endif
void train(at::model<net>& model, const xt::xtensor<float, 2>& samples,
           const xt::xtensor<float, 2>& targets) {
    at::trainer trainer{model, at::mean_squared_error{}, at::adam{}};
    trainer.fit(samples, targets);
}
