// SPDX-License-Identifier: BSL-1.0
// What one element depends on. Numbers of cells are those of PyTorch's autograd: make_receptive_fields.py.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <class... Layers>
constexpr at::receptive_field seen = at::receptive_field_of<at::network<at::input<32, 32, 1>, Layers...>>;
template <class... Parts>
constexpr at::receptive_field of = at::receptive_field_of<at::network<Parts...>>;
constexpr bool cells(const at::receptive_field& field, std::size_t height, std::size_t width) {
    return field.height == height && field.width == width;
}
using half = at::step_fraction;

static_assert(seen<> == at::receptive_field{1, 1, 1, 1});
static_assert(seen<at::max_pool2d<4>, at::upsampling2d<2>> == at::receptive_field{4, 4, 2, 2});
static_assert(seen<at::max_pool2d<4>, at::upsampling2d<2, at::bilinear>> == at::receptive_field{8, 8, 2, 2});
static_assert(seen<at::max_pool2d<2>, at::upsampling2d<3, at::bilinear>> ==
              at::receptive_field{4, 4, half(2, 3), half(2, 3)});
static_assert(seen<at::upsampling2d<2>, at::conv2d<1, 3>> ==
              at::receptive_field{2, 2, half(1, 2), half(1, 2)});
static_assert(cells(seen<at::upsampling2d<2>, at::conv2d<1, 3, at::dilation<2>>>, 3, 3));
static_assert(seen<at::upsampling2d<at::extent{4, 1}, at::bilinear>, at::conv2d<1, at::extent{3, 1}>> ==
              at::receptive_field{3, 1, half(1, 4), 1});
static_assert(seen<at::upsampling2d<2>, at::conv2d<1, 3, at::stride<2>>> == at::receptive_field{2, 2, 1, 1});
static_assert(seen<at::conv2d<1, 2, at::stride<2>>, at::conv2d_transpose<1, 4, at::stride<2>>> ==
              at::receptive_field{4, 4, 1, 1});
static_assert(cells(seen<at::conv2d_transpose<1, 3, at::stride<2>>, at::conv2d<1, 3>>, 3, 3));
static_assert(cells(seen<at::conv2d_transpose<1, 2, at::stride<3>>, at::conv2d<1, 2>>, 1, 1));
static_assert(cells(seen<at::conv2d_transpose<1, 3, at::dilation<2>>, at::conv2d<1, 2>>, 6, 6));
static_assert(seen<at::conv2d<1, 3, at::stride<2>>, at::conv2d_transpose<1, 4, at::stride<2>, at::padding<1>>,
                   at::upsampling2d<2>, at::conv2d<1, 5>, at::conv2d<1, 3, at::stride<2>>> ==
              at::receptive_field{9, 9, 1, 1});

// A reshape moves elements into other rows and columns.
static_assert(of<at::input<6, 6, 2>, at::reshape<6, 3, 4>, at::conv2d<2, 3>> ==
              at::receptive_field{3, 6, 1, 2});
static_assert(of<at::input<6, 4, 4>, at::reshape<6, 8, 2>, at::conv2d<2, 3>> ==
              at::receptive_field{3, 2, 1, half(1, 2)});
static_assert(of<at::input<6, 6, 2>, at::reshape<36, 2>, at::conv1d<2, 3>> ==
              at::receptive_field{2, 6, 0, 0});
static_assert(cells(of<at::input<6, 5, 2>, at::reshape<6, 10>, at::conv1d<1, 2>>, 2, 5));
static_assert(cells(of<at::input<6, 6, 2>, at::reshape<3, 12, 2>>, 1, 1));
static_assert(cells(of<at::input<8, 8, 2>, at::conv2d<4, 3>, at::reshape<3, 12, 4>, at::conv2d<1, 2>>, 6, 8));
static_assert(cells(of<at::input<6, 6, 2>, at::reshape<6, 3, 4>, at::depthwise_conv2d<2>>, 2, 3));
static_assert(of<at::input<6, 6, 2>, at::reshape<3, 12, 2>, at::flatten, at::dense<3>> ==
              at::receptive_field{6, 6, 6, 6});
static_assert(of<at::input<12>, at::reshape<2, 3, 2>, at::conv2d<1, 2>> == at::receptive_field{1, 1, 0, 0});

// Branches see what they see, together or each on its own.
using corner = at::cropping2d<2, 0, 0, 2>;
static_assert(cells(seen<at::branches<at::concatenate, at::conv2d<1, 3>, corner>, at::depthwise_conv2d<1>>, 3,
                    3));
static_assert(cells(seen<at::branches<at::add, at::conv2d<1, 3>, corner>, at::conv2d<1, 2>>, 4, 4));
static_assert(cells(seen<at::residual<at::conv2d<1, 3, at::same>>, at::avg_pool2d<2>>, 4, 4));

// What moves is followed back along its axis; a part of a concatenation into itself; what repeats is seen from everywhere.
static_assert(seen<at::slice<1, 1, at::to_the_end, 2>, at::conv2d<1, 3>> == at::receptive_field{5, 3, 2, 1});
static_assert(
    cells(of<at::input<6, 6, 1>, at::branches<at::concatenate_along<1>, at::identity, at::reverse<1>>,
             at::conv2d<1, 3>>,
          3, 3));
static_assert(seen<at::permute<2, 1, 3>, at::conv2d<1, at::extent{3, 1}>> == at::receptive_field{1, 3, 1, 1});
static_assert(cells(of<at::input<8, 8, 5>, at::permute<3, 2, 1>, at::conv2d<1, at::extent{3, 1}>>, 8, 1));
using inner = at::sequence<at::slice<1, 1, 7>, at::slice<2, 1, 7>>;
static_assert(cells(of<at::input<8, 8, 1>, at::branches<at::concatenate, at::conv2d<1, 3>, inner>,
                       at::channel_shuffle<2>, at::chunk<-1, 0, 2>>,
                    3, 3));
static_assert(
    cells(of<at::input<8, 8, 1>, at::branches<at::concatenate, at::conv2d<1, 3>, inner>, at::chunk<-1, 1, 2>>,
          1, 1));
using mean_of_rows = at::avg_pool2d<at::extent{6, 1}>;
static_assert(cells(of<at::input<6, 7, 1>, at::branches<at::multiply, at::identity, mean_of_rows>>, 6, 1));
static_assert(cells(
    of<at::input<6, 7, 1>, at::branches<at::subtract, at::conv2d<1, 3, at::same>, at::global_avg_pool2d>>, 6,
    7));

// The cells of a text are its tokens.
template <class... Layers>
constexpr at::receptive_field read = of<at::input<9>, at::embedding<7, 3>, Layers...>;
static_assert(read<> == at::receptive_field{1, 1, 1, 1});
static_assert(read<at::conv1d<4, 3>, at::dense<2, at::last_axis>> == at::receptive_field{1, 3, 1, 1});
static_assert(read<at::conv1d<4, 3, at::stride<2>>, at::conv1d<4, 2>> == at::receptive_field{1, 5, 1, 2});
static_assert(read<at::conv1d<4, 3>, at::global_max_pool1d, at::dense<2>> == at::receptive_field{1, 9, 1, 9});
static_assert(read<at::lstm<4>, at::dense<2>> == at::receptive_field{1, 9, 1, 9});
static_assert(of<at::input<4, 5>, at::embedding<7, 3>, at::conv2d<4, at::extent{3, 2}>> ==
              at::receptive_field{3, 2, 1, 1});
static_assert(of<at::input<4, 5>, at::embedding<7, 3>, at::flatten, at::dense<2>> ==
              at::receptive_field{4, 5, 4, 5});

// A volume of one slice sees as its image does, padding included; slices count one below the other.
template <std::size_t Window, std::size_t Stride, std::size_t Pad>
using flat =
    at::conv3d<1, at::volume{1, Window, Window}, at::stride<1, Stride, Stride>, at::padding<0, Pad, Pad>>;
template <std::size_t Size, std::size_t Window, std::size_t Stride, std::size_t Pad>
constexpr bool as_image = cells(
    of<at::input<1, Size, Size, 1>, flat<Window, Stride, Pad>, flat<Window, Stride, Pad>>,
    of<at::input<Size, Size, 1>, at::conv2d<1, Window, at::stride<Stride>, at::padding<Pad>>,
       at::conv2d<1, Window, at::stride<Stride>, at::padding<Pad>>>.height,
    of<at::input<Size, Size, 1>, at::conv2d<1, Window, at::stride<Stride>, at::padding<Pad>>,
       at::conv2d<1, Window, at::stride<Stride>, at::padding<Pad>>>.width);
static_assert(as_image<5, 3, 2, 1> && as_image<5, 3, 1, 3> && as_image<9, 2, 2, 0> && as_image<3, 1, 1, 1>);
static_assert(cells(of<at::input<1, 5, 5, 1>, flat<3, 2, 1>, flat<3, 2, 1>>, 7, 7));
static_assert(cells(of<at::input<3, 3, 3, 1>, at::conv3d<1, 1, at::padding<1>>>, 1, 1));
static_assert(cells(of<at::input<1, 5, 5, 1>, at::conv3d<1, at::volume{1, 3, 3}, at::padding<1>>>, 3, 3));
static_assert(cells(of<at::input<5, 5, 5, 1>, at::conv3d<1, 3, at::padding<3>>>, 2 * 5 + 3, 3));
static_assert(cells(of<at::input<8, 9, 7, 1>, at::max_pool3d<2>, at::relu, at::conv3d<1, 2>>, 3 * 9 + 4, 4));
static_assert(cells(of<at::input<8, 9, 7, 1>, at::conv3d<2, at::volume{3, 1, 2}>, at::reshape<54, 6, 2>>,
                    2 * 9 + 1, 2));
static_assert(cells(of<at::input<36, 7, 1>, at::reshape<4, 9, 7, 1>, at::conv3d<1, at::volume{2, 3, 2}>>,
                    9 + 3, 2));
static_assert(
    cells(of<at::input<4, 4, 5, 1>, at::branches<at::concatenate_along<1>, at::conv3d<1, at::volume{1, 3, 1}>,
                                                 at::conv3d<1, at::volume{2, 3, 1}>>>,
          4 + 3, 1));
static_assert(cells(of<at::input<4, 4, 5, 1>, at::conv3d<1, 2>, at::global_avg_pool3d, at::dense<2>>, 16, 5));

// Only what depends on the first input counts, and the end is not what a side output is.
using two_inputs = at::network<at::input<8, 8, 1>, at::conv2d<2, 3>, at::point<"seen">,
                               at::named<"other", at::input<6, 6, 2>>,
                               at::named<"late", at::conv2d<2, 3, at::same>>, at::merge<at::add, "seen">>;
static_assert(at::receptive_field_of<two_inputs> == at::receptive_field{3, 3, 1, 1});
static_assert(cells(at::receptive_field_of<two_inputs, "late">, 0, 0));
using with_side =
    at::network<at::input<9, 9, 1>, at::conv2d<2, 3>, at::side_output<"side", at::conv2d<1, 5>>>;
static_assert(cells(at::receptive_field_of<with_side>, 3, 3) &&
              cells(at::receptive_field_of<with_side, "side">, 7, 7));

}  // namespace

TEST_CASE("receptive fields are those of automatic differentiation") {
    CHECK(at::step_fraction(6, 4) == at::step_fraction(3, 2));
    CHECK(at::step_fraction(6, 4).value() == 1.5);
    CHECK(at::step_fraction(2, 4) < 1);
    CHECK(at::step_fraction(0, 4) == 0);
}
