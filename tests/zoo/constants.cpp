// SPDX-License-Identifier: BSL-1.0
// Counts, sizes and memory of published networks. Everything is a static_assert: the test passes by compiling. `agrees`
// compares every layer with weights, and the totals, with PyTorch (make_references.py); the numbers written here are those
// of the papers and of FL-16, FL-17 and FL-18.
#include <archetype/zoo.hpp>
#include "references.hpp"

namespace at = archetype;
namespace zoo = archetype::zoo;
using at::shape;
using references::agrees;
using references::arena_is_tight;

namespace {

// LeNet-5, modern.
using lenet5 = zoo::lenet5<>;
static_assert(agrees<lenet5>(references::lenet5));
static_assert(at::parameter_count<lenet5> == 61'706 && at::non_trainable_count<lenet5> == 0);
static_assert(at::multiply_accumulate_count<lenet5> == 416'520);
static_assert(at::parameter_count<lenet5, "c3"> == 2'416 && at::parameter_count<lenet5, "output"> == 850);
static_assert(at::output_shape<lenet5, "c5"> == shape{1, 1, 120} && at::output_shape<lenet5> == shape{10});
static_assert(arena_is_tight<lenet5>);

// FL-17: LeNet-5 of 1998, layer by layer: 156 + 12 + 1,516 + 32 + 48,120 + 10,164.
using lenet5_1998 = zoo::lenet5_1998;
static_assert(at::parameter_count<lenet5_1998> == 60'000 && at::non_trainable_count<lenet5_1998> == 0);
static_assert(at::parameter_count<lenet5_1998, "c1"> == 156 &&
              at::output_shape<lenet5_1998, "c1"> == shape{28, 28, 6});
static_assert(at::parameter_count<lenet5_1998, "s2"> == 12 &&
              at::output_shape<lenet5_1998, "s2"> == shape{14, 14, 6});
static_assert(at::parameter_count<lenet5_1998, "c3"> == 1'516 &&
              at::output_shape<lenet5_1998, "c3"> == shape{10, 10, 16});
static_assert(at::parameter_count<lenet5_1998, "s4"> == 32 &&
              at::output_shape<lenet5_1998, "s4"> == shape{5, 5, 16});
static_assert(at::parameter_count<lenet5_1998, "c5"> == 48'120 &&
              at::output_shape<lenet5_1998, "c5"> == shape{1, 1, 120});
static_assert(at::parameter_count<lenet5_1998, "f6"> == 10'164 && at::output_shape<lenet5_1998> == shape{84});
// One product for each weight and place; a subsampling has one for each result.
static_assert(at::multiply_accumulate_count<lenet5_1998> ==
              28 * 28 * 150 + 14 * 14 * 6 + 10 * 10 * 1'500 + 5 * 5 * 16 + 48'000 + 84 * 120);
static_assert(arena_is_tight<lenet5_1998>);

// FL-16: AlexNet. (b) one tower, (c) two, (d) narrower.
template <class Net>
constexpr bool has_sizes_of_alexnet =
    at::output_shape<Net, "conv1">.height() == 55 && at::output_shape<Net, "pool1">.height() == 27 &&
    at::output_shape<Net, "conv2">.height() == 27 && at::output_shape<Net, "pool2">.height() == 13 &&
    at::output_shape<Net, "conv3">.height() == 13 && at::output_shape<Net, "conv4">.height() == 13 &&
    at::output_shape<Net, "conv5">.height() == 13 && at::output_shape<Net, "pool5"> == shape{6, 6, 256} &&
    at::output_shape<Net> == shape{1000};
static_assert(agrees<zoo::single_tower_alexnet<>>(references::single_tower_alexnet));
static_assert(at::parameter_count<zoo::single_tower_alexnet<>> == 62'378'344);
static_assert(has_sizes_of_alexnet<zoo::single_tower_alexnet<>> &&
              arena_is_tight<zoo::single_tower_alexnet<>>);
static_assert(agrees<zoo::alexnet<>>(references::alexnet_2012) &&
              at::parameter_count<zoo::alexnet<>> == 60'965'224);
static_assert(at::parameter_count<zoo::alexnet<>, "conv1"> == 34'944 &&
              at::parameter_count<zoo::alexnet<>, "conv2"> == 307'456);
static_assert(has_sizes_of_alexnet<zoo::alexnet<>> && arena_is_tight<zoo::alexnet<>>);
static_assert(agrees<zoo::narrow_alexnet<>>(references::narrow_alexnet));
static_assert(at::parameter_count<zoo::narrow_alexnet<>> == 61'100'840);
static_assert(has_sizes_of_alexnet<zoo::narrow_alexnet<>> && arena_is_tight<zoo::narrow_alexnet<>>);
// (a): 224 x 224 without padding leaves 54, 26, 26, 12, ..., 5.
static_assert(at::output_shape<zoo::single_tower_alexnet<1000, 224>, "conv1"> == shape{54, 54, 96});
static_assert(at::output_shape<zoo::single_tower_alexnet<1000, 224>, "pool5"> == shape{5, 5, 256});
static_assert(at::parameter_count<zoo::single_tower_alexnet<1000, 224>> == 50'844'008);

// FL-16: VGG.
template <class Net>
constexpr bool has_sizes_of_vgg =
    at::output_shape<Net, "block1"> == shape{112, 112, 64} &&
    at::output_shape<Net, "block2"> == shape{56, 56, 128} &&
    at::output_shape<Net, "block3"> == shape{28, 28, 256} &&
    at::output_shape<Net, "block4"> == shape{14, 14, 512} &&
    at::output_shape<Net, "block5"> == shape{7, 7, 512} && at::output_shape<Net, "fc1"> == shape{4096} &&
    at::output_shape<Net> == shape{1000} && at::parameter_count<Net, "fc1"> == 102'764'544 &&
    at::parameter_count<Net, "fc2"> == 16'781'312 && at::parameter_count<Net, "predictions"> == 4'097'000;
static_assert(agrees<zoo::vgg_a<>>(references::vgg_a) && at::parameter_count<zoo::vgg_a<>> == 132'863'336);
static_assert(agrees<zoo::vgg_a_lrn<>>(references::vgg_a_lrn) &&
              at::parameter_count<zoo::vgg_a_lrn<>> == 132'863'336);
static_assert(agrees<zoo::vgg_b<>>(references::vgg_b) && at::parameter_count<zoo::vgg_b<>> == 133'047'848);
static_assert(agrees<zoo::vgg_c<>>(references::vgg_c) && at::parameter_count<zoo::vgg_c<>> == 133'638'952);
static_assert(agrees<zoo::vgg_d<>>(references::vgg_d) && at::parameter_count<zoo::vgg_d<>> == 138'357'544);
static_assert(agrees<zoo::vgg_e<>>(references::vgg_e) && at::parameter_count<zoo::vgg_e<>> == 143'667'240);
static_assert(has_sizes_of_vgg<zoo::vgg_a<>> && has_sizes_of_vgg<zoo::vgg_a_lrn<>> &&
              has_sizes_of_vgg<zoo::vgg_b<>>);
static_assert(has_sizes_of_vgg<zoo::vgg_c<>> && has_sizes_of_vgg<zoo::vgg16<>> &&
              has_sizes_of_vgg<zoo::vgg19<>>);
static_assert(arena_is_tight<zoo::vgg_a<>> && arena_is_tight<zoo::vgg_a_lrn<>> &&
              arena_is_tight<zoo::vgg_b<>>);
static_assert(arena_is_tight<zoo::vgg_c<>> && arena_is_tight<zoo::vgg_d<>> && arena_is_tight<zoo::vgg_e<>>);
static_assert(at::parameter_count<zoo::vgg_d<>, "block3"> == 295'168 + 2 * 590'080);

// ResNet.
template <class Net, std::size_t Expansion>
constexpr bool has_sizes_of_resnet =
    at::output_shape<Net, "stem/conv1"> == shape{112, 112, 64} &&
    at::output_shape<Net, "stem"> == shape{56, 56, 64} &&
    at::output_shape<Net, "stage1"> == shape{56, 56, 64 * Expansion} &&
    at::output_shape<Net, "stage2"> == shape{28, 28, 128 * Expansion} &&
    at::output_shape<Net, "stage3"> == shape{14, 14, 256 * Expansion} &&
    at::output_shape<Net, "stage4"> == shape{7, 7, 512 * Expansion} && at::output_shape<Net> == shape{1000} &&
    at::parameter_count<Net, "stem"> == 9'536;
static_assert(agrees<zoo::resnet18<>>(references::resnet18) &&
              at::parameter_count<zoo::resnet18<>> == 11'689'512);
static_assert(agrees<zoo::resnet34<>>(references::resnet34) &&
              at::parameter_count<zoo::resnet34<>> == 21'797'672);
static_assert(agrees<zoo::resnet50<>>(references::resnet50) &&
              at::parameter_count<zoo::resnet50<>> == 25'557'032);
static_assert(agrees<zoo::resnet101<>>(references::resnet101) &&
              at::parameter_count<zoo::resnet101<>> == 44'549'160);
static_assert(agrees<zoo::resnet152<>>(references::resnet152) &&
              at::parameter_count<zoo::resnet152<>> == 60'192'808);
static_assert(has_sizes_of_resnet<zoo::resnet18<>, 1> && has_sizes_of_resnet<zoo::resnet34<>, 1>);
static_assert(has_sizes_of_resnet<zoo::resnet50<>, 4> && has_sizes_of_resnet<zoo::resnet101<>, 4>);
static_assert(has_sizes_of_resnet<zoo::resnet152<>, 4>);
static_assert(arena_is_tight<zoo::resnet18<>> && arena_is_tight<zoo::resnet34<>> &&
              arena_is_tight<zoo::resnet50<>>);
static_assert(arena_is_tight<zoo::resnet101<>> && arena_is_tight<zoo::resnet152<>>);
// FL-18: the stages of ResNet-50, and both conventions of counting.
using resnet50 = zoo::resnet50<>;
static_assert(at::parameter_count<resnet50, "stage1"> == 215'808 &&
              at::parameter_count<resnet50, "stage2"> == 1'219'584);
static_assert(at::parameter_count<resnet50, "stage3"> == 7'098'368 &&
              at::parameter_count<resnet50, "stage4"> == 14'964'736);
static_assert(at::parameter_count<resnet50, "fc"> == 2'049'000 &&
              at::non_trainable_count<resnet50> == 2 * 26'560);
static_assert(at::output_shape<resnet50, "stage3/block2/conv1"> == shape{14, 14, 256});
static_assert(at::parameter_count<resnet50, "stage3/block1/shortcut/conv"> == 512 * 1'024);
static_assert(at::parameter_count<resnet50, "stage4/block3/conv2"> == 9 * 512 * 512);
// The stride of the paper costs 3.8e9 multiply-adds, as its table 1 says, with the same parameters.
using resnet50_2015 = zoo::resnet<zoo::bottleneck_2015, 3, 4, 6, 3>;
static_assert(at::parameter_count<resnet50_2015> == 25'557'032 && arena_is_tight<resnet50_2015>);
static_assert(at::multiply_accumulate_count<resnet50_2015> / 10'000'000 == 385);
// Others of the family: 10 classes, 64 x 64.
using small = zoo::resnet<zoo::basic_block, 1, 1, 1, 1, 10, 64>;
static_assert(at::output_shape<small, "stage4"> == shape{2, 2, 512} && at::output_shape<small> == shape{10});
static_assert(at::parameter_count<small, "fc"> == 5'130);

// GoogLeNet.
using googlenet = zoo::googlenet<>;
static_assert(agrees<googlenet>(references::googlenet) && at::parameter_count<googlenet> == 6'998'552);
static_assert(at::parameter_count<googlenet, "inception_3a"> == 163'696);
static_assert(at::parameter_count<googlenet, "inception_5b"> == 1'444'080);
static_assert(arena_is_tight<googlenet>);
template <class Net>
constexpr bool has_sizes_of_googlenet =
    at::output_shape<Net, "pool1"> == shape{56, 56, 64} &&
    at::output_shape<Net, "pool2"> == shape{28, 28, 192} &&
    at::output_shape<Net, "inception_3a"> == shape{28, 28, 256} &&
    at::output_shape<Net, "inception_3b"> == shape{28, 28, 480} &&
    at::output_shape<Net, "inception_4a"> == shape{14, 14, 512} &&
    at::output_shape<Net, "inception_4b"> == shape{14, 14, 512} &&
    at::output_shape<Net, "inception_4c"> == shape{14, 14, 512} &&
    at::output_shape<Net, "inception_4d"> == shape{14, 14, 528} &&
    at::output_shape<Net, "inception_4e"> == shape{14, 14, 832} &&
    at::output_shape<Net, "inception_5a"> == shape{7, 7, 832} &&
    at::output_shape<Net, "inception_5b"> == shape{7, 7, 1024} && at::output_shape<Net> == shape{1000};
static_assert(has_sizes_of_googlenet<googlenet>);
using with_sides = zoo::googlenet_with_side_classifiers<>;
static_assert(has_sizes_of_googlenet<with_sides> && arena_is_tight<with_sides>);
static_assert(at::output_shape<with_sides, "side1/avg_pool2d"> == shape{4, 4, 512});
static_assert(at::parameter_count<with_sides, "side1"> ==
              512 * 128 + 128 + 2'048 * 1'024 + 1'024 + 1'025'000);
static_assert(at::parameter_count<with_sides, "side2"> ==
              528 * 128 + 128 + 2'048 * 1'024 + 1'024 + 1'025'000);
static_assert(at::parameter_count<with_sides> == 13'378'280);
static_assert(at::facts_of<with_sides>.output_count == 3);
using torchvision_googlenet = zoo::googlenet<1000, 224, zoo::torchvision_googlenet>;
static_assert(agrees<torchvision_googlenet>(references::torchvision_googlenet));
static_assert(has_sizes_of_googlenet<torchvision_googlenet> && arena_is_tight<torchvision_googlenet>);

// BN-Inception: the figure's form and that of the published weights, whose 11,295,240 parameters have a bias more for each
// of 10,016 channels.
using bn_inception = zoo::bn_inception<>;
static_assert(agrees<bn_inception>(references::bn_inception) && arena_is_tight<bn_inception>);
static_assert(at::output_shape<bn_inception, "inception_3a"> == shape{28, 28, 256});
static_assert(at::output_shape<bn_inception, "inception_3b"> == shape{28, 28, 320});
static_assert(at::output_shape<bn_inception, "inception_3c"> == shape{14, 14, 576});
static_assert(at::output_shape<bn_inception, "inception_4a"> == shape{14, 14, 576});
static_assert(at::output_shape<bn_inception, "inception_4b"> == shape{14, 14, 576});
static_assert(at::output_shape<bn_inception, "inception_4c"> == shape{14, 14, 576});
static_assert(at::output_shape<bn_inception, "inception_4d"> == shape{14, 14, 576});
static_assert(at::output_shape<bn_inception, "inception_4e"> == shape{7, 7, 1024});
static_assert(at::output_shape<bn_inception, "inception_5b"> == shape{7, 7, 1024});
using caffe_bn_inception = zoo::bn_inception<1000, 224, 128>;
static_assert(agrees<caffe_bn_inception>(references::caffe_bn_inception) &&
              arena_is_tight<caffe_bn_inception>);
static_assert(at::parameter_count<caffe_bn_inception> + at::non_trainable_count<caffe_bn_inception> / 2 ==
              11'295'240);
static_assert(at::output_shape<caffe_bn_inception, "inception_4e"> == shape{7, 7, 1056});

// Inception-v3.
using inception_v3 = zoo::inception_v3<>;
static_assert(agrees<inception_v3>(references::inception_v3) &&
              at::parameter_count<inception_v3> == 23'834'568);
static_assert(at::output_shape<inception_v3, "conv2d_1a"> == shape{149, 149, 32});
static_assert(at::output_shape<inception_v3, "conv2d_2b"> == shape{147, 147, 64});
static_assert(at::output_shape<inception_v3, "pool1"> == shape{73, 73, 64});
static_assert(at::output_shape<inception_v3, "conv2d_4a"> == shape{71, 71, 192});
static_assert(at::output_shape<inception_v3, "pool2"> == shape{35, 35, 192});
static_assert(at::output_shape<inception_v3, "mixed_5b"> == shape{35, 35, 256});
static_assert(at::output_shape<inception_v3, "mixed_5d"> == shape{35, 35, 288});
static_assert(at::output_shape<inception_v3, "mixed_6a"> == shape{17, 17, 768});
static_assert(at::output_shape<inception_v3, "mixed_6e"> == shape{17, 17, 768});
static_assert(at::output_shape<inception_v3, "mixed_7a"> == shape{8, 8, 1280});
static_assert(at::output_shape<inception_v3, "mixed_7c"> == shape{8, 8, 2048});
static_assert(at::output_shape<inception_v3> == shape{1000} && arena_is_tight<inception_v3>);
using inception_v3_with_side = zoo::inception_v3_with_side_classifier<>;
static_assert(at::parameter_count<inception_v3_with_side> == 27'161'264 &&
              arena_is_tight<inception_v3_with_side>);
static_assert(at::parameter_count<inception_v3_with_side, "side"> == 3'326'696);

// FL-18: MobileNet v1, first rows and totals.
using mobilenet = zoo::mobilenet<>;
static_assert(agrees<mobilenet>(references::mobilenet) && arena_is_tight<mobilenet>);
static_assert(at::parameter_count<mobilenet> == 4'231'976 && at::non_trainable_count<mobilenet> == 21'888);
static_assert(at::total_count<mobilenet> == 4'253'864 &&
              at::multiply_accumulate_count<mobilenet> == 568'740'352);
static_assert(at::parameter_count<mobilenet, "conv1"> == 864 &&
              at::parameter_count<mobilenet, "conv1_bn"> == 64);
static_assert(at::parameter_count<mobilenet, "block1/depthwise"> == 288);
static_assert(at::parameter_count<mobilenet, "block1/depthwise_bn"> == 64);
static_assert(at::parameter_count<mobilenet, "block1/pointwise"> == 2'048);
static_assert(at::parameter_count<mobilenet, "block1/pointwise_bn"> == 128);
static_assert(at::output_shape<mobilenet, "conv1"> == shape{112, 112, 32});
static_assert(at::output_shape<mobilenet, "block1"> == shape{112, 112, 64});
static_assert(at::output_shape<mobilenet, "block3"> == shape{56, 56, 128});
static_assert(at::output_shape<mobilenet, "block5"> == shape{28, 28, 256});
static_assert(at::output_shape<mobilenet, "block11"> == shape{14, 14, 512});
static_assert(at::output_shape<mobilenet, "block13"> == shape{7, 7, 1024});
// Table 2 of the paper: 94.86 % of the multiply-adds are in 1 x 1 convolutions; 74.2 % of the parameters.
constexpr at::share pointwise = at::share_of<mobilenet, "conv2d", 1, 1>;
static_assert(pointwise.parameters > 0.7415 && pointwise.parameters < 0.7425);
static_assert(pointwise.multiply_accumulates > 0.9485 && pointwise.multiply_accumulates < 0.9495);
static_assert(at::share_of<mobilenet, "depthwise_conv2d">.parameters < 0.0107);
static_assert(at::share_of<mobilenet, "depthwise_conv2d">.multiply_accumulates < 0.0307);
// Tables 6 and 7: millions of parameters 4.2, 2.6, 1.3, 0.5; millions of multiply-adds 569, 325, 149, 41 and, by resolution,
// 569, 418, 290, 186.
using half_mobilenet = zoo::mobilenet<0.5, 160>;
static_assert(agrees<half_mobilenet>(references::half_mobilenet) && arena_is_tight<half_mobilenet>);
static_assert(at::parameter_count<zoo::mobilenet<0.75>> / 100'000 == 25 &&
              at::parameter_count<half_mobilenet> / 100'000 == 13);
static_assert(at::parameter_count<zoo::mobilenet<0.25>> / 10'000 == 47);
static_assert((at::multiply_accumulate_count<zoo::mobilenet<0.75>> + 500'000) / 1'000'000 == 325);
static_assert((at::multiply_accumulate_count<zoo::mobilenet<0.5>> + 500'000) / 1'000'000 == 149);
static_assert((at::multiply_accumulate_count<zoo::mobilenet<0.25>> + 500'000) / 1'000'000 == 41);
static_assert((at::multiply_accumulate_count<zoo::mobilenet<1, 192>> + 500'000) / 1'000'000 == 418);
static_assert(at::multiply_accumulate_count<zoo::mobilenet<1, 160>> / 1'000'000 == 290);
static_assert((at::multiply_accumulate_count<zoo::mobilenet<1, 128>> + 500'000) / 1'000'000 == 186);

// Keras' models.
static_assert(agrees<zoo::keras_mnist>(references::keras_mnist) &&
              at::parameter_count<zoo::keras_mnist> == 203'434);
static_assert(at::output_shape<zoo::keras_mnist, "conv2d"> == shape{26, 26, 64});
static_assert(at::output_shape<zoo::keras_mnist, "conv2d_1"> == shape{24, 24, 32} &&
              arena_is_tight<zoo::keras_mnist>);
static_assert(agrees<zoo::keras_cifar<>>(references::keras_cifar) &&
              at::parameter_count<zoo::keras_cifar<>> == 1'250'858);
static_assert(at::output_shape<zoo::keras_cifar<>, "max_pool2d"> == shape{15, 15, 32});
static_assert(at::output_shape<zoo::keras_cifar<>, "max_pool2d_1"> == shape{6, 6, 64} &&
              arena_is_tight<zoo::keras_cifar<>>);
static_assert(at::parameter_count<zoo::keras_cifar<28, 1>> == 889'834 &&
              arena_is_tight<zoo::keras_cifar<28, 1>>);

// U-Net: the sizes in its figure 1.
using unet = zoo::unet<>;
static_assert(agrees<unet>(references::unet) && at::parameter_count<unet> == 31'030'658 &&
              arena_is_tight<unet>);
static_assert(at::output_shape<unet, "down1"> == shape{284, 284, 64} &&
              at::output_shape<unet, "down2"> == shape{140, 140, 128});
static_assert(at::output_shape<unet, "down3"> == shape{68, 68, 256} &&
              at::output_shape<unet, "down4"> == shape{32, 32, 512});
static_assert(at::output_shape<unet, "bottom"> == shape{28, 28, 1024});
static_assert(at::output_shape<unet, "up4/concatenate"> == shape{56, 56, 1024} &&
              at::output_shape<unet, "up4"> == shape{52, 52, 512});
static_assert(at::output_shape<unet, "up3"> == shape{100, 100, 256} &&
              at::output_shape<unet, "up2"> == shape{196, 196, 128});
static_assert(at::output_shape<unet, "up1"> == shape{388, 388, 64} &&
              at::output_shape<unet> == shape{388, 388, 2});

// DenseNet.
using densenet121 = zoo::densenet121<>;
static_assert(agrees<densenet121>(references::densenet121) && at::parameter_count<densenet121> == 7'978'856);
static_assert(at::parameter_count<zoo::densenet169<>> == 14'149'480);
static_assert(at::parameter_count<zoo::densenet201<>> == 20'013'928);
static_assert(at::output_shape<densenet121, "pool0"> == shape{56, 56, 64});
static_assert(at::output_shape<densenet121, "denseblock1"> == shape{56, 56, 256});
static_assert(at::output_shape<densenet121, "transition1"> == shape{28, 28, 128});
static_assert(at::output_shape<densenet121, "denseblock2"> == shape{28, 28, 512});
static_assert(at::output_shape<densenet121, "denseblock3"> == shape{14, 14, 1024});
static_assert(at::output_shape<densenet121, "denseblock4"> == shape{7, 7, 1024});
static_assert(at::output_shape<densenet121> == shape{1000} && arena_is_tight<densenet121>);

}  // namespace
