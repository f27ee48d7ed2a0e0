// SPDX-License-Identifier: BSL-1.0
// There are two losses for one output.
// expect: rule::loss_without_an_output
// lines: 25
#include <archetype/training.hpp>
#include <archetype/training/several_losses.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<8>, at::relu, at::dense<3>>;

void train(at::model<net>& model, const xt::xtensor<float, 2>& samples, const xt::xtensor<int, 1>& labels) {
#ifdef CONTROL
    at::trainer trainer{model, at::losses{at::cross_entropy{}}, at::adam{}};
    trainer.fit(samples, std::tuple{labels});
#else
    at::trainer trainer{model, at::losses{at::cross_entropy{}, at::no_loss{}}, at::adam{}};
    trainer.fit(samples, std::tuple{labels});
#endif
}
