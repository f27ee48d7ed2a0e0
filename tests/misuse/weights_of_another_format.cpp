// SPDX-License-Identifier: BSL-1.0
// Weights that another version of the library wrote in another order.
// expect: these weights were generated in the format of another version: generate them again
#include <archetype/weights.hpp>
//
#include <archetype/inference.hpp>

namespace at = archetype;
using net = at::network<at::input<4>, at::dense<2>>;
extern const float numbers[at::inference_weight_count<net> + at::constant_weights_slack];

#ifdef CONTROL
inline constexpr unsigned format = 1;
#else
inline constexpr unsigned format = 9;
#endif
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float, format>
    weights{numbers};
static_assert(sizeof(at::embedded<net, weights>) <= 1024);
