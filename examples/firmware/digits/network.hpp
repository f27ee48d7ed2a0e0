// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Digits of 28 x 28 pixels: a network of LeNet-5's size, and what it may take of a device.
#pragma once
#include <archetype/inference.hpp>

namespace at = archetype;

using digits = at::network<at::input<28, 28, 1>,                                     //
                           at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,  //
                           at::conv2d<16, 5>, at::relu, at::max_pool2d<2>,           //
                           at::flatten,                                              //
                           at::dense<120>, at::relu,                                 //
                           at::dense<84>, at::relu,                                  //
                           at::dense<10>>;

static_assert(at::parameter_count<digits> == 61'706);
static_assert(at::fits<digits, at::flash<256 * 1024>, at::ram<12 * 1024>>);

/// The scores of the ten digits, valid until the next call.
const float* classify(const float* pixels);
