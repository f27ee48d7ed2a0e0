// SPDX-License-Identifier: BSL-1.0
/// @file networks.hpp
/// The networks that this firmware runs in 8 bits, one at a time: -DNETWORK=digits, movements, and those of three other
/// firmwares, anomalies, keywords and residual; person is measured by tests/embedded/mlperf_tiny.py.
#pragma once
#include "../anomalies/network.hpp"
#include "../keywords/network.hpp"
#include "../residual/network.hpp"

#include <archetype/zoo/mobilenet.hpp>

/// LeNet-5 in today's form: digits of 28 x 28.
using digits = at::network<at::input<28, 28, 1>,                                           //
                           at::conv2d<6, 5, at::padding<2>>, at::relu, at::max_pool2d<2>,  //
                           at::conv2d<16, 5>, at::relu, at::max_pool2d<2>,                 //
                           at::flatten,                                                    //
                           at::dense<120>, at::relu,                                       //
                           at::dense<84>, at::relu,                                        //
                           at::dense<10>>;

/// Movements in 32 measurements of three axes: a GRU, an LSTM, four classes. States have 16 bits.
using movements =
    at::network<at::input<32, 3>, at::gru<16, at::return_sequences>, at::lstm<12>, at::dense<4>, at::softmax>;

/// Whether someone is in a picture of 96 x 96 pixels: the MobileNet of MLPerf Tiny, a quarter of the paper's width.
using person = at::zoo::mobilenet<0.25, 96, 2>;
