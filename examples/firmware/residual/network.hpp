// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Images of 32 x 32 pixels in ten classes: the ResNet of MLPerf Tiny, three residual blocks of 16, 32 and 64 channels.
#pragma once
#include <archetype/inference.hpp>

namespace at = archetype;

template <std::size_t Filters, std::size_t Stride>
using two_convolutions =
    at::sequence<at::conv2d<Filters, 3, at::stride<Stride>, at::same>, at::batch_norm<>, at::relu,  //
                 at::conv2d<Filters, 3, at::same>, at::batch_norm<>>;
template <std::size_t Filters>
using narrowing = at::residual<two_convolutions<Filters, 2>, at::conv2d<Filters, 1, at::stride<2>, at::same>>;

using residual = at::network<at::input<32, 32, 3>,                                     //
                             at::conv2d<16, 3, at::same>, at::batch_norm<>, at::relu,  //
                             at::residual<two_convolutions<16, 1>>, at::relu,          //
                             narrowing<32>, at::relu,                                  //
                             narrowing<64>, at::relu,                                  //
                             at::global_avg_pool2d, at::dense<10>, at::softmax>;

static_assert(at::multiply_accumulate_count<residual> == 12'501'632);
static_assert(at::fits<residual, at::flash<320 * 1024>, at::ram<256 * 1024>>);

/// The probabilities of the ten classes, valid until the next call.
const float* classify(const float* pixels);
