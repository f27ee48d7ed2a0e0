// SPDX-License-Identifier: BSL-1.0
// A layer that has no form with activations of 16 bits.
// expect: a layer of the network has no form with 16-bit activations
// expect: has_no_integer_form<archetype::integer_rule::no_such_layer_with_16_bits, archetype::at_layer<2
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<16>, at::dense<10>>;
#else
using net = at::network<at::input<16>, at::dense<10>, at::softmax>;
#endif
constexpr std::size_t count = at::quantized_weight_count<net, std::int16_t, at::weight_order::plain>;
extern const std::int32_t words[count];
constexpr at::quantized_weights<at::architecture_hash<net>, count, at::weight_order::plain, std::int16_t>
    weights{words};
static_assert(sizeof(at::quantized_inference<net, weights>) <= 16 * 1024);
