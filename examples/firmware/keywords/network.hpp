// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Keyword spotting in 49 frames of 10 coefficients: the depthwise separable network of MLPerf Tiny (Zhang et al. 2017,
/// "Hello Edge"), 64 channels, 12 classes.
#pragma once
#include <archetype/inference.hpp>

namespace at = archetype;

using separable_block = at::sequence<at::depthwise_conv2d<3, at::same>, at::batch_norm<>, at::relu,  //
                                     at::conv2d<64, 1>, at::batch_norm<>, at::relu>;
using keywords =
    at::network<at::input<49, 10, 1>,                                                                    //
                at::conv2d<64, at::extent{10, 4}, at::stride<2>, at::same>, at::batch_norm<>, at::relu,  //
                at::repeat<4, separable_block>,                                                          //
                at::global_avg_pool2d, at::dense<12>, at::softmax>;

static_assert(at::multiply_accumulate_count<keywords> == 2'656'768);
static_assert(at::fits<keywords, at::flash<128 * 1024>, at::ram<80 * 1024>>);

/// The probabilities of the twelve words, valid until the next call.
const float* classify(const float* frames);
