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
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::layer_norm<at::axes<0, 1, 2>>,
                at::relu, at::conv2d<19, 2, at::padding<1>>, at::layer_norm<at::axes<-2, -1>, at::no_center>,
                at::tanh, at::conv2d<5, 2>, at::layer_norm<at::axes<0>>, at::conv2d<4, 2>,
                at::layer_norm<at::axes<1, 0>>, at::conv2d<3, 1>,
                at::layer_norm<at::axes<2, 0>, at::no_scale>, at::reshape<4, 9>, at::layer_norm<at::axes<0>>,
                at::flatten, at::dense<3>>;
using root_mean_squares =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::rms_norm<>, at::relu,
                at::conv2d<19, 2>, at::tanh, at::rms_norm<at::epsilon<1e-2>>, at::flatten, at::dense<6>,
                at::rms_norm<at::no_scale>, at::layer_norm<at::no_center, at::no_scale>, at::dense<3>>;

}  // namespace networks
