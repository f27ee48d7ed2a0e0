// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// LeNet-5 for digits of 28 x 28 pixels, all of it trained on the device.
#pragma once
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using digits = at::network<at::input<28, 28, 1>,                                     //
                           at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,  //
                           at::conv2d<16, 5>, at::relu, at::max_pool2d<2>,           //
                           at::flatten,                                              //
                           at::dense<120>, at::relu,                                 //
                           at::dense<84>, at::relu,                                  //
                           at::dense<10>, at::softmax>;
using digits_loss = at::cross_entropy;
using digits_optimizer = at::plain_sgd;
inline constexpr digits_optimizer digits_settings{.rate = 0.05};

/// One step on a digit; returns its loss before.
float learn(const float* pixels, int label);
/// The bytes of the trainer, and a number that changes with any bit of its parameters.
unsigned trainer_bytes();
unsigned parameter_bits();
