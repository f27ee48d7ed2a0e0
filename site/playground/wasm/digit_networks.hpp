// SPDX-License-Identifier: BSL-1.0
/// @file digit_networks.hpp
/// LeNet-5 of examples/mnist and what the page of digits shows of it: the same with its feature maps as side outputs, and its
/// beginnings, which give these maps in 8 bits.
#pragma once
#include "../../../examples/mnist/lenet5.hpp"

using lenet5_shown =
    at::network<at::input<28, 28, 1>,                                                                     //
                at::conv2d<6, 5, at::padding<2>>, at::tanh, at::side_output<"maps1">, at::avg_pool2d<2>,  //
                at::conv2d<16, 5>, at::tanh, at::side_output<"maps2">, at::avg_pool2d<2>,                 //
                at::flatten, at::dense<120>, at::tanh, at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
using lenet5_begin1 = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::padding<2>>, at::tanh>;
using lenet5_begin2 = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::padding<2>>, at::tanh,
                                  at::avg_pool2d<2>, at::conv2d<16, 5>, at::tanh>;
static_assert(at::parameter_count<lenet5_shown> == at::parameter_count<lenet5>);
