// SPDX-License-Identifier: BSL-1.0
/// @file lenet5.hpp
/// LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
#pragma once
#include <archetype/architecture.hpp>
#include <archetype/expression/activations.hpp>

namespace archetype::zoo {

/// LeNet-5 as it is taught and written today: every filter of C3 sees all six maps, poolings have no weights, F6 is followed
/// by dense scores and a softmax. {32, 32, 1} -> {Classes}; 61,706 parameters.
template <std::size_t Classes = 10>
using lenet5 = network<input<32, 32, 1>,                            //
                       named<"c1", conv2d<6, 5>>, tanh,             //
                       named<"s2", avg_pool2d<2>>,                  //
                       named<"c3", conv2d<16, 5>>, tanh,            //
                       named<"s4", avg_pool2d<2>>,                  //
                       named<"c5", conv2d<120, 5>>, tanh, flatten,  //
                       named<"f6", dense<84>>, tanh,                //
                       named<"output", dense<Classes>>, softmax>;

/// The squashing function of the paper's appendix A: 1.7159 tanh(2/3 x), with f(1) = 1 and f(-1) = -1.
struct scaled_tanh {
    template <class Operand>
    constexpr auto operator()(const Operand& x) const {
        return 1.7159 * expression::tanh(x * (2.0 / 3));
    }
};

/// LeNet-5 of 1998: S2 and S4 have a weight and a bias for each map, C3 is connected by the paper's table I. The network ends
/// with F6, whose 84 results the paper compares with fixed code words (7 x 12 bitmaps of the characters) by Euclidean
/// distance: no trained weights. {32, 32, 1} -> {84}; 60,000 parameters.
using lenet5_1998 = network<input<32, 32, 1>,                                                             //
                            named<"c1", conv2d<6, 5>>, activation<scaled_tanh{}>,                         //
                            named<"s2", subsampling2d<2>>, activation<scaled_tanh{}>,                     //
                            named<"c3", conv2d_table<5, lenet5_connections>>, activation<scaled_tanh{}>,  //
                            named<"s4", subsampling2d<2>>, activation<scaled_tanh{}>,                     //
                            named<"c5", conv2d<120, 5>>, activation<scaled_tanh{}>, flatten,              //
                            named<"f6", dense<84>>, activation<scaled_tanh{}>>;

}  // namespace archetype::zoo
