// SPDX-License-Identifier: BSL-1.0
// Output sizes, padding and remainders of sliding windows.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <std::size_t Width, class Layer>
using on = at::network<at::input<Width, Width, 1>, Layer>;
template <std::size_t Width, class Layer>
constexpr std::size_t size_of_output = at::output_shape<on<Width, Layer>>[0];

// FL-01: sizes round down, the remainder is a constant, too large a kernel is a fault and never wraps around.
static_assert(size_of_output<224, at::conv2d<1, 11, at::stride<4>>> == 54);
static_assert(at::remainder_of<on<224, at::conv2d<1, 11, at::stride<4>>>, "conv2d"> == at::extent{1});
static_assert(size_of_output<224, at::conv2d<1, 7, at::stride<2>, at::padding<3>>> == 112);
static_assert(at::remainder_of<on<224, at::conv2d<1, 7, at::stride<2>, at::padding<3>>>, "conv2d"> ==
              at::extent{1});
static_assert(size_of_output<5, at::conv2d<1, 2, at::stride<2>>> == 2);
static_assert(at::remainder_of<on<5, at::conv2d<1, 2, at::stride<2>>>, "conv2d"> == at::extent{1});
static_assert(at::fault_of<on<5, at::conv2d<1, 7>>> ==
              at::fault{at::rule::kernel_exceeds_padded_input, 1, at::shape{5, 5, 1}});
static_assert(at::fault_of<on<224, at::conv2d<1, 11, at::stride<4>, at::exact>>>.broken ==
              at::rule::stride_leaves_a_remainder);
static_assert(at::well_formed<on<227, at::conv2d<1, 11, at::stride<4>, at::exact>>>);

// FL-02: same is lopsided; its padding is recorded.
constexpr at::window_axis same_rows =
    at::facts_of<on<224, at::conv2d<64, 7, at::stride<2>, at::same>>>.nodes[0].window.rows;
static_assert(same_rows.output == 112 && same_rows.before == 2 && same_rows.after == 3);
constexpr at::window_axis small_rows =
    at::facts_of<on<4, at::conv2d<64, 3, at::stride<2>, at::same>>>.nodes[0].window.rows;
static_assert(small_rows.output == 2 && small_rows.before == 0 && small_rows.after == 1);
static_assert(
    at::parameter_count<at::network<at::input<4, 4, 3>, at::conv2d<64, 3, at::stride<2>, at::same>>> ==
    1'792);

// FL-03: dilation belongs to the kernel.
static_assert(size_of_output<6, at::conv2d<1, 3, at::dilation<2>>> == 2);
using dilated = at::conv2d<512, 3, at::dilation<2>, at::stride<2>, at::padding<1>>;
static_assert(at::output_shape<at::network<at::input<64, 64, 3>, dilated, dilated, dilated>> ==
              at::shape{7, 7, 512});
static_assert(at::output_shape<at::network<at::input<64, 64, 3>, dilated, dilated, dilated, at::flatten>> ==
              at::shape{25'088});
static_assert(size_of_output<10, at::conv2d<1, 3, at::dilation<4>, at::same>> == 10);

// FL-04: the last window of ceil mode starts inside.
static_assert(size_of_output<5, at::max_pool2d<2, at::padding<1>, at::ceil_mode>> == 3);
static_assert(size_of_output<4, at::max_pool2d<3, at::stride<2>, at::ceil_mode>> == 2);
static_assert(size_of_output<4, at::max_pool2d<3, at::stride<2>>> == 1);
static_assert(size_of_output<5, at::avg_pool2d<2, at::ceil_mode>> == 3);

// Rectangles.
using tall = at::network<at::input<17, 17, 8>, at::conv2d<16, at::extent{1, 7}, at::padding<0, 3>>,
                         at::conv2d<16, at::extent{7, 1}, at::padding<3, 0>>>;
static_assert(at::output_shape<tall> == at::shape{17, 17, 16});
static_assert(at::parameter_count<tall> == 7 * 8 * 16 + 16 + 7 * 16 * 16 + 16);
static_assert(at::output_shape<at::network<at::input<10, 12, 1>,
                                           at::conv2d<1, 3, at::padding<1, 0, 0, 2>, at::stride<1, 2>>>> ==
              at::shape{9, 6, 1});

// Every rule as a value.
template <class Input, class... Layers>
constexpr at::rule broken = at::fault_of<at::network<Input, Layers...>>.broken;
using image = at::input<8, 8, 6>;
static_assert(broken<image, at::conv2d<4, 3>> == at::rule::ok);
static_assert(broken<at::input<10>, at::conv2d<4, 3>> == at::rule::takes_an_image);
static_assert(broken<at::input<10>, at::max_pool2d<2>> == at::rule::takes_an_image);
static_assert(broken<at::input<10>, at::global_avg_pool2d> == at::rule::takes_an_image);
static_assert(broken<image, at::dense<4>> == at::rule::flatten_is_missing);
static_assert(broken<image, at::dense<4, at::last_axis>> == at::rule::ok);
static_assert(broken<image, at::conv2d<4, 3, at::groups<4>>> ==
              at::rule::input_channels_are_not_divisible_by_groups);
static_assert(broken<image, at::conv2d<4, 3, at::groups<3>>> ==
              at::rule::filters_are_not_divisible_by_groups);
static_assert(broken<image, at::conv2d<0, 3>> == at::rule::extent_is_zero);
static_assert(broken<image, at::conv2d<4, 0>> == at::rule::extent_is_zero);
static_assert(broken<image, at::conv2d<4, 3, at::stride<0>>> == at::rule::extent_is_zero);
static_assert(broken<image, at::conv2d<4, 3, at::dilation<0>>> == at::rule::extent_is_zero);
static_assert(broken<image, at::conv2d<4, 3, at::groups<0>>> == at::rule::extent_is_zero);
static_assert(broken<at::input<8, 0, 6>, at::conv2d<4, 3>> == at::rule::extent_is_zero);
static_assert(broken<at::input<8>, at::dense<0>> == at::rule::extent_is_zero);
static_assert(broken<image, at::reshape<8, 0>> == at::rule::extent_is_zero);
static_assert(broken<image, at::max_pool2d<2, at::padding<2>>> == at::rule::padding_reaches_the_kernel);
// Of an input of one or two cells a dilated window may hold none.
static_assert(broken<at::input<1, 4>, at::max_pool1d<2, at::dilation<2>, at::same>> ==
              at::rule::window_holds_padding_alone);
static_assert(broken<at::input<2, 4>, at::max_pool1d<2, at::dilation<2>, at::stride<1>, at::same>> ==
              at::rule::ok);
static_assert(broken<at::input<1, 4>, at::max_pool1d<3, at::dilation<2>, at::same>> == at::rule::ok);
static_assert(
    broken<at::input<3, 1, 1>, at::max_pool2d<at::extent{1, 2}, at::dilation<2>, at::stride<1>, at::same>> ==
    at::rule::window_holds_padding_alone);
static_assert(broken<at::input<2, 1>, at::max_pool1d<2, at::dilation<6>, at::stride<1>, at::padding<5>>> ==
              at::rule::window_holds_padding_alone);
static_assert(broken<at::input<7, 1>, at::max_pool1d<2, at::dilation<6>, at::stride<1>, at::padding<5>>> ==
              at::rule::ok);
static_assert(broken<image, at::dropout<0>> == at::rule::ok);
static_assert(broken<image, at::dropout<1.0>> == at::rule::dropout_rate_is_out_of_range);
static_assert(broken<image, at::dropout<-0.1>> == at::rule::dropout_rate_is_out_of_range);
static_assert(broken<image, at::batch_norm<at::epsilon<0.0>>> == at::rule::epsilon_is_not_positive);
static_assert(broken<image, at::original_dropout<1.0>> == at::rule::dropout_rate_is_out_of_range);
static_assert(broken<image, at::layer_norm<at::epsilon<0.0>>> == at::rule::epsilon_is_not_positive);
static_assert(broken<image, at::celu<-1.0>> == at::rule::activation_number_is_out_of_range);
static_assert(broken<image, at::snake<0.0>> == at::rule::activation_number_is_out_of_range);
static_assert(broken<image, at::hard_shrink<-0.1>> == at::rule::activation_number_is_out_of_range);
static_assert(broken<image, at::soft_shrink<-0.1>> == at::rule::activation_number_is_out_of_range);
static_assert(broken<image, at::hard_tanh<1.0, 1.0>> == at::rule::activation_number_is_out_of_range);
static_assert(broken<image, at::layer_norm<at::momentum<0.9>>> == at::rule::unknown_option);
static_assert(broken<image, at::piece_max<3>> == at::rule::ok);
static_assert(broken<image, at::piece_max<0>> == at::rule::extent_is_zero);
static_assert(broken<image, at::piece_max<4>> == at::rule::channels_are_not_divisible_by_pieces);
static_assert(broken<at::input<8>, at::maxout<0, 2>> == at::rule::extent_is_zero);
static_assert(broken<at::input<8>, at::maxout<2, 0>> == at::rule::extent_is_zero);
static_assert(broken<image, at::maxout<2, 2>> == at::rule::flatten_is_missing);
static_assert(broken<at::input<8>, at::dense<4, at::l2<0.1>, at::l1<0.0>>> == at::rule::ok);
static_assert(broken<at::input<8>, at::dense<4, at::l2<-0.1>>> == at::rule::penalty_is_negative);
static_assert(broken<image, at::conv2d<4, 3, at::l1<-1.0>>> == at::rule::penalty_is_negative);
static_assert(broken<image, at::depthwise_conv2d<3, at::l1<0.1>, at::l2<-0.1>>> ==
              at::rule::penalty_is_negative);
static_assert(broken<image, at::conv2d_transpose<2, 3, at::l2<-0.1>>> == at::rule::penalty_is_negative);
static_assert(broken<at::input<9, 2>, at::conv1d<2, 3, at::l2<-0.1>>> == at::rule::penalty_is_negative);
static_assert(broken<image, at::conv2d<4, 3, at::l1<1.0>, at::l1<1.0>>> == at::rule::repeated_option);
static_assert(broken<image, at::conv2d<4, 3, int>> == at::rule::unknown_option);
static_assert(broken<image, at::conv2d<4, 3, at::ceil_mode>> == at::rule::unknown_option);
static_assert(broken<at::input<8>, at::dense<4, at::stride<2>>> == at::rule::unknown_option);
static_assert(broken<image, at::conv2d<4, 3, at::stride<2>, at::stride<2>>> == at::rule::repeated_option);
static_assert(broken<image, at::conv2d<4, 3, at::no_bias, at::no_bias>> == at::rule::repeated_option);
static_assert(broken<image, at::conv2d<4, 3, at::same, at::padding<1>>> ==
              at::rule::padding_contradicts_same);
static_assert(broken<image, at::max_pool2d<2, at::same, at::ceil_mode>> ==
              at::rule::ceil_mode_contradicts_same);
static_assert(broken<image, at::max_pool2d<2, at::exact, at::ceil_mode>> ==
              at::rule::ceil_mode_contradicts_exact);
static_assert(broken<image, at::conv2d<4, 3, at::same, at::exact>> == at::rule::same_contradicts_exact);
static_assert(broken<image, at::reshape<7, 7>> == at::rule::reshape_changes_the_size);
static_assert(broken<image, at::reshape<8, 48>> == at::rule::ok);
static_assert(broken<image, int> == at::rule::not_a_layer);
static_assert(broken<image, at::batch_norm<at::momentum<1.5>>> == at::rule::momentum_is_out_of_range);
static_assert(broken<at::input<8, 4, 2>, at::conv1d<4, 3>> == at::rule::takes_a_sequence);
static_assert(broken<at::input<8, 4, 2>, at::max_pool1d<2>> == at::rule::takes_a_sequence);
static_assert(broken<at::input<40, 1>, at::embedding<5, 2>> == at::rule::takes_class_numbers);
static_assert(broken<at::input<8, 4, 2>, at::embedding<5, 2>> == at::rule::takes_class_numbers);
static_assert(broken<at::input<8, 5>, at::embedding<5, 2>> == at::rule::ok);  // words of five letters
static_assert(broken<at::input<1>, at::embedding<5, 2>> == at::rule::ok);

// Activations that are no expressions, as far as can be told without their bodies.
struct two_calls {
    constexpr double operator()(double x) const { return x; }
    constexpr float operator()(float x) const { return x; }
};
struct generic {
    constexpr auto operator()(auto x) const { return x; }
};
struct no_call {};
constexpr double of_numbers(double x) { return x; }
static_assert(broken<image, at::activation<3.0>> == at::rule::not_an_expression);
static_assert(broken<image, at::activation<no_call{}>> == at::rule::not_an_expression);
static_assert(broken<image, at::activation<&of_numbers>> == at::rule::not_an_expression);
static_assert(broken<image, at::activation<[](double x) { return x; }>> == at::rule::not_an_expression);
static_assert(broken<image, at::activation<[](auto x) { return x; }>> == at::rule::ok);
static_assert(broken<image, at::activation<generic{}>> == at::rule::ok);
static_assert(broken<at::input<4, 2>, at::gru<3, at::cell_activation<at::activation<3.0>>>> ==
              at::rule::not_an_activation);

// Inputs that nobody reads, networks that are parts.
static_assert(broken<at::input<4>, at::input<5>, at::relu> == at::rule::input_is_never_read);
static_assert(broken<at::input<4>, at::point<"a">, at::input<5>, at::relu, at::merge<at::concatenate, "a">> ==
              at::rule::ok);
static_assert(broken<at::named<"x", at::input<4>>, at::input<5>, at::from<"x">> ==
              at::rule::input_is_never_read);
static_assert(at::fault_of<at::network<at::named<"x", at::input<4>>, at::input<5>, at::from<"x">>>.layer ==
              1);
static_assert(broken<at::input<4>> == at::rule::ok);
static_assert(broken<at::input<4>, at::network<at::input<4>, at::dense<2>>> ==
              at::rule::network_in_a_network);
static_assert(
    broken<at::input<4>, at::dense<4>, at::named<"inner", at::residual<at::network<at::dense<4>>>>> ==
    at::rule::network_in_a_network);
static_assert(at::fault_of<at::network<at::input<4>, at::dense<4>, at::network<at::dense<4>>>>.layer == 2);
static_assert(at::fault_of<at::network<at::input<4>, at::dense<4>, at::merge<at::add, "none">>>.layer == 2);
static_assert(at::fault_of<at::network<at::conv2d<4, 3>>>.broken == at::rule::input_is_missing);
static_assert(!at::well_formed<at::network<>>);
static_assert(at::well_formed<at::network<at::input<4>>>);

// The first fault counts, with its position and the shape it was given.
using two_faults = at::network<image, at::conv2d<4, 3>,
                               at::named<"b", at::sequence<at::relu, at::conv2d<4, 9>>>, at::dense<4>>;
static_assert(at::fault_of<two_faults>.broken == at::rule::kernel_exceeds_padded_input);
static_assert(at::fault_of<two_faults>.layer == 3 && at::fault_of<two_faults>.input == at::shape{6, 6, 4});

}  // namespace

TEST_CASE("every rule has a sentence") {
    for (int r = 0; r <= static_cast<int>(at::rule::part_does_not_exist); ++r)
        CHECK(!at::sentence(static_cast<at::rule>(r)).empty());
}
