// SPDX-License-Identifier: BSL-1.0
// A span that ends with the last weight.
// expect: followed by 64 more elements, which kernels may read
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<10>>;
constexpr std::size_t count = at::inference_weight_count<net>;

#ifdef CONTROL
auto make(std::span<const float, count + at::constant_weights_slack> numbers) {
#else
auto make(std::span<const float, count> numbers) {
#endif
    return at::inference<net>{at::constant_weights<at::architecture_hash<net>, count>{numbers}};
}
