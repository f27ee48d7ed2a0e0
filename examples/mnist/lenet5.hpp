// SPDX-License-Identifier: BSL-1.0
/// @file lenet5.hpp
/// The network that both programs share: LeNet-5 in today's form, digits of 28 x 28 padded to 32 x 32 by its first layer.
#pragma once
#include <archetype/architecture.hpp>

namespace at = archetype;

using lenet5 = at::network<at::input<28, 28, 1>,                                           //
                           at::conv2d<6, 5, at::padding<2>>, at::tanh, at::avg_pool2d<2>,  //
                           at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>,                 //
                           at::flatten,                                                    //
                           at::dense<120>, at::tanh,                                       //
                           at::dense<84>, at::tanh,                                        //
                           at::dense<10>, at::softmax>;

static_assert(at::output_shape<lenet5> == at::shape{10});
static_assert(at::parameter_count<lenet5> == 61'706);
static_assert(at::multiply_accumulate_count<lenet5> == 416'520);
static_assert(at::arena_bytes<lenet5> <= 16 * 1024);
