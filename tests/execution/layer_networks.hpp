// SPDX-License-Identifier: BSL-1.0
// Networks of further layers, one group of them for each test file. make_layer_references.py has the same ones in PyTorch.
#pragma once
#include "networks.hpp"

namespace networks {

using slopes =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::prelu<>, at::conv2d<5, 2>,
                at::prelu<at::one_slope>, at::conv2d<3, 3, at::padding<1>>, at::prelu<at::slope_per_element>,
                at::flatten, at::dense<19>, at::prelu<at::initial_slope<0.25>>, at::dense<3>>;
using gates = at::network<at::input<5, 4, 3>, at::conv2d<10, 3, at::padding<1>>, at::glu, at::tanh,
                          at::conv2d<38, 2, at::padding<1>>, at::swiglu, at::conv2d<4, 3>, at::geglu,
                          at::flatten, at::dense<6>, at::glu, at::dense<4>>;
using log_softmaxes = at::network<at::input<4, 4, 3>, at::conv2d<5, 3, at::padding<1>>, at::log_softmax,
                                  at::conv2d<3, 2>, at::flatten, at::dense<19>, at::log_softmax>;

/// Batch norms that are folded or steps of their own, without one tensor or both.
using affine =
    at::network<at::input<5, 5, 3>, at::batch_norm<at::no_scale>, at::conv2d<4, 3, at::no_bias>,
                at::batch_norm<at::no_center, at::epsilon<1e-5>>, at::relu, at::conv2d<3, 2, at::padding<1>>,
                at::tanh, at::batch_norm<at::no_center, at::no_scale>, at::flatten, at::dense<6>,
                at::batch_norm<at::no_scale>, at::leaky_relu<>, at::dense<3>>;
using sample_norms =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::group_norm<3>, at::relu,
                at::conv2d<20, 2, at::padding<1>>, at::group_norm<2, at::epsilon<1e-5>, at::no_center>,
                at::tanh, at::conv2d<5, 2>, at::instance_norm<>, at::conv2d<4, 2>,
                at::instance_norm<at::no_center, at::no_scale, at::epsilon<1e-2>>, at::flatten, at::dense<18>,
                at::group_norm<3, at::no_scale>, at::dense<3>>;
using normalized_axes =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::layer_norm<at::axes<1, 2, 3>>,
                at::relu, at::conv2d<19, 2, at::padding<1>>, at::layer_norm<at::axes<-2, -1>, at::no_center>,
                at::tanh, at::conv2d<5, 2>, at::layer_norm<at::axes<1>>, at::conv2d<4, 2>,
                at::layer_norm<at::axes<2, 1>>, at::conv2d<3, 1>,
                at::layer_norm<at::axes<3, 1>, at::no_scale>, at::reshape<4, 9>, at::layer_norm<at::axes<1>>,
                at::flatten, at::dense<3>>;
using root_mean_squares =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::rms_norm<>, at::relu,
                at::conv2d<19, 2>, at::tanh, at::rms_norm<at::epsilon<1e-2>>, at::flatten, at::dense<6>,
                at::rms_norm<at::no_scale>, at::layer_norm<at::no_center, at::no_scale>, at::dense<3>>;

using squared_axes =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::rms_norm<at::axes<1, 2, 3>>,
                at::relu, at::conv2d<19, 2, at::padding<1>>, at::rms_norm<at::axes<-2, -1>>, at::tanh,
                at::conv2d<5, 2>, at::rms_norm<at::axes<1>, at::epsilon<1e-2>>, at::conv2d<4, 2>,
                at::rms_norm<at::axes<2, 1>>, at::conv2d<3, 1>, at::rms_norm<at::axes<3, 1>, at::no_scale>,
                at::reshape<4, 9>, at::rms_norm<at::axes<1>>, at::flatten, at::dense<3>>;

using padded = at::network<at::input<4, 5, 3>, at::reflection_pad2d<1, 0, 2, 1>, at::conv2d<4, 3>,
                           at::replication_pad2d<2, 1>, at::tanh, at::conv2d<19, 2, at::same_lower>,
                           at::circular_pad2d<1>, at::conv2d<3, 3, at::stride<2>, at::same_lower>,
                           at::constant_pad2d<0.75, 1, 0, 0, 2>, at::channel_padding<1, 2, -0.5>,
                           at::max_pool2d<2, at::stride<1>, at::same_lower>, at::flatten, at::dense<3>>;
using padded_steps = at::network<at::input<7, 2>, at::reflection_pad1d<3, 2>, at::conv1d<4, 3>,
                                 at::replication_pad1d<2>, at::tanh, at::conv1d<3, 2, at::same_lower>,
                                 at::circular_pad1d<0, 3>, at::constant_pad1d<-0.5, 1, 2>,
                                 at::conv1d<2, 3, at::stride<3>, at::same_lower>, at::flatten, at::dense<2>>;
using any_size =
    at::network<at::input<4, 5, 3>, at::resize2d<at::extent{7, 3}, at::bilinear>, at::conv2d<4, 2>,
                at::resize2d<9, at::bilinear, at::coordinates<at::coordinate_rule::align_corners>>, at::tanh,
                at::resize2d<at::extent{5, 7}>, at::conv2d<17, 2>,
                at::resize2d<at::extent{7, 4}, at::coordinates<at::coordinate_rule::asymmetric>,
                             at::nearest<at::nearest_rule::floor>>,
                at::conv2d<3, 2>, at::rescale2d<1.6, 2.5, at::bilinear>, at::conv2d<2, 3, at::stride<3>>,
                at::reshape<6, 2>, at::resize1d<9, at::bilinear>, at::conv1d<3, 2>, at::resize1d<5>,
                at::flatten, at::dense<3>>;
using cubic = at::network<at::input<4, 5, 3>, at::resize2d<at::extent{7, 3}, at::bicubic<>>, at::conv2d<4, 2>,
                          at::resize2d<9, at::bicubic<>, at::coordinates<at::coordinate_rule::align_corners>>,
                          at::tanh, at::conv2d<2, 3, at::stride<2>>, at::rescale2d<1.6, 2.5, at::bicubic<>>,
                          at::conv2d<2, 3, at::stride<3>>, at::flatten, at::dense<3>>;
using adaptive = at::network<at::input<9, 7, 3>, at::conv2d<5, 3, at::padding<1>>,
                             at::adaptive_avg_pool2d<at::extent{4, 6}>, at::relu, at::conv2d<18, 2>, at::tanh,
                             at::adaptive_max_pool2d<at::extent{2, 4}>, at::conv2d<4, 1>,
                             at::adaptive_avg_pool2d<3>, at::reshape<12, 3>, at::adaptive_max_pool1d<5>,
                             at::conv1d<4, 2>, at::adaptive_avg_pool1d<3>, at::flatten, at::dense<3>>;
using reduced = at::network<
    at::input<6, 5, 4>, at::conv2d<6, 3, at::padding<1>>,
    at::branches<
        at::concatenate, at::sequence<at::reduce_mean<1>, at::tanh, at::flatten, at::dense<3>>,
        at::sequence<at::reduce_max<1>, at::flatten, at::dense<3>>,
        at::sequence<at::reduce_mean<2>, at::sigmoid, at::conv1d<2, 3, at::same>, at::flatten, at::dense<3>>,
        at::sequence<at::reduce_max<2>, at::conv1d<18, 3, at::same>, at::reduce_mean<1>, at::dense<3>>,
        at::sequence<at::reduce_mean<-1>, at::conv1d<2, 3, at::same>, at::reduce_max<-1>, at::dense<3>>,
        at::sequence<at::reduce_max<3>, at::tanh, at::conv1d<2, 3, at::same>, at::reduce_max<1>,
                     at::dense<3>>,
        at::sequence<at::flatten, at::dense<5>, at::reduce_mean<1>>>,
    at::dense<3>>;
using moved_pixels =
    at::network<at::input<4, 3, 2>, at::conv2d<12, 3, at::padding<1>>, at::pixel_shuffle<2>, at::tanh,
                at::conv2d<19, 3, at::padding<1>>, at::space_to_depth<2>, at::conv2d<18, 2>,
                at::depth_to_space<3>, at::relu, at::conv2d<2, 2, at::padding<2, 0, 1, 0>>,
                at::pixel_unshuffle<2>, at::flatten, at::dense<3>>;

using transposed_groups =
    at::network<at::input<3, 4, 4>,
                at::conv2d_transpose<6, 3, at::stride<2>, at::groups<2>, at::padding<1>,
                                     at::output_padding<1>, at::no_bias>,
                at::batch_norm<>, at::relu,
                at::conv2d_transpose<6, at::extent{2, 3}, at::groups<6>, at::stride<1, 2>, at::same>,
                at::tanh, at::conv2d<8, 3, at::stride<2>>,
                at::conv2d_transpose<24, 3, at::groups<8>, at::dilation<2>, at::same_lower>, at::sigmoid,
                at::conv2d_transpose<36, 3, at::stride<2>, at::groups<12>, at::same, at::output_padding<1>>,
                at::conv2d<2, 3, at::stride<2>>>;
using transposed_steps =
    at::network<at::input<5, 4>, at::conv1d_transpose<6, 4, at::stride<2>, at::padding<1, 0>>, at::relu,
                at::conv1d_transpose<6, 3, at::groups<3>, at::stride<2>, at::same>, at::tanh,
                at::conv1d<18, 3, at::stride<2>>,
                at::conv1d_transpose<18, 3, at::groups<18>, at::dilation<2>, at::no_bias>, at::batch_norm<>,
                at::sigmoid, at::conv1d_transpose<3, 5, at::stride<3>, at::output_padding<2>, at::padding<2>>,
                at::flatten, at::dense<2>>;

}  // namespace networks
