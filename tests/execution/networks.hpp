// SPDX-License-Identifier: BSL-1.0
// The networks that the tests of this room share. make_references.py has the same ones in PyTorch.
#pragma once
#include <archetype/architecture.hpp>

namespace networks {
namespace at = archetype;

using swish = at::activation<[](auto x) { return x * sigmoid(x); }>;

using perceptron = at::network<at::input<7>, at::dense<9>, at::tanh, at::dense<6, at::no_bias>, at::sigmoid,
                               at::dense<4>, at::softmax>;
using last_axis = at::network<at::input<3, 2, 5>, at::dense<6, at::last_axis>, at::leaky_relu<0.2>,
                              at::dense<19, at::last_axis>, at::tanh, at::flatten, at::dense<4>>;
using time_axis =
    at::network<at::input<5, 3>, at::dense<4, at::last_axis>, at::elu<0.7>, at::flatten, at::dense<3>>;
using blocks =
    at::network<at::input<6>, at::repeat<2, at::named<"block", at::sequence<at::dense<6>, at::tanh>>>,
                at::named<"head", at::dense<3>>>;
using flattened = at::network<at::input<4, 3, 2>, at::flatten, at::dense<5>, at::relu, at::dense<2>>;
using pointwise = at::network<at::input<5>, at::tanh, swish, at::sigmoid>;

using same = at::network<at::input<7, 6, 2>, at::conv2d<5, 3, at::stride<2>, at::same>, at::relu,
                         at::conv2d<4, at::extent{3, 2}, at::same>, at::elu<>, at::global_avg_pool2d>;
using lopsided =
    at::network<at::input<6, 7, 3>,
                at::conv2d<4, at::extent{3, 2}, at::padding<1, 0, 2, 1>, at::dilation<2, 1>>, at::tanh,
                at::conv2d<5, 3, at::padding<1>>, at::conv2d<3, 3, at::padding<2, 1>, at::stride<2, 3>>>;
using grouped = at::network<at::input<5, 5, 4>, at::conv2d<8, 3, at::groups<2>, at::padding<1>>, at::sigmoid,
                            at::conv2d<8, 3, at::groups<8>, at::no_bias>, at::max_pool2d<2, at::stride<1>>,
                            at::conv2d<4, 1, at::groups<4>>>;
using wide = at::network<at::input<4, 4, 20>, at::conv2d<33, 3, at::padding<1>>, at::relu, at::conv2d<18, 1>,
                         at::global_avg_pool2d, at::dense<3>>;
using ends_in_convolution =
    at::network<at::input<5, 4, 2>, at::conv2d<3, 3, at::padding<1>>, at::conv2d<2, 3, at::padding<1>>>;

using max_pooled =
    at::network<at::input<9, 9, 3>, at::conv2d<4, 2>, at::relu, at::max_pool2d<2>,
                at::conv2d<6, 3, at::padding<1>>, at::max_pool2d<3, at::stride<2>, at::padding<1>>, at::tanh,
                at::avg_pool2d<2, at::stride<1>, at::padding<1>, at::exclude_padding>, at::flatten,
                at::dense<3>>;
using avg_pooled =
    at::network<at::input<8, 7, 2>, at::avg_pool2d<3, at::stride<2>, at::padding<1>, at::ceil_mode>,
                at::conv2d<3, 2, at::same>, at::avg_pool2d<2, at::same>, at::leaky_relu<>,
                at::avg_pool2d<at::extent{1, 2}>>;
using dilated_pool =
    at::network<at::input<8, 9, 3>, at::max_pool2d<2, at::stride<2>, at::dilation<2>, at::ceil_mode>,
                at::conv2d<5, 2>, at::sigmoid, at::global_max_pool2d, at::dense<4>>;
using same_pool = at::network<at::input<5, 7, 2>, at::conv2d<3, 3, at::padding<1>>,
                              at::max_pool2d<3, at::stride<2>, at::same>, at::flatten, at::dense<2>>;

using reshaped = at::network<at::input<12>, at::dense<32>, at::tanh, at::reshape<4, 4, 2>,
                             at::conv2d<3, 3, at::padding<1>>, at::relu, at::flatten, at::dense<5>>;
using reshaped_input = at::network<at::input<4, 4, 1>, at::reshape<2, 4, 2>, at::conv2d<3, 3, at::padding<1>>,
                                   at::reshape<4, 2, 3>, at::conv2d<2, 3, at::padding<1>>, at::tanh,
                                   at::reshape<16>, at::dense<3>>;
using custom = at::network<at::input<6, 6, 1>, at::conv2d<4, 3, at::padding<1>>, swish, at::avg_pool2d<2>,
                           at::conv2d<3, 2, at::padding<1>>, swish, at::flatten, at::dense<7>, swish,
                           at::dense<3>, at::softmax>;
using softmax_inside = at::network<at::input<4, 4, 3>, at::conv2d<5, 3, at::padding<1>>, at::softmax,
                                   at::conv2d<3, 2>, at::softmax>;
using chain = at::network<at::input<4, 5, 2>, at::conv2d<3, 2>, at::tanh, at::leaky_relu<>, swish, at::elu<>,
                          at::conv2d<2, 2>, swish, at::tanh>;

using normalized = at::network<at::input<5, 5, 3>, at::batch_norm<>, at::conv2d<4, 3, at::no_bias>,
                               at::batch_norm<at::epsilon<1e-5>>, at::relu, at::conv2d<3, 2, at::padding<1>>,
                               at::tanh, at::batch_norm<>, at::flatten, at::dense<6>, at::batch_norm<>,
                               at::leaky_relu<>, at::dense<3>>;
using normalized_late = at::network<at::input<4, 4, 2>, at::conv2d<3, 3, at::padding<1>>, at::batch_norm<>,
                                    at::conv2d<2, 3, at::padding<1>>, swish, at::batch_norm<>, at::sigmoid>;

using layer_normalized =
    at::network<at::input<5, 4, 3>, at::conv2d<6, 3, at::padding<1>>, at::layer_norm<at::epsilon<1e-5>>,
                at::relu, at::conv2d<21, 2>, at::tanh, at::layer_norm<>, at::conv2d<2, 3, at::padding<1>>,
                at::flatten, at::dense<20>, at::layer_norm<>, at::sigmoid, at::dense<3>>;
using maxed = at::network<at::input<7>, at::maxout<9, 3>, at::maxout<20, 2, at::no_bias>, at::tanh,
                          at::reshape<2, 2, 5>, at::conv2d<6, 2, at::same>, at::piece_max<2>,
                          at::conv2d<2, 3, at::padding<1>>, at::flatten, at::dense<4>, at::piece_max<2>>;
using kept = at::network<at::input<4, 3, 2>, at::original_dropout<0.25>, at::conv2d<5, 3, at::padding<1>>,
                         at::relu, at::original_dropout<0.5>, at::conv2d<3, 2>, at::original_dropout<0.125>,
                         at::flatten, at::dense<4>>;

using lenet = at::network<at::input<12, 12, 1>, at::conv2d<4, 3, at::padding<1>>, at::tanh, at::avg_pool2d<2>,
                          at::conv2d<6, 3>, at::tanh, at::max_pool2d<2>, at::flatten, at::dense<10>, at::relu,
                          at::dense<5>, at::softmax>;

template <class... Parts>
using chain_of = at::sequence<Parts...>;
using convolved = at::conv2d<8, 3, at::same, at::no_bias>;
using halved = at::conv2d<8, 3, at::stride<2>, at::padding<1>, at::no_bias>;
/// The blocks of ResNet: a shortcut that is projected, one that is not.
using residuals =
    at::network<at::input<8, 8, 3>, at::conv2d<4, 3, at::same>, at::batch_norm<>, at::relu,
                at::residual<chain_of<halved, at::batch_norm<>, at::relu, convolved, at::batch_norm<>>,
                             chain_of<at::conv2d<8, 1, at::stride<2>, at::no_bias>, at::batch_norm<>>>,
                at::relu,
                at::residual<chain_of<convolved, at::batch_norm<>, at::relu, convolved, at::batch_norm<>>>,
                at::relu, at::global_avg_pool2d, at::dense<3>, at::softmax>;
/// Branches of other widths, among them a pooling and what comes in; a concatenation right after.
using inception = at::network<
    at::input<7, 7, 3>, at::conv2d<5, 3>, at::relu,
    at::branches<at::concatenate, chain_of<at::conv2d<3, 1>, at::relu>,
                 chain_of<at::conv2d<2, 1>, at::relu, at::conv2d<5, 3, at::same>, at::relu>,
                 chain_of<at::max_pool2d<3, at::stride<1>, at::same>, at::conv2d<2, 1>>, at::identity>,
    at::tanh,
    at::branches<at::concatenate, at::conv2d<17, 1>, chain_of<at::conv2d<2, 3, at::same>, at::tanh>>,
    at::max_pool2d<2>, at::flatten, at::dense<4>>;
using grown = chain_of<at::batch_norm<>, at::relu, at::conv2d<3, 3, at::same>>;
/// A block of DenseNet: everything before goes into everything after.
using dense_block =
    at::network<at::input<5, 5, 3>, at::conv2d<4, 3, at::same>, at::point<"x">, grown,
                at::merge<at::concatenate, "x">, at::point<"x">, grown, at::merge<at::concatenate, "x">,
                at::point<"x">, grown, at::merge<at::concatenate, "x">, at::batch_norm<>, at::relu,
                at::conv2d<4, 1>, at::avg_pool2d<2>, at::flatten, at::dense<2>>;
/// Long skips: a sum, a product, a mean, a maximum.
using skips = at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::same>, at::relu, at::point<"e">,
                          at::conv2d<4, 3, at::same>, at::merge<at::multiply, "e">, at::tanh,
                          at::avg_pool2d<2>, at::point<"p">, at::conv2d<4, 1>, at::merge<at::maximum, "p">,
                          at::point<"q">, at::conv2d<4, 1>, at::relu, at::merge<at::average, "p", "q">,
                          at::merge<at::add, "p">, at::flatten, at::dense<3>>;
/// Parameters that are used twice.
using twins =
    at::network<at::input<6, 6, 3>, at::conv2d<3, 3, at::same>,
                at::shared<"pair", chain_of<at::conv2d<3, 3, at::same>, at::batch_norm<>>>, at::tanh,
                at::shared<"pair", chain_of<at::conv2d<3, 3, at::same>, at::batch_norm<>>>,
                at::residual<at::shared<"one", at::conv2d<3, 1>>>, at::shared<"one", at::conv2d<3, 1>>,
                at::flatten, at::dense<2>>;
using depthwise =
    at::network<at::input<9, 8, 3>, at::depthwise_conv2d<3, at::padding<1>, at::depth_multiplier<2>>,
                at::relu, at::depthwise_conv2d<at::extent{3, 2}, at::stride<2>, at::same, at::no_bias>,
                at::batch_norm<>, at::tanh, at::separable_conv2d<5, 3, at::padding<1>, at::dilation<1>>,
                at::max_pool2d<2>, at::spatially_separable_conv2d<4, 3, at::padding<2, 1>, at::stride<1, 2>>,
                at::flatten, at::dense<3>>;
using wide_depthwise = at::network<at::input<5, 6, 19>, at::depthwise_conv2d<3, at::depth_multiplier<2>>,
                                   at::tanh, at::depthwise_conv2d<2>, at::global_avg_pool2d, at::dense<2>>;
using transposed = at::network<
    at::input<3, 4, 2>,
    at::conv2d_transpose<5, 3, at::stride<2>, at::padding<1>, at::output_padding<1, 0>, at::no_bias>,
    at::batch_norm<>, at::relu, at::conv2d_transpose<3, at::extent{2, 3}, at::same, at::stride<2, 3>>,
    at::tanh, at::max_pool2d<2>, at::conv2d_transpose<4, 3, at::dilation<2>>, at::sigmoid,
    at::conv2d<2, 3, at::stride<2>>>;
using ends_transposed = at::network<at::input<5>, at::dense<12>, at::tanh, at::reshape<2, 3, 2>,
                                    at::conv2d_transpose<3, 4, at::stride<2>, at::padding<1>>, at::relu,
                                    at::conv2d_transpose<1, 2, at::stride<3>, at::padding<0, 1, 1, 0>>>;
using wide_transposed = at::network<at::input<3, 3, 20>, at::conv2d_transpose<18, 3, at::stride<2>>, at::relu,
                                    at::conv2d_transpose<33, 2>, at::global_avg_pool2d, at::dense<2>>;
using steps = at::network<at::input<13, 3>, at::conv1d<6, 3, at::causal, at::dilation<2>>, at::relu,
                          at::conv1d<4, 3, at::stride<2>, at::padding<2, 1>, at::groups<2>>, at::tanh,
                          at::max_pool1d<2>, at::depthwise_conv1d<2, at::depth_multiplier<2>, at::same>,
                          at::batch_norm<>, at::sigmoid, at::avg_pool1d<2, at::stride<1>, at::padding<1, 0>>,
                          at::upsampling1d<2>, at::zero_padding1d<1, 2>, at::cropping1d<0, 1>,
                          at::conv1d<5, 2>, at::global_max_pool1d, at::dense<3>>;
using steps_averaged =
    at::network<at::input<7, 2>, at::conv1d<3, 2, at::same>, at::elu<>, at::global_avg_pool1d>;
template <std::size_t Words>
using found = chain_of<at::conv1d<5, Words>, at::relu, at::global_max_pool1d>;
using parallel_widths =
    at::network<at::input<9, 4>, at::branches<at::concatenate, found<3>, found<4>, found<5>>, at::dense<2>>;
using resized = at::network<at::input<4, 5, 3>, at::conv2d<4, 3, at::same>, at::relu, at::upsampling2d<2>,
                            at::tanh, at::zero_padding2d<1, 0, 2, 1>, at::sigmoid, at::conv2d<3, 3>,
                            at::upsampling2d<at::extent{2, 3}, at::bilinear>, at::cropping2d<1, 2>, at::elu<>,
                            at::conv2d<2, 2, at::stride<3>>>;
using responses = at::network<at::input<5, 4, 7>, at::local_response_norm<5, 0.5, 0.75, 2.0>,
                              at::conv2d<21, 2>, at::local_response_norm<4, 1.0>, at::relu, at::conv2d<3, 1>,
                              at::l2_pool2d<2, at::stride<1>>, at::tanh, at::flatten, at::dense<2>>;
using connected = at::network<at::input<12, 12, 1>, at::conv2d<6, 3>, at::subsampling2d<2>, at::sigmoid,
                              at::conv2d_table<3, at::lenet5_connections, at::padding<1>>, at::batch_norm<>,
                              at::tanh, at::l2_pool2d<2>, at::flatten, at::dense<3>>;
using connected_twice =
    at::network<at::input<6, 5, 6>, at::conv2d_table<at::extent{2, 3}, at::lenet5_connections, at::no_bias>,
                at::relu, at::max_pool2d<2>, at::flatten, at::dense<2>>;

/// Two inputs and a side output.
using several =
    at::network<at::named<"image", at::input<6, 6, 2>>, at::conv2d<3, 3, at::same>, at::relu,
                at::global_avg_pool2d, at::point<"seen">, at::named<"numbers", at::input<4>>, at::dense<5>,
                at::tanh, at::merge<at::concatenate, "seen">,
                at::side_output<"aux", at::dense<2>, at::softmax>, at::dense<3>, at::merge<at::add, "seen">>;

}  // namespace networks
