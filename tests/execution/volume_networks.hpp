// SPDX-License-Identifier: BSL-1.0
// Networks of volumes {depth, height, width, channels}: what make_volume_references.py has, too.
#pragma once
#include "networks.hpp"

namespace networks {
namespace at = archetype;

/// Kernels, strides, paddings and dilations that differ along each axis, groups, a channel each, poolings that overlap.
using volumes = at::network<
    at::input<5, 6, 7, 2>, at::conv3d<4, at::volume{3, 2, 3}, at::stride<1, 2, 1>, at::padding<1, 0, 1>>,
    at::batch_norm<>, at::relu, at::max_pool3d<2, at::stride<1>>, at::tanh,
    at::residual<at::sequence<at::conv3d<4, 3, at::same, at::groups<2>, at::no_bias>, at::tanh>>,
    at::branches<at::concatenate, at::conv3d<3, 1>,
                 at::conv3d<4, 3, at::padding<2, 2, 1, 1, 3, 1>, at::dilation<2, 1, 2>, at::groups<4>>>,
    at::point<"all">, at::global_avg_pool3d, at::dense<7>, at::sigmoid, at::merge<at::multiply, "all">,
    at::avg_pool3d<at::volume{2, 1, 3}, at::stride<2, 1, 2>, at::padding<1, 0, 1>>, at::conv3d<2, 1>>;

/// Columns alone, the maxima of everything, a rounding up, strides along all axes.
using more_volumes =
    at::network<at::input<4, 5, 6, 3>, at::conv3d<5, at::volume{1, 1, 3}>, at::tanh,
                at::branches<at::concatenate_along<1>, at::conv3d<4, 2, at::stride<2>, at::padding<0, 1, 1>>,
                             at::conv3d<4, at::volume{4, 3, 2}, at::stride<1, 2, 2>, at::padding<0, 1, 1>>>,
                at::max_pool3d<2, at::ceil_mode, at::stride<1, 2, 1>>,
                at::branches<at::concatenate, at::flatten, at::global_max_pool3d>, at::dense<3>>;

/// Parts of channels: where they lie, apart, backwards, of the input and of a result.
using parts_of_volumes =
    at::network<at::input<2, 3, 4, 6>,
                at::branches<at::add, at::slice<-1, 1, 4>, at::chunk<-1, 1, 2>, at::slice<4, 0, 6, 2>,
                             at::sequence<at::reverse<-1>, at::slice<-1, 0, 3>>,
                             at::sequence<at::conv3d<3, 2, at::same>, at::tanh>>,
                at::conv3d<4, at::volume{1, 2, 2}>,
                at::branches<at::multiply, at::chunk<-1, 0, 2>, at::slice<-1, 2>>, at::flatten, at::dense<2>>;

}  // namespace networks
