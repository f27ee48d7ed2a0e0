// SPDX-License-Identifier: BSL-1.0
// Files in 8 bits are not read into layers that these have not.
// expect: adaptive pooling is not read in 8 bits
// lines: 12
#include <archetype/archetype.hpp>
#include <archetype/interchange/graphs/load_onnx.hpp>

namespace at = archetype;

#ifdef CONTROL
using pooling = at::global_max_pool2d;
#else
using pooling = at::sequence<at::adaptive_avg_pool2d<3>, at::flatten>;
#endif
using net = at::network<at::input<8, 8, 2>, at::conv2d<4, 3>, pooling, at::dense<2>>;
void load(std::optional<at::quantized_model<net>>& to) {
    const auto failure = at::try_load_onnx(to, "net.onnx");
    static_cast<void>(failure);
}
