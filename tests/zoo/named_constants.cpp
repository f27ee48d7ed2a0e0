// SPDX-License-Identifier: BSL-1.0
// Counts, sizes, memory and names of networks that torchvision has with the same names. Everything is a static_assert: the
// test passes by compiling. `agrees` compares every layer with weights, and the totals, with torchvision, `has_names` the
// names of all layers with parameters (make_references.py); the numbers written here are those that its authors state.
#include <archetype/zoo/convnext.hpp>
#include <archetype/zoo/deeplab_v3.hpp>
#include <archetype/zoo/efficientnet.hpp>
#include <archetype/zoo/mnasnet.hpp>
#include <archetype/zoo/mobilenet_v2.hpp>
#include <archetype/zoo/mobilenet_v3.hpp>
#include <archetype/zoo/regnet.hpp>
#include <archetype/zoo/resnext.hpp>
#include <archetype/zoo/shufflenet_v2.hpp>
#include <archetype/zoo/squeezenet.hpp>
#include <archetype/zoo/video_resnet.hpp>
#include "named_references.hpp"

namespace at = archetype;
namespace zoo = archetype::zoo;
using at::shape;
using references::agrees;
using references::arena_is_tight;
using references::has_names;

namespace {

// MobileNet v2: table 2; table 4 states 300 M multiply-adds and 3.4 M parameters.
using mobilenet_v2 = zoo::mobilenet_v2<>;
static_assert(agrees<mobilenet_v2>(references::mobilenet_v2) &&
              has_names<mobilenet_v2>(references::names_of_mobilenet_v2));
static_assert(at::parameter_count<mobilenet_v2> == 3'504'872 && arena_is_tight<mobilenet_v2>);
static_assert(at::multiply_accumulate_count<mobilenet_v2> / 1'000'000 == 300);
static_assert(at::output_shape<mobilenet_v2, "features/0"> == shape{112, 112, 32});
static_assert(at::output_shape<mobilenet_v2, "features/1"> == shape{112, 112, 16});
static_assert(at::output_shape<mobilenet_v2, "features/3"> == shape{56, 56, 24});
static_assert(at::output_shape<mobilenet_v2, "features/6"> == shape{28, 28, 32});
static_assert(at::output_shape<mobilenet_v2, "features/10"> == shape{14, 14, 64});
static_assert(at::output_shape<mobilenet_v2, "features/13"> == shape{14, 14, 96});
static_assert(at::output_shape<mobilenet_v2, "features/16"> == shape{7, 7, 160});
static_assert(at::output_shape<mobilenet_v2, "features/17"> == shape{7, 7, 320});
static_assert(at::output_shape<mobilenet_v2, "features/18"> == shape{7, 7, 1280});
using half_mobilenet_v2 = zoo::mobilenet_v2<0.5, 1000, 160>;
static_assert(agrees<half_mobilenet_v2>(references::half_mobilenet_v2) &&
              has_names<half_mobilenet_v2>(references::names_of_half_mobilenet_v2));
static_assert(at::parameter_count<half_mobilenet_v2> == 1'968'680 && arena_is_tight<half_mobilenet_v2>);
// The list of its authors' trained networks: 6.06 million parameters, 582 million multiply-adds.
static_assert((at::parameter_count<zoo::mobilenet_v2<1.4>> + 5'000) / 10'000 == 611);
static_assert((at::multiply_accumulate_count<zoo::mobilenet_v2<1.4>> + 500'000) / 1'000'000 == 582);

// MobileNet v3: tables 1 and 2; 219 M and 56 M multiply-adds, 5.4 M and 2.5 M parameters.
using mobilenet_v3_large = zoo::mobilenet_v3_large<>;
static_assert(agrees<mobilenet_v3_large>(references::mobilenet_v3_large) &&
              has_names<mobilenet_v3_large>(references::names_of_mobilenet_v3_large));
static_assert(at::parameter_count<mobilenet_v3_large> == 5'483'032 && arena_is_tight<mobilenet_v3_large>);
static_assert(at::output_shape<mobilenet_v3_large, "features/4"> == shape{28, 28, 40});
static_assert(at::output_shape<mobilenet_v3_large, "features/4/block/2"> == shape{28, 28, 72});
static_assert(at::output_shape<mobilenet_v3_large, "features/12"> == shape{14, 14, 112});
static_assert(at::output_shape<mobilenet_v3_large, "features/16"> == shape{7, 7, 960});
using mobilenet_v3_small = zoo::mobilenet_v3_small<>;
static_assert(agrees<mobilenet_v3_small>(references::mobilenet_v3_small) &&
              has_names<mobilenet_v3_small>(references::names_of_mobilenet_v3_small));
static_assert(at::parameter_count<mobilenet_v3_small> == 2'542'856 && arena_is_tight<mobilenet_v3_small>);
static_assert(at::output_shape<mobilenet_v3_small, "features/1"> == shape{56, 56, 16});
static_assert(at::output_shape<mobilenet_v3_small, "features/8"> == shape{14, 14, 48});
static_assert(at::output_shape<mobilenet_v3_small, "features/12"> == shape{7, 7, 576});
static_assert((at::multiply_accumulate_count<mobilenet_v3_small> + 500'000) / 1'000'000 == 57);

// SqueezeNet: table 1 states 1,248,424 parameters.
using squeezenet1_0 = zoo::squeezenet1_0<>;
static_assert(agrees<squeezenet1_0>(references::squeezenet1_0) &&
              has_names<squeezenet1_0>(references::names_of_squeezenet1_0));
static_assert(at::parameter_count<squeezenet1_0> == 1'248'424 && arena_is_tight<squeezenet1_0>);
static_assert(at::output_shape<squeezenet1_0, "features/5"> == shape{54, 54, 256});
static_assert(at::output_shape<squeezenet1_0, "features/12"> == shape{13, 13, 512});
using squeezenet1_1 = zoo::squeezenet1_1<>;
static_assert(agrees<squeezenet1_1>(references::squeezenet1_1) &&
              has_names<squeezenet1_1>(references::names_of_squeezenet1_1));
static_assert(at::parameter_count<squeezenet1_1> == 1'235'496 && arena_is_tight<squeezenet1_1>);
static_assert(at::output_shape<squeezenet1_1, "features/12"> == shape{13, 13, 512});
// Its authors: 2.4 times less computation.
static_assert(at::multiply_accumulate_count<squeezenet1_0> >
              2.3 * at::multiply_accumulate_count<squeezenet1_1>);

// ShuffleNet v2: table 8 states 41, 146, 299 and 591 M multiply-adds (with poolings), 1.4, 2.3, 3.5 and 7.4 M parameters.
using shufflenet_v2_x0_5 = zoo::shufflenet_v2_x0_5<>;
static_assert(agrees<shufflenet_v2_x0_5>(references::shufflenet_v2_x0_5) &&
              has_names<shufflenet_v2_x0_5>(references::names_of_shufflenet_v2_x0_5));
static_assert(at::parameter_count<shufflenet_v2_x0_5> == 1'366'792 && arena_is_tight<shufflenet_v2_x0_5>);
using shufflenet_v2_x1_0 = zoo::shufflenet_v2_x1_0<>;
static_assert(agrees<shufflenet_v2_x1_0>(references::shufflenet_v2_x1_0) &&
              has_names<shufflenet_v2_x1_0>(references::names_of_shufflenet_v2_x1_0));
static_assert(at::parameter_count<shufflenet_v2_x1_0> == 2'278'604 && arena_is_tight<shufflenet_v2_x1_0>);
using shufflenet_v2_x1_5 = zoo::shufflenet_v2_x1_5<>;
static_assert(agrees<shufflenet_v2_x1_5>(references::shufflenet_v2_x1_5) &&
              has_names<shufflenet_v2_x1_5>(references::names_of_shufflenet_v2_x1_5));
static_assert(at::parameter_count<shufflenet_v2_x1_5> == 3'503'624 && arena_is_tight<shufflenet_v2_x1_5>);
using shufflenet_v2_x2_0 = zoo::shufflenet_v2_x2_0<>;
static_assert(agrees<shufflenet_v2_x2_0>(references::shufflenet_v2_x2_0) &&
              has_names<shufflenet_v2_x2_0>(references::names_of_shufflenet_v2_x2_0));
static_assert(at::parameter_count<shufflenet_v2_x2_0> == 7'393'996 && arena_is_tight<shufflenet_v2_x2_0>);
static_assert(at::output_shape<shufflenet_v2_x1_0, "maxpool"> == shape{56, 56, 24});
static_assert(at::output_shape<shufflenet_v2_x1_0, "stage2"> == shape{28, 28, 116});
static_assert(at::output_shape<shufflenet_v2_x1_0, "stage3"> == shape{14, 14, 232});
static_assert(at::output_shape<shufflenet_v2_x1_0, "stage4"> == shape{7, 7, 464});
static_assert(at::output_shape<shufflenet_v2_x1_0, "conv5"> == shape{7, 7, 1024});

// EfficientNet: table 2 states 5.3, 7.8, 9.2, 12, 19, 30, 43 and 66 M parameters, 0.39 to 37 G multiply-adds.
using efficientnet_b0 = zoo::efficientnet_b0<>;
static_assert(agrees<efficientnet_b0>(references::efficientnet_b0) &&
              has_names<efficientnet_b0>(references::names_of_efficientnet_b0));
static_assert(at::parameter_count<efficientnet_b0> == 5'288'548 && arena_is_tight<efficientnet_b0>);
using efficientnet_b1 = zoo::efficientnet_b1<>;
static_assert(agrees<efficientnet_b1>(references::efficientnet_b1) &&
              has_names<efficientnet_b1>(references::names_of_efficientnet_b1));
static_assert(at::parameter_count<efficientnet_b1> == 7'794'184 && arena_is_tight<efficientnet_b1>);
using efficientnet_b2 = zoo::efficientnet_b2<>;
static_assert(agrees<efficientnet_b2>(references::efficientnet_b2) &&
              has_names<efficientnet_b2>(references::names_of_efficientnet_b2));
static_assert(at::parameter_count<efficientnet_b2> == 9'109'994 && arena_is_tight<efficientnet_b2>);
using efficientnet_b3 = zoo::efficientnet_b3<>;
static_assert(agrees<efficientnet_b3>(references::efficientnet_b3) &&
              has_names<efficientnet_b3>(references::names_of_efficientnet_b3));
static_assert(at::parameter_count<efficientnet_b3> == 12'233'232 && arena_is_tight<efficientnet_b3>);
using efficientnet_b4 = zoo::efficientnet_b4<>;
static_assert(agrees<efficientnet_b4>(references::efficientnet_b4) &&
              has_names<efficientnet_b4>(references::names_of_efficientnet_b4));
static_assert(at::parameter_count<efficientnet_b4> == 19'341'616 && arena_is_tight<efficientnet_b4>);
using efficientnet_b5 = zoo::efficientnet_b5<>;
static_assert(agrees<efficientnet_b5>(references::efficientnet_b5) &&
              has_names<efficientnet_b5>(references::names_of_efficientnet_b5));
static_assert(at::parameter_count<efficientnet_b5> == 30'389'784 && arena_is_tight<efficientnet_b5>);
using efficientnet_b6 = zoo::efficientnet_b6<>;
static_assert(agrees<efficientnet_b6>(references::efficientnet_b6) &&
              has_names<efficientnet_b6>(references::names_of_efficientnet_b6));
static_assert(at::parameter_count<efficientnet_b6> == 43'040'704 && arena_is_tight<efficientnet_b6>);
using efficientnet_b7 = zoo::efficientnet_b7<>;
static_assert(agrees<efficientnet_b7>(references::efficientnet_b7) &&
              has_names<efficientnet_b7>(references::names_of_efficientnet_b7));
static_assert(at::parameter_count<efficientnet_b7> == 66'347'960 && arena_is_tight<efficientnet_b7>);
// Stochastic depth, of 16 blocks: with 0.2 b / 16, and of 18 with 0.1 b / 17. As torchvision's stochastic_depth.p.
template <class Net, at::name Part>
constexpr double drop_rate =
    at::facts_of<Net>.nodes[at::facts_of<Net>.scopes[at::detail::scope_of<Net, Part>].first].rate;
static_assert(drop_rate<efficientnet_b0, "features/2/1/stochastic_depth"> == 0.2 * 2 / 16 &&
              drop_rate<efficientnet_b0, "features/6/3/stochastic_depth"> == 0.2 * 14 / 16);
static_assert(at::output_shape<efficientnet_b0, "features/1"> == shape{112, 112, 16});
static_assert(at::output_shape<efficientnet_b0, "features/2"> == shape{56, 56, 24});
static_assert(at::output_shape<efficientnet_b0, "features/3"> == shape{28, 28, 40});
static_assert(at::output_shape<efficientnet_b0, "features/4"> == shape{14, 14, 80});
static_assert(at::output_shape<efficientnet_b0, "features/5"> == shape{14, 14, 112});
static_assert(at::output_shape<efficientnet_b0, "features/6"> == shape{7, 7, 192});
static_assert(at::output_shape<efficientnet_b0, "features/7"> == shape{7, 7, 320});
static_assert(at::output_shape<efficientnet_b0, "features/8"> == shape{7, 7, 1280});

// ResNeXt and Wide-ResNet; the names are those of ResNet here.
using resnext50_32x4d = zoo::resnext50_32x4d<>;
static_assert(agrees<resnext50_32x4d>(references::resnext50_32x4d) &&
              at::parameter_count<resnext50_32x4d> == 25'028'904);
static_assert(arena_is_tight<resnext50_32x4d>);
using resnext101_32x8d = zoo::resnext101_32x8d<>;
static_assert(agrees<resnext101_32x8d>(references::resnext101_32x8d) &&
              at::parameter_count<resnext101_32x8d> == 88'791'336);
static_assert(arena_is_tight<resnext101_32x8d>);
using resnext101_64x4d = zoo::resnext101_64x4d<>;
static_assert(agrees<resnext101_64x4d>(references::resnext101_64x4d) &&
              at::parameter_count<resnext101_64x4d> == 83'455'272);
static_assert(arena_is_tight<resnext101_64x4d>);
using wide_resnet50_2 = zoo::wide_resnet50_2<>;
static_assert(agrees<wide_resnet50_2>(references::wide_resnet50_2) &&
              at::parameter_count<wide_resnet50_2> == 68'883'240);
static_assert(arena_is_tight<wide_resnet50_2>);
using wide_resnet101_2 = zoo::wide_resnet101_2<>;
static_assert(agrees<wide_resnet101_2>(references::wide_resnet101_2) &&
              at::parameter_count<wide_resnet101_2> == 126'886'696);
static_assert(arena_is_tight<wide_resnet101_2>);
static_assert(at::output_shape<resnext50_32x4d, "stage1"> == shape{56, 56, 256});
static_assert(at::output_shape<resnext50_32x4d, "stage2/block1/conv2"> == shape{28, 28, 256});
static_assert(at::output_shape<wide_resnet50_2, "stage4/block3/conv2"> == shape{7, 7, 1024});

// Videos.
using r3d_18 = zoo::r3d_18<>;
static_assert(agrees<r3d_18>(references::r3d_18) && has_names<r3d_18>(references::names_of_r3d_18));
static_assert(at::parameter_count<r3d_18> == 33'371'472 && arena_is_tight<r3d_18>);
using mc3_18 = zoo::mc3_18<>;
static_assert(agrees<mc3_18>(references::mc3_18) && has_names<mc3_18>(references::names_of_mc3_18));
using r2plus1d_18 = zoo::r2plus1d_18<>;
static_assert(agrees<r2plus1d_18>(references::r2plus1d_18) &&
              has_names<r2plus1d_18>(references::names_of_r2plus1d_18));

// Segmentation.
static_assert(agrees<zoo::deeplab_v3_resnet50<21, 64>>(references::deeplab_v3_resnet50));
using deeplab = zoo::deeplab_v3_resnet50<>;
static_assert(at::parameter_count<deeplab> == 39'638'869 && arena_is_tight<deeplab>);
static_assert(at::output_shape<deeplab, "classifier"> == shape{64, 64, 21} &&
              at::output_shape<deeplab> == shape{512, 512, 21});

// MNASNet.
using mnasnet0_5 = zoo::mnasnet<0.5>;
static_assert(agrees<mnasnet0_5>(references::mnasnet0_5) &&
              has_names<mnasnet0_5>(references::names_of_mnasnet0_5));
static_assert(at::parameter_count<mnasnet0_5> == 2'218'512 && arena_is_tight<mnasnet0_5>);
using mnasnet1_0 = zoo::mnasnet<>;
static_assert(agrees<mnasnet1_0>(references::mnasnet1_0) &&
              has_names<mnasnet1_0>(references::names_of_mnasnet1_0));
static_assert(at::parameter_count<mnasnet1_0> == 4'383'312 && arena_is_tight<mnasnet1_0>);
static_assert(at::parameter_count<zoo::mnasnet<0.75>> == 3'170'208 &&
              at::parameter_count<zoo::mnasnet<1.3>> == 6'282'256);
static_assert(at::output_shape<mnasnet1_0, "layers/8"> == shape{56, 56, 24});
static_assert(at::output_shape<mnasnet1_0, "layers/13"> == shape{7, 7, 320});

// RegNetY-400MF: 4.3 M parameters, 0.4 G multiply-adds.
using regnet_y_400mf = zoo::regnet_y_400mf<>;
static_assert(agrees<regnet_y_400mf>(references::regnet_y_400mf) &&
              has_names<regnet_y_400mf>(references::names_of_regnet_y_400mf));
static_assert(at::parameter_count<regnet_y_400mf> == 4'344'144 && arena_is_tight<regnet_y_400mf>);
static_assert(at::output_shape<regnet_y_400mf, "trunk_output/block1"> == shape{56, 56, 48});
static_assert(at::output_shape<regnet_y_400mf, "trunk_output/block4"> == shape{7, 7, 440});

// ConvNeXt-T: table 9 and table 1 state 28.6 M parameters, 4.5 G multiply-adds.
using convnext_tiny = zoo::convnext_tiny<>;
static_assert(agrees<convnext_tiny>(references::convnext_tiny) &&
              has_names<convnext_tiny>(references::names_of_convnext_tiny));
static_assert(at::parameter_count<convnext_tiny> == 28'589'128 && arena_is_tight<convnext_tiny>);
static_assert(drop_rate<convnext_tiny, "features/1/1/stochastic_depth"> == 0.1 * 1 / 17 &&
              drop_rate<convnext_tiny, "features/7/2/stochastic_depth"> == 0.1);
static_assert(at::output_shape<convnext_tiny, "features/0"> == shape{56, 56, 96});
static_assert(at::output_shape<convnext_tiny, "features/3"> == shape{28, 28, 192});
static_assert(at::output_shape<convnext_tiny, "features/5"> == shape{14, 14, 384});
static_assert(at::output_shape<convnext_tiny, "features/7"> == shape{7, 7, 768});
static_assert(at::parameter_count<convnext_tiny, "features/1/0/layer_scale"> == 96);

}  // namespace
