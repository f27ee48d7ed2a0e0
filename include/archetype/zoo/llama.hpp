// SPDX-License-Identifier: BSL-1.0
/// @file llama.hpp
/// Llama: Touvron and others, "Llama: open and efficient foundation language models" and "Llama 2", 2023; the small ones were
/// trained by the author of llama2.c on the TinyStories of Eldan and Li, 2023.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// {T, Width} -> {T, Width}: a norm and attention of the past with rotary positions, a norm and a gated layer, both added.
/// "w1" holds w1 and w3 of the published files, side by side.
template <std::size_t Width, std::size_t Hidden, std::size_t Heads, std::size_t KeyValueHeads>
using llama_block = sequence<
    residual<sequence<named<"attention_norm", rms_norm<epsilon<1e-5>>>,
                      named<"attention", self_attention<Width, Heads, causal, key_value_heads<KeyValueHeads>,
                                                        rotary<>, no_bias>>>>,
    residual<sequence<named<"ffn_norm", rms_norm<epsilon<1e-5>>>,
                      named<"w1", dense<2 * Hidden, last_axis, no_bias>>, swiglu,
                      named<"w2", dense<Width, last_axis, no_bias>>>>>;

/// Class numbers of tokens {Steps, 1} -> scores {Steps, Vocabulary}. It is a stream, too, token by token, that keeps `Steps` of them.
template <std::size_t Layers, std::size_t Width, std::size_t Hidden, std::size_t Heads,
          std::size_t KeyValueHeads, std::size_t Vocabulary, std::size_t Steps,
          class Output = shared<"tok_embeddings", tied_output<Vocabulary>>>
using llama =
    network<input<Steps, 1>,
            named<"tok_embeddings", shared<"tok_embeddings", embedding<Vocabulary, Width, per_step>>>,
            named<"layers", numbered<"", Layers, llama_block<Width, Hidden, Heads, KeyValueHeads>>>,
            named<"norm", rms_norm<epsilon<1e-5>>>, named<"output", Output>>;

/// 260,032 parameters.
template <std::size_t Steps = 512>
using stories260k = llama<5, 64, 172, 8, 4, 512, Steps>;
/// 15,191,712 parameters.
template <std::size_t Steps = 256>
using stories15m = llama<6, 288, 768, 6, 6, 32000, Steps>;
/// 41,689,600 parameters.
template <std::size_t Steps = 1024>
using stories42m = llama<8, 512, 1376, 8, 8, 32000, Steps>;
/// 109,529,856 parameters.
template <std::size_t Steps = 1024>
using stories110m = llama<12, 768, 2048, 12, 12, 32000, Steps>;
/// 6,738,415,616 parameters; scores by a matrix of their own.
template <std::size_t Steps = 4096>
using llama2_7b = llama<32, 4096, 11008, 32, 32, 32000, Steps, dense<32000, last_axis, no_bias>>;

}  // namespace archetype::zoo
