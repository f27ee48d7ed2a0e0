// SPDX-License-Identifier: BSL-1.0
// Which convolutions are computed by Winograd's filtering, and what stays as it is.
#include <archetype/architecture.hpp>
#include <archetype/zoo.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <class Net>
constexpr std::size_t tile_of(std::size_t layer) {
    return at::facts_of<Net>.nodes[layer].winograd;
}
template <std::size_t Size, std::size_t Channels, class... Options>
using one = at::network<at::input<Size, Size, Channels>, at::conv2d<Channels, 3, at::same, Options...>>;

// The rule of sizes: large images in tiles of 4 x 4, 14 x 14 of many channels of 2 x 2, few channels directly.
static_assert(tile_of<at::with_winograd<one<56, 64>>>(0) == 4);
static_assert(tile_of<at::with_winograd<one<28, 128>>>(0) == 4);
static_assert(tile_of<at::with_winograd<one<28, 512>>>(0) == 4);
static_assert(tile_of<at::with_winograd<one<14, 256>>>(0) == 2);
static_assert(tile_of<at::with_winograd<one<14, 512>>>(0) == 2);
static_assert(tile_of<at::with_winograd<one<56, 4>>>(0) == 0);
static_assert(tile_of<at::with_winograd<one<2, 64>>>(0) == 0);
static_assert(tile_of<at::with_winograd<one<56, 64>, 2>>(0) == 2);
static_assert(tile_of<one<56, 64>>(0) == 0);

// A layer that asks is not asked again.
static_assert(tile_of<one<56, 4, at::winograd<4>>>(0) == 4);
static_assert(tile_of<at::with_winograd<one<56, 64, at::winograd<2>>>>(0) == 2);

// Where it does not apply the network goes on as it was, a layer that asks is a fault.
template <class Layer>
using on_image = at::network<at::input<56, 56, 64>, Layer>;
template <class Layer>
constexpr bool stays = tile_of<at::with_winograd<on_image<Layer>>>(0) == 0;
static_assert(stays<at::conv2d<64, 1>> && stays<at::conv2d<64, 5>> &&
              stays<at::conv2d<64, at::extent{3, 1}>>);
static_assert(stays<at::conv2d<64, 3, at::stride<2>>> && stays<at::conv2d<64, 3, at::stride<1, 2>>>);
static_assert(stays<at::conv2d<64, 3, at::dilation<2>>> && stays<at::conv2d<64, 3, at::groups<2>>>);
static_assert(stays<at::depthwise_conv2d<3>> && stays<at::conv2d_transpose<64, 3>> &&
              stays<at::max_pool2d<3>>);
/// A layer of somebody else, which says of itself what conv2d does.
struct another_conv2d {
    static constexpr at::text_view kind = "conv2d";
    static constexpr at::layer_role role = at::layer_role::contraction;
    static constexpr at::layer_facts describe(const at::shape& in) {
        at::layer_facts facts;
        facts.output = in;
        facts.has_window = true;
        facts.window.rows = facts.window.columns = {56, 3, 1, 1, 1, 1, 56};
        return facts;
    }
};
static_assert(stays<another_conv2d> && !stays<at::conv2d<64, 3>>);
template <class... Options>
constexpr at::rule broken = at::fault_of<on_image<at::conv2d<64, 3, Options...>>>.broken;
static_assert(broken<at::winograd<4>, at::stride<2>> == at::rule::winograd_needs_another_window);
static_assert(broken<at::winograd<2>, at::dilation<1, 2>> == at::rule::winograd_needs_another_window);
static_assert(broken<at::winograd<2>, at::groups<64>> == at::rule::winograd_needs_another_window);
static_assert(at::fault_of<on_image<at::conv2d<64, 5, at::winograd<4>>>>.broken ==
              at::rule::winograd_needs_another_window);
static_assert(broken<at::winograd<3>> == at::rule::winograd_tile_is_not_2_or_4);
static_assert(broken<at::winograd<0>> == at::rule::winograd_tile_is_not_2_or_4);
static_assert(broken<at::winograd<4>> == at::rule::ok);
static_assert(at::fault_of<on_image<at::max_pool2d<3, at::winograd<4>>>>.broken == at::rule::unknown_option);

// All parts of a network, with their names and in any depth.
using deep = at::network<
    at::named<"image", at::input<28, 28, 3>>, at::named<"stem", at::conv2d<64, 3, at::same>>, at::relu,
    at::residual<at::sequence<at::conv2d<64, 3, at::same>, at::batch_norm<>,
                              at::named<"inner", at::conv2d<64, 3, at::same>>>>,
    at::frozen<at::named<"last", at::conv2d<64, 3>>>, at::max_pool2d<2>, at::flatten, at::dense<10>>;
using faster = at::with_winograd<deep>;
static_assert(tile_of<faster>(0) == 0 && tile_of<faster>(2) == 4 && tile_of<faster>(4) == 4 &&
              tile_of<faster>(6) == 4);
static_assert(at::parameter_count<faster> == at::parameter_count<deep>);
static_assert(at::non_trainable_count<faster> == at::non_trainable_count<deep>);
static_assert(at::output_shape<faster> == at::output_shape<deep>);
static_assert(at::parameter_count<faster, "stem"> == at::parameter_count<deep, "stem">);
static_assert(at::parameter_count<at::frozen_but_last<faster, 1>> ==
              at::parameter_count<at::frozen_but_last<deep, 1>>);
static_assert(at::parameter_count<at::trained_only<faster, "stem">> ==
              at::parameter_count<at::trained_only<deep, "stem">>);
// A fault is the one that it was.
static_assert(at::fault_of<at::with_winograd<at::network<at::input<4, 4, 1>, at::conv2d<1, 5>>>>.broken ==
              at::rule::kernel_exceeds_padded_input);

// Memory: room for the points of a group of tiles, and no pooling row by row behind such a layer.
static_assert(at::arena_bytes<at::with_winograd<one<56, 64>>> > at::arena_bytes<one<56, 64>>);
static_assert(at::arena_bytes<at::with_winograd<one<56, 4>>> == at::arena_bytes<one<56, 4>>);

}  // namespace

TEST_CASE("Winograd's filtering takes all but the first convolution of VGG") {
    using net = at::with_winograd<at::zoo::vgg_d<>>;
    std::size_t convolutions = 0, filtered = 0;
    for (const auto& at : at::facts_of<net>.nodes) {
        convolutions += at.kind == "conv2d" ? 1 : 0;
        filtered += at.winograd != 0 ? 1 : 0;
    }
    CHECK(convolutions == 13);
    CHECK(filtered == 12);
}
