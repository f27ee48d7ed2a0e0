// SPDX-License-Identifier: BSL-1.0
/// @file bert.hpp
/// BERT: Devlin, Chang, Lee, Toutanova, "BERT: Pre-training of deep bidirectional transformers for language understanding", 2018;
/// the small ones: Turc, Chang, Lee, Toutanova, "Well-read students learn better", 2019; DistilBERT: Sanh, Debut, Chaumond, Wolf,
/// 2019.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// {T, Width} -> {T, Width}: attention of all steps, then two dense layers on each step, each with a sum and a norm after it.
/// Norms have 1e-12, layers that drop a tenth. `Options` are of the attention.
template <std::size_t Width, std::size_t Heads, class... Options>
using bert_layer = sequence<
    named<"attention",
          sequence<residual<sequence<self_attention<Width, Heads, attention_dropout<0.1>, Options...>,
                                     dropout<0.1>>>,
                   layer_norm<epsilon<1e-12>>>>,
    residual<sequence<named<"intermediate", dense<4 * Width, last_axis>>, gelu,
                      named<"output", dense<Width, last_axis>>, dropout<0.1>>>,
    layer_norm<epsilon<1e-12>>>;

/// Scores of the first token: {T, Width} -> {Width}.
template <std::size_t Width>
using bert_pooler = named<"pooler", sequence<slice<1, 0, 1>, flatten, dense<Width>, tanh>>;

/// The sum of three tables, for the tokens that come in, their places, and the types of a further input "token_type_ids".
template <std::size_t Width, std::size_t Steps, class Words>
using bert_embeddings =
    sequence<named<"word_embeddings", Words>, named<"position_embeddings", position_embedding<512>>,
             point<"positioned">, named<"token_type_ids", input<Steps>>, from<"positioned">,
             named<"token_type_embeddings", token_type_embedding<2, Width>>, layer_norm<epsilon<1e-12>>,
             dropout<0.1>>;

/// Two class numbers for each of `Steps` tokens (at most 512), of the token ("input_ids") and of its sentence
/// ("token_type_ids") -> {Steps, Width}, and with the pooler {Width}: a dense layer of the first token.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps, std::size_t Vocabulary,
          class... Pooler>
using bert_encoder =
    network<named<"input_ids", input<Steps>>, bert_embeddings<Width, Steps, embedding<Vocabulary, Width>>,
            named<"layer", numbered<"", Layers, bert_layer<Width, Heads>>>, Pooler...>;

/// The same with a third input "attention_mask", 1 for tokens and 0 for padding, which nobody sees. `After` are what comes behind.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps, class Words,
          class... After>
using bert_masked =
    network<named<"input_ids", input<Steps>>, bert_embeddings<Width, Steps, Words>, point<"embedded">,
            named<"attention_mask", input<Steps>>, from<"embedded">,
            named<"layer", numbered<"", Layers, bert_layer<Width, Heads, padding_mask<"attention_mask">>>>,
            After...>;
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps, std::size_t Vocabulary,
          class... Pooler>
using bert_masked_encoder = bert_masked<Layers, Width, Heads, Steps, embedding<Vocabulary, Width>, Pooler...>;

/// Scores of words: a dense layer, a norm, products with the table of words and a bias for each.
template <std::size_t Width, std::size_t Vocabulary>
using bert_predictions =
    named<"predictions",
          sequence<named<"transform", dense<Width, last_axis>>, gelu, layer_norm<epsilon<1e-12>>,
                   named<"decoder", shared<"words", tied_output<Vocabulary>>>,
                   named<"bias", join_weights<add, shape{Vocabulary}>>>>;

/// Scores of words for each step (BertForMaskedLM): {Steps, Vocabulary}. Inputs are those of `bert_masked_encoder`.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps,
          std::size_t Vocabulary = 30522, class... Before>
using bert_for_masked_words =
    bert_masked<Layers, Width, Heads, Steps, shared<"words", embedding<Vocabulary, Width>>, Before...,
                bert_predictions<Width, Vocabulary>>;

/// As BERT was trained (BertForPreTraining): scores of words for each step, and as a side output "next_sentence" two scores of the
/// pooled first step, for whether the second text follows on the first.
template <std::size_t Layers, std::size_t Width, std::size_t Heads, std::size_t Steps,
          std::size_t Vocabulary = 30522>
using bert_for_pre_training = bert_for_masked_words<
    Layers, Width, Heads, Steps, Vocabulary,
    side_output<"next_sentence", bert_pooler<Width>, named<"seq_relationship", dense<2>>>>;

/// BERT with its pooler and the vocabulary of 30,522 word pieces.
template <std::size_t Layers, std::size_t Width, std::size_t Steps = 512, std::size_t Vocabulary = 30522>
using bert = bert_encoder<Layers, Width, Width / 64, Steps, Vocabulary, bert_pooler<Width>>;

/// 4,385,920 parameters.
template <std::size_t Steps = 512>
using bert_tiny = bert<2, 128, Steps>;
/// 11,170,560 parameters.
template <std::size_t Steps = 512>
using bert_mini = bert<4, 256, Steps>;
/// 28,763,648 parameters.
template <std::size_t Steps = 512>
using bert_small = bert<4, 512, Steps>;
/// 41,373,184 parameters.
template <std::size_t Steps = 512>
using bert_medium = bert<8, 512, Steps>;
/// 109,482,240 parameters.
template <std::size_t Steps = 512>
using bert_base = bert<12, 768, Steps>;
/// 335,141,888 parameters.
template <std::size_t Steps = 512>
using bert_large = bert<24, 1024, Steps>;

/// DistilBERT: six layers of BERT base without sentences and pooler; 66,362,880 parameters.
template <std::size_t Steps = 512>
using distilbert = network<named<"input_ids", input<Steps>>, named<"word_embeddings", embedding<30522, 768>>,
                           named<"position_embeddings", position_embedding<512>>, layer_norm<epsilon<1e-12>>,
                           dropout<0.1>, named<"layer", numbered<"", 6, bert_layer<768, 12>>>>;

}  // namespace archetype::zoo
