// SPDX-License-Identifier: BSL-1.0
// Shapes and receptive fields of paddings, resizing, adaptive pooling, pooling over one axis, normalizations of samples.
#include <archetype/architecture.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {
template <class... Layers>
using on_image = at::network<at::input<8, 6, 4>, Layers...>;
template <class... Layers>
using on_steps = at::network<at::input<12, 4>, Layers...>;
template <class Net>
constexpr at::extent seen{at::receptive_field_of<Net>.height, at::receptive_field_of<Net>.width};
template <class Net>
constexpr double step_of_rows = at::receptive_field_of<Net>.step_height.value();
}  // namespace

// A cell of the padding is one of the image.
static_assert(seen<on_image<at::reflection_pad2d<2>>> == at::extent{1});
// Rows 0 1 2 of the padded image are rows 2 1 0.
static_assert(seen<on_image<at::reflection_pad2d<2>, at::conv2d<1, 3>>> == at::extent{3});
// The last row and the first: all rows between them.
static_assert(seen<on_image<at::circular_pad2d<1>, at::conv2d<1, 3>>> == at::extent{8, 6});
static_assert(seen<on_image<at::replication_pad2d<2>, at::conv2d<1, 3>>> == at::extent{3});
static_assert(step_of_rows<on_image<at::replication_pad2d<2>>> == 1);
// Nothing of the image, or three rows.
static_assert(seen<on_image<at::constant_pad2d<1.0, 3>, at::conv2d<1, 3>>> == at::extent{3});

static_assert(seen<on_image<at::resize2d<at::extent{16, 12}, at::bilinear>>> == at::extent{2});
static_assert(seen<on_image<at::resize2d<at::extent{16, 12}>>> == at::extent{1});
static_assert(step_of_rows<on_image<at::resize2d<at::extent{16, 12}>>> == 0.5);
static_assert(step_of_rows<on_image<at::resize2d<3>>> == 8.0 / 3);

// 8 rows in 3 parts: 0 to 2, 2 to 5, 5 to 7; 6 columns in 4: 0 to 1, 1 to 2, 3 to 4, 4 to 5.
static_assert(seen<on_image<at::adaptive_avg_pool2d<at::extent{3, 4}>>> == at::extent{4, 2});
static_assert(step_of_rows<on_image<at::adaptive_max_pool2d<at::extent{3, 4}>>> == 8.0 / 3);

static_assert(at::output_shape<on_image<at::reduce_mean<1>>> == at::shape{6, 4});
static_assert(at::output_shape<on_image<at::reduce_mean<-2>>> == at::shape{8, 4});
static_assert(at::output_shape<on_image<at::reduce_max<3>>> == at::shape{8, 6});
static_assert(at::output_shape<at::network<at::input<5>, at::reduce_max<1>>> == at::shape{1});
static_assert(seen<on_image<at::conv2d<4, 3, at::same>, at::reduce_mean<1>>> == at::extent{8, 3});
static_assert(seen<on_image<at::conv2d<4, 3, at::same>, at::reduce_max<2>>> == at::extent{3, 6});
static_assert(seen<on_image<at::conv2d<4, 3, at::same>, at::reduce_mean<3>>> == at::extent{3});
static_assert(seen<on_steps<at::conv1d<4, 3, at::causal>, at::reduce_mean<2>>> == at::extent{1, 3});

static_assert(seen<on_image<at::pixel_shuffle<2>>> == at::extent{1} &&
              seen<on_image<at::space_to_depth<2>>> == at::extent{2});
static_assert(step_of_rows<on_image<at::pixel_unshuffle<2>>> == 2 &&
              step_of_rows<on_image<at::depth_to_space<2>>> == 0.5);

static_assert(seen<on_image<at::group_norm<2>>> == at::extent{8, 6} &&
              seen<on_image<at::rms_norm<>>> == at::extent{1});
static_assert(seen<on_image<at::layer_norm<at::axes<1, 3>>>> == at::extent{8, 1});
static_assert(seen<on_steps<at::layer_norm<at::axes<1>>>> == at::extent{1, 12});
static_assert(seen<on_steps<at::glu, at::prelu<>, at::channel_padding<1, 1>>> == at::extent{1});

// An odd zero before or after: 5 cells by 2 with stride 2.
static_assert(at::conv2d<1, 2, at::stride<2>, at::same>::describe({5, 5, 1}).window.rows.before == 0);
static_assert(at::conv2d<1, 2, at::stride<2>, at::same_lower>::describe({5, 5, 1}).window.rows.before == 1);

TEST_CASE("moved cells are constants") { SUCCEED(); }
