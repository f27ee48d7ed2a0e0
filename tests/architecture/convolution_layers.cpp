// SPDX-License-Identifier: BSL-1.0
// Shapes, counts and names of the layers that are convolutions of some sort, and of those that resize.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <class Layer, std::size_t... Extents>
using on = at::network<at::input<Extents...>, Layer>;

// FL-03: O = floor((W - D(F-1) - 1 + P) / S) + 1 along a sequence; causal keeps the length.
static_assert(at::output_shape<on<at::conv1d<1, 3, at::dilation<2>>, 6, 1>> == at::shape{2, 1});
static_assert(at::output_shape<on<at::conv1d<5, 2, at::causal, at::dilation<8>>, 10, 3>> == at::shape{10, 5});
static_assert(at::output_shape<on<at::conv1d<5, 2, at::dilation<8>>, 10, 3>> == at::shape{2, 5});
static_assert(at::conv1d<5, 2, at::causal, at::dilation<8>>::history == 8);
static_assert(at::output_shape<on<at::conv1d<5, 3, at::causal, at::stride<3>>, 10, 3>> == at::shape{4, 5});
static_assert(at::output_shape<on<at::conv1d<5, 4, at::padding<3, 0>>, 10, 3>> == at::shape{10, 5});
static_assert(at::parameter_count<on<at::conv1d<6, 4, at::groups<3>>, 10, 3>> == 6 * 4 + 6);
static_assert(at::multiply_accumulate_count<on<at::conv1d<6, 4>, 10, 3>> == 7 * 6 * 4 * 3);
static_assert(at::parameter_count<on<at::depthwise_conv1d<4, at::depth_multiplier<2>>, 10, 3>> == 6 * 5);
static_assert(at::output_shape<on<at::max_pool1d<3, at::stride<2>, at::padding<1>>, 10, 3>> ==
              at::shape{5, 3});
static_assert(at::output_shape<on<at::avg_pool1d<4, at::same>, 10, 3>> == at::shape{3, 3});
static_assert(at::output_shape<on<at::global_max_pool1d, 10, 3>> == at::shape{3});

// FL-06: O = (W - 1) S - 2 P + D(F-1) + 1 + output padding.
template <class... Options>
using sixteen = on<at::conv2d_transpose<1, 16, at::stride<8>, Options...>, 46, 62, 1>;
static_assert(at::output_shape<sixteen<at::padding<8>>> == at::shape{360, 488, 1});
static_assert(at::output_shape<sixteen<at::padding<8>, at::output_padding<7, 1>>> == at::shape{367, 489, 1});
static_assert(at::output_shape<sixteen<at::padding<4, 8>, at::output_padding<0, 1>>> ==
              at::shape{368, 489, 1});
static_assert(at::output_shape<sixteen<at::same>> == at::shape{368, 496, 1});
static_assert(at::fault_of<sixteen<at::padding<8>, at::output_padding<8, 1>>>.broken ==
              at::rule::output_padding_reaches_the_stride);
static_assert(at::output_shape<on<at::conv2d_transpose<1, 3>, 3, 3, 1>> == at::shape{5, 5, 1});
static_assert(at::output_shape<on<at::conv2d_transpose<1, 3>, 2, 2, 1>> == at::shape{4, 4, 1});
static_assert(at::fault_of<on<at::conv2d_transpose<1, 3, at::output_padding<1>>, 3, 3, 1>>.broken ==
              at::rule::output_padding_reaches_the_stride);
// Below the dilation it is allowed.
static_assert(
    at::output_shape<on<at::conv2d_transpose<1, 3, at::dilation<2>, at::output_padding<1>>, 3, 3, 1>> ==
    at::shape{8, 8, 1});
using transposed = on<at::conv2d_transpose<5, at::extent{2, 3}>, 4, 6, 7>;
static_assert(at::parameter_count<transposed> == 2 * 3 * 7 * 5 + 5);
static_assert(at::multiply_accumulate_count<transposed> == 4 * 6 * 7 * 2 * 3 * 5);
// It undoes the shape of the convolution that it turns around.
static_assert(
    at::output_shape<
        at::network<at::input<13, 10, 1>, at::conv2d<1, 4, at::stride<3>, at::padding<1>>,
                    at::conv2d_transpose<1, 4, at::stride<3>, at::padding<1>, at::output_padding<2, 2>>>> ==
    at::shape{13, 10, 1});

// FL-07 (a): one bias at the end; against two layers with one each. 7 x 7 x 3 -> 5 x 5 x 128, and 9 -> 6 weights.
using separable = on<at::separable_conv2d<100, 5>, 416, 416, 10>;
static_assert(at::parameter_count<separable> == 1'350);
static_assert(at::parameter_count<separable, "separable_conv2d/depthwise_conv2d"> == 250);
static_assert(at::parameter_count<separable, "separable_conv2d/conv2d"> == 1'100);
static_assert(
    at::parameter_count<at::network<at::input<416, 416, 10>, at::depthwise_conv2d<5>, at::conv2d<100, 1>>> ==
    1'360);
using notes = on<at::separable_conv2d<128, 3, at::no_bias>, 7, 7, 3>;
static_assert(at::output_shape<notes> == at::shape{5, 5, 128} &&
              at::parameter_count<notes> == 3 * 9 + 3 * 128);
static_assert(at::parameter_count<on<at::spatially_separable_conv2d<1, 3, at::no_bias>, 9, 9, 1>> == 6);
using spatial =
    on<at::spatially_separable_conv2d<4, at::extent{5, 3}, at::stride<2, 3>, at::padding<1, 2, 0, 3>>, 9, 9,
       2>;
static_assert(at::output_shape<spatial> == at::shape{4, 4, 4});
static_assert(at::parameter_count<spatial> == 5 * 2 * 4 + 3 * 4 * 4 + 4);
static_assert(
    at::parameter_count<on<at::depthwise_conv2d<3, at::depth_multiplier<4>, at::no_bias>, 9, 9, 8>> == 288);
static_assert(at::multiply_accumulate_count<on<at::depthwise_conv2d<3, at::depth_multiplier<4>>, 9, 9, 8>> ==
              7 * 7 * 32 * 9);

// FL-17: LeNet-5 of 1998 (as it is built today: counts.cpp).
using lenet5_1998 =
    at::network<at::input<32, 32, 1>, at::named<"c1", at::conv2d<6, 5>>,
                at::named<"s2", at::subsampling2d<2>>, at::tanh,
                at::named<"c3", at::conv2d_table<5, at::lenet5_connections>>,
                at::named<"s4", at::subsampling2d<2>>, at::tanh, at::named<"c5", at::conv2d<120, 5>>,
                at::tanh, at::flatten, at::named<"f6", at::dense<84>>, at::tanh>;
static_assert(at::lenet5_connections.connections() == 60);
static_assert(at::parameter_count<lenet5_1998, "c1"> == 156 && at::parameter_count<lenet5_1998, "s2"> == 12);
static_assert(at::parameter_count<lenet5_1998, "c3"> == 1'516 &&
              at::parameter_count<lenet5_1998, "s4"> == 32);
static_assert(at::parameter_count<lenet5_1998, "c5"> == 48'120 &&
              at::parameter_count<lenet5_1998, "f6"> == 10'164);
static_assert(at::parameter_count<lenet5_1998> == 60'000);
static_assert(at::multiply_accumulate_count<lenet5_1998, "c3"> == 100 * 60 * 25);
// Six maps see 3 inputs, nine see 4, one sees 6.
static_assert([] {
    std::size_t filters_with[7]{};
    for (std::size_t f = 0; f < 16; ++f) {
        std::size_t seen = 0;
        for (std::size_t c = 0; c < 6; ++c) seen += at::lenet5_connections.connected[c][f];
        ++filters_with[seen];
    }
    return filters_with[3] == 6 && filters_with[4] == 9 && filters_with[6] == 1;
}());

static_assert(at::output_shape<on<at::upsampling2d<at::extent{2, 3}>, 4, 5, 6>> == at::shape{8, 15, 6});
static_assert(at::output_shape<on<at::zero_padding2d<1, 2>, 4, 5, 6>> == at::shape{6, 9, 6});
static_assert(at::output_shape<on<at::cropping2d<1, 2, 0, 3>, 4, 5, 6>> == at::shape{1, 2, 6});
static_assert(at::output_shape<on<at::zero_padding1d<1, 2>, 4, 5>> == at::shape{7, 5});
static_assert(at::output_shape<on<at::cropping1d<1, 2>, 4, 5>> == at::shape{1, 5});
static_assert(at::output_shape<on<at::upsampling1d<3>, 4, 5>> == at::shape{12, 5});
static_assert(at::output_shape<on<at::l2_pool2d<2>, 5, 4, 6>> == at::shape{2, 2, 6});

}  // namespace

TEST_CASE("a separable convolution is a part with two layers", "[architecture]") {
    using net = at::network<at::input<9, 9, 4>, at::separable_conv2d<8, 3>, at::relu,
                            at::named<"exit", at::separable_conv2d<8, 3, at::depth_multiplier<2>>>>;
    CHECK(at::layer_count<net> == 5);
    CHECK(at::layer_count<net, "separable_conv2d"> == 2);
    CHECK(at::parameter_count<net, "exit/separable_conv2d/depthwise_conv2d"> == 9 * 16);
    CHECK(at::output_shape<net, "exit"> == at::shape{5, 5, 8});
}

TEST_CASE("each option of a layer that resizes is part of the fingerprint", "[architecture]") {
    const auto variant = []<class Layer>(Layer) {
        return at::facts_of<at::network<at::input<8, 8, 4>, Layer>>.nodes[0].variant;
    };
    CHECK(variant(at::zero_padding2d<1, 0, 2, 0>{}) != variant(at::zero_padding2d<0, 1, 2, 0>{}));
    CHECK(variant(at::upsampling2d<2>{}) != variant(at::upsampling2d<2, at::bilinear>{}));
    CHECK(variant(at::local_response_norm<5>{}) != variant(at::local_response_norm<5, 1e-3>{}));
    CHECK(variant(at::conv2d_transpose<2, 4, at::padding<1, 0, 0, 0>>{}) !=
          variant(at::conv2d_transpose<2, 4, at::padding<0, 1, 0, 0>>{}));
    constexpr at::connection_table<4, 2> one{{{true, false}, {true, false}, {false, true}, {false, true}}};
    constexpr at::connection_table<4, 2> other{{{false, true}, {true, false}, {true, false}, {false, true}}};
    CHECK(variant(at::conv2d_table<3, one>{}) != variant(at::conv2d_table<3, other>{}));
}
