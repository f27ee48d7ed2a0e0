// SPDX-License-Identifier: BSL-1.0
/// @file gpt.hpp
/// GPT-2: Radford, Wu, Child, Luan, Amodei, Sutskever, "Language models are unsupervised multitask learners", 2019; GPT-3: Brown
/// and others, "Language models are few-shot learners", 2020, table 2.1.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// {T, Width} -> {T, Width}: a norm and attention of the past, a norm and two dense layers on each step, both added.
template <std::size_t Width, std::size_t Heads, class... Options>
using gpt_block = sequence<
    residual<sequence<named<"ln_1", layer_norm<epsilon<1e-5>>>,
                      named<"attn", self_attention<Width, Heads, causal, attention_dropout<0.1>, Options...>>,
                      dropout<0.1>>>,
    residual<sequence<named<"ln_2", layer_norm<epsilon<1e-5>>>, named<"c_fc", dense<4 * Width, last_axis>>,
                      gelu_tanh, named<"c_proj", dense<Width, last_axis>>, dropout<0.1>>>>;

/// Tokens as `Words` looks them up, their positions, `Blocks`, a norm and perhaps a head.
template <std::size_t Layers, std::size_t Positions, class Tokens, class Words, class Blocks, class... Head>
using gpt_of =
    network<Tokens, named<"wte", shared<"wte", Words>>, named<"wpe", position_embedding<Positions>>,
            dropout<0.1>, named<"h", numbered<"", Layers, Blocks>>, named<"ln_f", layer_norm<epsilon<1e-5>>>,
            Head...>;

/// Class numbers of `Steps` tokens (at most `Positions`) -> {Steps, Width}, and with a head {Steps, Vocabulary}.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps, std::size_t Positions,
          std::size_t Vocabulary, class Blocks, class... Head>
using gpt_network = gpt_of<Layers, Positions, input<Steps>, embedding<Vocabulary, Width>, Blocks, Head...>;

template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps,
          std::size_t Positions = 1024, std::size_t Vocabulary = 50257, class... Options>
using gpt =
    gpt_network<Layers, Width, Heads, Steps, Positions, Vocabulary, gpt_block<Width, Heads, Options...>>;

/// The same with scores of tokens, products with the table of the beginning: no parameters more.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps,
          std::size_t Positions = 1024, std::size_t Vocabulary = 50257, class... Options>
using gpt_language_model =
    gpt_network<Layers, Width, Heads, Steps, Positions, Vocabulary, gpt_block<Width, Heads, Options...>,
                named<"lm_head", shared<"wte", tied_output<Vocabulary>>>>;

/// The same token by token: class numbers come as {Steps, 1}. A stream keeps `Steps` of them and ends with its `Positions`.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps,
          std::size_t Positions = 1024, std::size_t Vocabulary = 50257, class... Options>
using gpt_stream =
    gpt_of<Layers, Positions, input<Steps, 1>, embedding<Vocabulary, Width, per_step>,
           gpt_block<Width, Heads, Options...>, named<"lm_head", shared<"wte", tied_output<Vocabulary>>>>;

/// 124,439,808 parameters.
template <std::size_t Steps = 1024>
using gpt2_small = gpt<12, 768, 12, Steps>;
/// 354,823,168 parameters.
template <std::size_t Steps = 1024>
using gpt2_medium = gpt<24, 1024, 16, Steps>;
/// 774,030,080 parameters.
template <std::size_t Steps = 1024>
using gpt2_large = gpt<36, 1280, 20, Steps>;
/// 1,557,611,200 parameters.
template <std::size_t Steps = 1024>
using gpt2_xl = gpt<48, 1600, 25, Steps>;

/// The eight sizes of GPT-3, by number of layers, width, and heads of so many channels. (Every other of their layers looks at a
/// band of steps alone, which changes no count of parameters.)
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t HeadSize,
          std::size_t Steps = 2048>
using gpt3 = gpt<Layers, Width, Heads, Steps, 2048, 50257, head_size<HeadSize>>;
template <std::size_t Steps = 2048>
using gpt3_small = gpt3<12, 768, 12, 64, Steps>;
template <std::size_t Steps = 2048>
using gpt3_medium = gpt3<24, 1024, 16, 64, Steps>;
template <std::size_t Steps = 2048>
using gpt3_large = gpt3<24, 1536, 16, 96, Steps>;
template <std::size_t Steps = 2048>
using gpt3_xl = gpt3<24, 2048, 24, 128, Steps>;
template <std::size_t Steps = 2048>
using gpt3_2_7b = gpt3<32, 2560, 32, 80, Steps>;
template <std::size_t Steps = 2048>
using gpt3_6_7b = gpt3<32, 4096, 32, 128, Steps>;
template <std::size_t Steps = 2048>
using gpt3_13b = gpt3<40, 5140, 40, 128, Steps>;
/// 174,604,259,328 parameters.
template <std::size_t Steps = 2048>
using gpt3_175b = gpt3<96, 12288, 96, 128, Steps>;

}  // namespace archetype::zoo
