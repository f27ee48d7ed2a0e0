// SPDX-License-Identifier: BSL-1.0
/// @file crnn.hpp
/// Lines of text: Shi, Bai, Yao, "An end-to-end trainable neural network for image-based sequence recognition and its application
/// to scene text recognition", 2015, table 1. Between the two recurrent layers a dense layer, as in the authors' program.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// A line of 32 rows -> scores of `Classes` (one of them the blank of connectionist temporal classification) for each of
/// Width / 4 - 1 steps. 8,326,693 parameters with 37 classes.
template <std::size_t Classes = 37, std::size_t Width = 100>
using crnn = network<
    input<32, Width, 1>, named<"conv1", conv2d<64, 3, padding<1>>>, relu, max_pool2d<2>,
    named<"conv2", conv2d<128, 3, padding<1>>>, relu, max_pool2d<2>,  //
    named<"conv3", conv2d<256, 3, padding<1>>>, relu,                 //
    named<"conv4", conv2d<256, 3, padding<1>>>, relu, max_pool2d<extent{2, 1}>,
    named<"conv5", conv2d<512, 3, padding<1>>>, named<"bn5", torch_norm<>>, relu,
    named<"conv6", conv2d<512, 3, padding<1>>>, named<"bn6", torch_norm<>>, relu, max_pool2d<extent{2, 1}>,
    named<"conv7", conv2d<512, 2>>, relu, named<"map_to_sequence", reshape<Width / 4 - 1, 512>>,
    named<"lstm1", bidirectional<lstm<256, return_sequences>>>, named<"embedding", dense<256, last_axis>>,
    named<"lstm2", bidirectional<lstm<256, return_sequences>>>, named<"scores", dense<Classes, last_axis>>>;

}  // namespace archetype::zoo
