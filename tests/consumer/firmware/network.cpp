// SPDX-License-Identifier: BSL-1.0
/// @file network.cpp
/// Networks in float and in 8 bits with what the installed package gives: the processor's own instructions.
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<8, 8, 4>, at::conv2d<4, 3>, at::relu, at::flatten, at::dense<2>>;
static_assert(at::native_weight_order == at::weight_order::WANTED_ORDER);
#if defined(ARCHETYPE_SCALAR)
#error "a package does not decide what a processor can do"
#endif

constexpr auto words_count = at::quantized_weight_count<net, std::int8_t, at::native_weight_order>;
alignas(64) static constexpr std::int32_t words[words_count + at::constant_weights_slack] = {};
static constexpr at::quantized_weights<at::architecture_hash<net>, words_count, at::native_weight_order>
    small_weights{words};
static at::quantized_inference<net, small_weights> small;

alignas(64) static constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {
    0.5f, 1, 2};
static constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{
    numbers};
static at::embedded<net, weights> large;

/// Zeros give zeros, in both forms.
int run() {
    static constexpr std::int8_t bytes[8 * 8 * 4] = {};
    static constexpr float sample[8 * 8 * 4] = {};
    const auto found = small(bytes);
    const auto scores = large(sample);
    return found[0] == 0 && found[1] == 0 && scores[0] == 0 && scores[1] == 0 ? 0 : 1;
}
