// SPDX-License-Identifier: BSL-1.0
// Parameter counts, output sizes and multiply-accumulates of published networks. Everything is a static_assert: the test
// passes by compiling.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

using lenet5 = at::network<at::input<32, 32, 1>, at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>,
                           at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<120>,
                           at::tanh, at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
static_assert(at::input_shape<lenet5> == at::shape{32, 32, 1});
static_assert(at::output_shape<lenet5> == at::shape{10});
static_assert(at::layer_count<lenet5> == 13);
static_assert(at::parameter_count<lenet5> == 61'706);
static_assert(at::non_trainable_count<lenet5> == 0);
static_assert(at::total_count<lenet5> == 61'706);
static_assert(at::weight_bytes<lenet5> == 4 * 61'706);
static_assert(at::multiply_accumulate_count<lenet5> == 416'520);
// 2 per multiply-accumulate; bias and tanh once per element, pooling once per cell read, softmax three per element.
static_assert(at::flop_count<lenet5> ==
              2 * 416'520 + 2 * (4'704 + 1'600 + 120 + 84) + 4'704 + 1'600 + 10 + 30);
static_assert(at::parameter_count<lenet5, "conv2d"> == 156);
static_assert(at::parameter_count<lenet5, "conv2d_1"> == 2'416);
static_assert(at::parameter_count<lenet5, "dense"> == 48'120);
static_assert(at::parameter_count<lenet5, "dense_2"> == 850);
static_assert(at::output_shape<lenet5, "conv2d"> == at::shape{28, 28, 6});
static_assert(at::output_shape<lenet5, "avg_pool2d"> == at::shape{14, 14, 6});
static_assert(at::output_shape<lenet5, "avg_pool2d_1"> == at::shape{5, 5, 16});
static_assert(at::multiply_accumulate_count<lenet5, "conv2d"> == 28 * 28 * 6 * 25);
static_assert(at::multiply_accumulate_count<lenet5, "conv2d_1"> == 10 * 10 * 16 * 150);
static_assert(at::facts_of<lenet5>.nodes[3].count(true) == 2'416);
static_assert(at::receptive_field_of<lenet5, "conv2d"> == at::receptive_field{5, 5, 1, 1});
static_assert(at::receptive_field_of<lenet5, "avg_pool2d"> == at::receptive_field{6, 6, 2, 2});
static_assert(at::receptive_field_of<lenet5, "conv2d_1"> == at::receptive_field{14, 14, 2, 2});
static_assert(at::receptive_field_of<lenet5, "avg_pool2d_1"> == at::receptive_field{16, 16, 4, 4});
static_assert(at::receptive_field_of<lenet5, "dense"> == at::receptive_field{32, 32, 32, 32});
static_assert(at::share_of<lenet5, "dense">.parameters > 0.958 &&
              at::share_of<lenet5, "dense">.parameters < 0.959);
static_assert(at::share_of<lenet5, "conv2d">.multiply_accumulates > 0.858 &&
              at::share_of<lenet5, "conv2d">.multiply_accumulates < 0.859);

// Curriculum: 96 filters 11 x 11 over RGB.
using first_of_alexnet = at::network<at::input<227, 227, 3>, at::conv2d<96, 11, at::stride<4>>>;
static_assert(at::parameter_count<first_of_alexnet> == 34'944);
static_assert(at::output_shape<first_of_alexnet> == at::shape{55, 55, 96});

// Curriculum: the notes' Keras model, Conv 64, Conv 32, Dense 10 on 28 x 28 x 1.
using keras_model = at::network<at::input<28, 28, 1>, at::conv2d<64, 3>, at::relu, at::conv2d<32, 3>,
                                at::relu, at::flatten, at::dense<10>, at::softmax>;
static_assert(at::parameter_count<keras_model> == 203'434);

// FL-07 (b): groups.
template <class... Options>
using grouped = at::network<at::input<16, 16, 32>, at::conv2d<32, 3, at::no_bias, Options...>>;
static_assert(at::parameter_count<grouped<at::groups<32>>> == 288);
static_assert(at::parameter_count<grouped<at::groups<16>>> == 576);
static_assert(at::parameter_count<grouped<>> == 9'216);
// FL-07 (a): depthwise, then 1 x 1, each with a bias.
using separable = at::network<at::input<416, 416, 10>, at::conv2d<10, 5, at::groups<10>>, at::conv2d<100, 1>>;
static_assert(at::parameter_count<separable> == 1'360);

// FL-08: batch norm counts three ways.
using normalized = at::network<at::input<4096>, at::dense<512>, at::batch_norm<>, at::dense<80>>;
static_assert(at::total_count<normalized> == 2'140'752);
static_assert(at::parameter_count<normalized> == 2'139'728);
static_assert(at::non_trainable_count<normalized> == 1'024);
static_assert(at::total_count<normalized, "batch_norm"> == 2'048);

// Maxout: pieces * units * (inputs + 1); normalization of a layer: two for each channel.
using two_pieces =
    at::network<at::input<30>, at::maxout<5, 2>, at::layer_norm<>, at::maxout<4, 3, at::no_bias>>;
static_assert(at::parameter_count<two_pieces> == 2 * 5 * 31 + 2 * 5 + 3 * 4 * 5);
static_assert(at::non_trainable_count<two_pieces> == 0);
static_assert(at::output_shape<two_pieces> == at::shape{4});

// FL-16: AlexNet as people build it.
template <std::size_t A, std::size_t B, std::size_t C, std::size_t D, std::size_t E, class Padding,
          class... Grouped>
using alexnet =
    at::network<at::input<224, 224, 3>, at::conv2d<A, 11, at::stride<4>, Padding>, at::relu,
                at::max_pool2d<3, at::stride<2>>, at::conv2d<B, 5, at::padding<2>, Grouped...>, at::relu,
                at::max_pool2d<3, at::stride<2>>, at::conv2d<C, 3, at::padding<1>>, at::relu,
                at::conv2d<D, 3, at::padding<1>, Grouped...>, at::relu,
                at::conv2d<E, 3, at::padding<1>, Grouped...>, at::relu, at::max_pool2d<3, at::stride<2>>,
                at::flatten, at::dense<4096>, at::relu, at::dense<4096>, at::relu, at::dense<1000>>;
using alexnet_a = alexnet<96, 256, 384, 384, 256, at::padding<0>>;
static_assert(at::parameter_count<alexnet_a> == 50'844'008);
static_assert(at::output_shape<alexnet_a, "conv2d"> == at::shape{54, 54, 96});
static_assert(at::output_shape<alexnet_a, "max_pool2d_1"> == at::shape{12, 12, 256});
static_assert(at::output_shape<alexnet_a, "flatten"> == at::shape{6'400});
using alexnet_b = alexnet<96, 256, 384, 384, 256, at::padding<2>>;
static_assert(at::parameter_count<alexnet_b> == 62'378'344);
static_assert(at::output_shape<alexnet_b, "conv2d"> == at::shape{55, 55, 96});
static_assert(at::output_shape<alexnet_b, "max_pool2d_2"> == at::shape{6, 6, 256});
static_assert(at::parameter_count<alexnet<96, 256, 384, 384, 256, at::padding<2>, at::groups<2>>> ==
              60'965'224);
static_assert(at::parameter_count<alexnet<64, 192, 384, 256, 256, at::padding<2>>> == 61'100'840);
// (e) no last pool, no flatten: dense on the last axis, as Keras does unasked.
using alexnet_e = at::network<at::input<224, 224, 3>, at::conv2d<96, 11, at::stride<4>, at::padding<2>>,
                              at::max_pool2d<3, at::stride<2>>, at::conv2d<256, 5, at::padding<2>>,
                              at::max_pool2d<3, at::stride<2>>, at::conv2d<384, 3, at::padding<1>>,
                              at::conv2d<384, 3, at::padding<1>>, at::conv2d<256, 3, at::padding<1>>,
                              at::dense<4096, at::last_axis>, at::dense<4096, at::last_axis>,
                              at::dense<1000, at::last_axis>>;
static_assert(at::parameter_count<alexnet_e> == 25'678'184);
static_assert(at::output_shape<alexnet_e> == at::shape{13, 13, 1000});

// FL-16 (f): the VGG family.
template <std::size_t Filters, std::size_t Kernel = 3>
using vgg_layer = at::sequence<at::conv2d<Filters, Kernel, at::padding<Kernel / 2>>, at::relu>;
template <std::size_t Filters, std::size_t Layers>
using vgg_block = at::sequence<at::repeat<Layers, vgg_layer<Filters>>, at::max_pool2d<2>>;
template <class... Blocks>
using vgg = at::network<at::input<224, 224, 3>, Blocks..., at::flatten, at::dense<4096>, at::relu,
                        at::dense<4096>, at::relu, at::dense<1000>>;
template <std::size_t... Layers>
using vgg_of =
    vgg<vgg_block<64, std::get<0>(std::array{Layers...})>, vgg_block<128, std::get<1>(std::array{Layers...})>,
        vgg_block<256, std::get<2>(std::array{Layers...})>,
        vgg_block<512, std::get<3>(std::array{Layers...})>,
        vgg_block<512, std::get<4>(std::array{Layers...})>>;
static_assert(at::parameter_count<vgg_of<1, 1, 2, 2, 2>> == 132'863'336);
static_assert(at::parameter_count<vgg_of<2, 2, 2, 2, 2>> == 133'047'848);
static_assert(at::parameter_count<vgg_of<2, 2, 3, 3, 3>> == 138'357'544);
static_assert(at::parameter_count<vgg_of<2, 2, 2, 3, 3>> == 137'767'464);  // one convolution lost
static_assert(at::parameter_count<vgg_of<2, 2, 4, 4, 4>> == 143'667'240);
template <std::size_t Filters>
using vgg_c_block = at::sequence<at::repeat<2, vgg_layer<Filters>>, vgg_layer<Filters, 1>, at::max_pool2d<2>>;
static_assert(at::parameter_count<vgg<vgg_block<64, 2>, vgg_block<128, 2>, vgg_c_block<256>, vgg_c_block<512>,
                                      vgg_c_block<512>>> == 133'638'952);
static_assert(at::multiply_accumulate_count<vgg_of<2, 2, 3, 3, 3>> == 15'470'264'320);

// FL-19: what people meant and what they wrote.
using forgot_to_pool = at::network<at::input<32, 32, 1>, at::conv2d<6, 3, at::same>, at::max_pool2d<2>,
                                   at::conv2d<16, 3, at::same>, at::max_pool2d<2>,
                                   at::conv2d<120, 3, at::same>, at::flatten, at::dense<10>>;
static_assert(at::output_shape<forgot_to_pool, "flatten"> == at::shape{7'680});
static_assert(at::parameter_count<forgot_to_pool, "dense"> == 76'810);
static_assert(at::fault_of<at::network<at::input<8, 8, 120>, at::dense<10>>>.broken ==
              at::rule::flatten_is_missing);
using large_image = at::network<at::input<16, 16, 2048>, at::avg_pool2d<7>, at::flatten>;
static_assert(at::output_shape<large_image> == at::shape{8'192});
static_assert(at::output_shape<at::network<at::input<16, 16, 2048>, at::global_avg_pool2d>> ==
              at::shape{2'048});

// FL-21: a network larger than a stack, known beforehand.
using wide = at::network<at::input<27>, at::dense<512>, at::dense<2048>, at::dense<1024>, at::dense<27>>;
static_assert(at::parameter_count<wide> ==
              27 * 512 + 512 + 512 * 2048 + 2048 + 2048 * 1024 + 1024 + 1024 * 27 + 27);
static_assert(at::weight_bytes<wide> > 8 * 1024 * 1024);

// FL-22: 300 layers; the build gives this file -ftemplate-depth=256.
using deep = at::network<at::input<8>, at::repeat<300, at::sequence<at::dense<8>, at::relu>>>;
static_assert(at::parameter_count<deep> == 21'600);
static_assert(at::layer_count<deep> == 600);

// Counts are 64-bit, also where size_t is not: a product beyond 2^32.
using huge = at::network<at::input<100'000>, at::dense<100'000, at::no_bias>>;
static_assert(at::parameter_count<huge> == 10'000'000'000u);

// A part's result is what goes on from it, not what its last layer makes.
using with_sides = at::network<
    at::input<4, 4, 2>, at::conv2d<3, 3>,
    at::named<"block", at::sequence<at::conv2d<5, 1>, at::side_output<"side", at::flatten, at::dense<7>>>>,
    at::named<"empty", at::sequence<>>, at::side_output<"late", at::global_avg_pool2d>>;
static_assert(at::output_shape<with_sides> == at::shape{2, 2, 5});
static_assert(at::output_shape<with_sides, "block"> == at::shape{2, 2, 5});
static_assert(at::output_shape<with_sides, "block/side"> == at::shape{7});
static_assert(at::output_shape<with_sides, "late"> == at::shape{5});
static_assert(at::output_shape<with_sides, "empty"> == at::shape{2, 2, 5});
static_assert(at::input_shape<with_sides, "empty"> == at::shape{2, 2, 5});

// Parts of a split have the names of branches: their own if they have one.
using halves =
    at::network<at::input<4, 4, 6>,
                at::split<-1, at::concatenate, at::named<"block", at::sequence<at::conv2d<5, 1>, at::relu>>,
                          at::named<"layer", at::conv2d<4, 1>>, at::conv2d<3, 1>>>;
static_assert(at::parameter_count<halves, "block/conv2d"> == 15 &&
              at::parameter_count<halves, "layer"> == 12);
static_assert(at::parameter_count<halves, "branch/conv2d"> == 9);

// Layers of one type with one input shape: what a part around the first changes of its facts is not the others'.
using partly_frozen =
    at::network<at::input<8>, at::frozen<at::dense<8>>, at::dense<8>, at::frozen<at::dense<8>>, at::dense<8>>;
static_assert(at::parameter_count<partly_frozen> == 2 * 72 &&
              at::non_trainable_count<partly_frozen> == 2 * 72);
static_assert(at::parameter_count<partly_frozen, "dense"> == 0 &&
              at::parameter_count<partly_frozen, "dense_1"> == 72 &&
              at::parameter_count<partly_frozen, "dense_2"> == 0 &&
              at::parameter_count<partly_frozen, "dense_3"> == 72);
using partly_frozen_blocks =
    at::network<at::input<8>, at::frozen<at::repeat<2, at::dense<8>>>, at::repeat<3, at::dense<8>>,
                at::repeat<2, at::sequence<at::frozen<at::dense<8>>, at::dense<8>>>>;
static_assert(at::parameter_count<partly_frozen_blocks> == 5 * 72 &&
              at::non_trainable_count<partly_frozen_blocks> == 4 * 72);
// Blocks whose input changes at first, and blocks in blocks.
using blocks =
    at::repeat<2, at::sequence<at::dense<4>, at::repeat<2, at::sequence<at::dense<8>, at::dense<4>>>>>;
static_assert(at::parameter_count<at::network<at::input<8>, blocks>> ==
              (36 + 2 * (40 + 36)) + (20 + 2 * (40 + 36)));
// And equal layers with other inputs have counts of their own, whatever stands between them.
using widths =
    at::network<at::input<8>, at::dense<4>, at::relu, at::dense<4>, at::relu, at::dense<8>, at::dense<4>>;
static_assert(at::parameter_count<widths, "dense"> == 36 && at::parameter_count<widths, "dense_1"> == 20 &&
              at::parameter_count<widths, "dense_3"> == 36);

}  // namespace

TEST_CASE("constants of networks hold at run time too") {
    CHECK(at::parameter_count<lenet5> == 61'706);
    CHECK(at::multiply_accumulate_count<lenet5> == 416'520);
}
