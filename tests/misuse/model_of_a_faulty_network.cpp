// SPDX-License-Identifier: BSL-1.0
// A model, its calls, its training and its inference add nothing to the report of the network's fault.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<1,
// expect: conv2d<64, 11>
// expect: input<8, 8, 3>
// lines: 22
#include <archetype/inference.hpp>
#include <archetype/training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 3>, at::conv2d<64, 5>, at::flatten, at::dense<10>>;
#else
using net = at::network<at::input<8, 8, 3>, at::conv2d<64, 11>, at::flatten, at::dense<10>>;
#endif

void use(const at::dataset& data) {
    at::model<net> model{at::seed{1}};
    const xt::xtensor<float, 3> sample = xt::zeros<float>({8, 8, 3});
    [[maybe_unused]] const auto scores = model(sample);
    at::trainer trainer{model, at::cross_entropy{}, at::adam{}};
    trainer.fit(data, {.epochs = 2});
}
