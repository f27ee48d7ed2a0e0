// SPDX-License-Identifier: BSL-1.0
// A side output would stay untrained.
// expect: rule::output_without_a_loss
// expect: at_layer<3,
// lines: 25
#include <archetype/training.hpp>
#include <archetype/training/several_losses.hpp>

namespace at = archetype;

using net =
    at::network<at::input<4>, at::dense<8>, at::relu, at::side_output<"value", at::dense<1>>, at::dense<3>>;
using values = xt::xtensor<float, 2>;

void train(at::model<net>& model, const values& samples, const xt::xtensor<int, 1>& labels,
           const values& targets) {
#ifdef CONTROL
    at::trainer trainer{model, at::losses{at::cross_entropy{}, at::mean_squared_error{}}, at::adam{}};
    trainer.fit(samples, std::tuple{labels, targets});
#else
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    trainer.fit(samples, labels);
    trainer.fit(samples, targets);
#endif
}
