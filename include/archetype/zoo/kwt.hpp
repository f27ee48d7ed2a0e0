// SPDX-License-Identifier: BSL-1.0
/// @file kwt.hpp
/// Keyword transformers: Berg, O'Connor, Cruz, "Keyword transformer: a self-attention model for keyword spotting", 2021, table 1.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// {T, Width} -> {T, Width}: attention of all steps, whose queries, keys and values have no bias, and two dense layers on each step,
/// both added and normalized afterwards.
template <std::size_t Width, std::size_t Heads>
using kwt_block =
    sequence<residual<named<"attention", sequence<named<"in_proj", dense<3 * Width, last_axis, no_bias>>,
                                                  scaled_dot_product_attention<Heads>,
                                                  named<"out_proj", dense<Width, last_axis>>>>>,
             named<"ln_1", layer_norm<epsilon<1e-6>>>,
             residual<named<"mlp", sequence<dense<4 * Width, last_axis>, gelu, dense<Width, last_axis>>>>,
             named<"ln_2", layer_norm<epsilon<1e-6>>>>;

/// Frames of a second of sound {98, 40}, each 40 cepstral coefficients and a step, with a class token before them -> scores {Classes}.
template <std::size_t Width, std::size_t Heads, std::size_t Classes = 12, std::size_t Layers = 12,
          std::size_t Steps = 98, std::size_t Features = 40>
using kwt = network<input<Steps, Features>, named<"patches", dense<Width, last_axis>>, class_token<>,
                    named<"positions", position_embedding<Steps + 1>>,
                    named<"layers", numbered<"", Layers, kwt_block<Width, Heads>>>, slice<1, 0, 1>, flatten,
                    named<"head", dense<Classes>>>;

/// 607,308 parameters.
template <std::size_t Classes = 12>
using kwt_1 = kwt<64, 1, Classes>;
/// 2,394,252 parameters.
template <std::size_t Classes = 12>
using kwt_2 = kwt<128, 2, Classes>;
/// 5,360,844 parameters.
template <std::size_t Classes = 12>
using kwt_3 = kwt<192, 3, Classes>;

}  // namespace archetype::zoo
