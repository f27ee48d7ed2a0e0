// SPDX-License-Identifier: BSL-1.0
/// @file text.hpp
/// The whole text room: texts as tokens and back. The vocabularies of BERT and GPT-2 need utf8proc (Debian: libutf8proc-dev).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/text/byte_pair_tokenizer.hpp>
#include <archetype/text/llama2c_tokenizer.hpp>
#include <archetype/text/word_piece_tokenizer.hpp>

#include <archetype/pop_macros.hpp>  // comes last
