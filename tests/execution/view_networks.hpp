// SPDX-License-Identifier: BSL-1.0
// Joins of operands that repeat, slices, other orders of axes: what make_view_references.py has, too.
#pragma once
#include "networks.hpp"

namespace networks {
namespace at = archetype;

/// Squeeze and excitation.
using squeezed = at::network<at::input<6, 5, 3>, at::conv2d<8, 3, at::same>, at::relu, at::point<"seen">,
                             at::global_avg_pool2d, at::dense<4>, at::relu, at::dense<8>, at::sigmoid,
                             at::merge<at::multiply, "seen">, at::conv2d<2, 3>>;

using mean_of_rows = at::avg_pool2d<at::extent{5, 1}>;
using mean_of_columns = at::avg_pool2d<at::extent{1, 4}>;
/// Half of it.
using half = at::activation<[](auto x) { return 0.5 * x; }>;
/// {C}, {1, 1, C}, {H, W, 1}, {H, 1, C} and {1, W, C}, in all joins.
using broadcasts =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::same>, at::tanh,
                at::branches<at::add, at::conv2d<6, 1>, at::conv2d<1, 1>, at::global_avg_pool2d,
                             chain_of<mean_of_rows, at::sigmoid>>,
                at::point<"sum">, at::conv2d<1, 1>, at::sigmoid, at::merge<at::subtract, "sum">, at::tanh,
                at::branches<at::divide, at::identity, chain_of<mean_of_columns, at::exponential>>,
                at::branches<at::minimum, at::identity, chain_of<at::global_max_pool2d, half>>,
                at::branches<at::subtract, mean_of_columns, mean_of_rows>,
                at::branches<at::maximum, at::identity, at::global_avg_pool2d>,
                at::branches<at::average, at::conv2d<1, 1>, at::identity, at::avg_pool2d<at::extent{5, 4}>>>;

/// Along time.
using steps_joined =
    at::network<at::input<7, 2>, at::conv1d<5, 3, at::causal>, at::tanh, at::point<"steps">, at::conv1d<1, 1>,
                at::sigmoid, at::merge<at::multiply, "steps">,
                at::branches<at::subtract, at::identity, chain_of<at::global_max_pool1d, at::dense<5>>>>;

/// Units of ShuffleNet v2.
using shuffle_unit =
    chain_of<at::split<-1, at::concatenate, at::identity,
                       chain_of<at::conv2d<6, 1>, at::relu, at::depthwise_conv2d<3, at::same>,
                                at::conv2d<6, 1>, at::relu>>,
             at::channel_shuffle<2>>;
using shuffled = at::network<at::input<5, 4, 3>, at::conv2d<12, 3, at::same>, at::relu, shuffle_unit,
                             shuffle_unit, at::global_avg_pool2d, at::dense<3>>;

/// Rows and columns, with and without convolutions that want zeros beside them.
using rows_apart = at::network<
    at::input<6, 4, 3>, at::conv2d<5, 3, at::same>, at::tanh, at::point<"x">,
    at::split<1, at::concatenate_along<1>, at::conv2d<5, 3, at::same>,
              chain_of<at::tanh, at::conv2d<5, 3, at::same>>>,
    at::merge<at::concatenate_along<2>, "x">, at::conv2d<4, 3, at::same>,
    at::branches<at::concatenate_along<-2>, chain_of<at::slice<2, 1, 4>, at::conv2d<4, 3, at::same>>,
                 at::slice<2, 5>, chain_of<at::reverse<2>, at::slice<-2, 0, at::to_the_end, 3>>>,
    at::slice<-1, 0, at::to_the_end, 3>>;

using other_orders =
    at::network<at::input<4, 5, 3>, at::conv2d<5, 3, at::same>, at::permute<3, 1, 2>, at::conv2d<2, 2>,
                at::tanh, at::reverse<2>, at::slice<1, 1, at::to_the_end, 2>, at::permute<2, 1, 3>,
                at::flatten_channels_first, at::dense<3>>;

using steps_apart = at::network<
    at::input<9, 2>, at::conv1d<7, 3, at::causal>, at::sigmoid,
    at::branches<at::concatenate,
                 at::branches<at::multiply, chain_of<at::slice<-1, 0, 3>, at::tanh>, at::slice<-1, 3, 4>>,
                 chain_of<at::slice<2, -3>, at::reverse<-1>>>,
    at::channel_shuffle<3>, at::conv1d<4, 2, at::causal>>;

/// Weights that repeat, and an input that does.
using own_operands = at::network<
    at::input<5, 4, 3>, at::conv2d<6, 3, at::same>, at::tanh, at::join_weights<at::multiply, at::shape{6}>,
    at::join_weights<at::add, at::shape{5, 4, 1}>, at::tanh,
    at::join_weights<at::maximum, at::shape{5, 1, 6}>, at::join_weights<at::subtract, at::shape{1}>,
    at::join_weights<at::average, at::shape{5, 4, 6}>, at::global_avg_pool2d,
    at::join_weights<at::multiply, at::shape{3, 1, 6}>, at::join_weights<at::minimum, at::shape{1, 2, 6}>,
    at::join_weights<at::divide, at::shape{3, 2, 1}>>;

}  // namespace networks
