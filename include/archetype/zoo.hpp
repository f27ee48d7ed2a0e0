// SPDX-License-Identifier: BSL-1.0
/// @file zoo.hpp
/// Published networks as types.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/zoo/alexnet.hpp>
#include <archetype/zoo/amp_wavenet.hpp>
#include <archetype/zoo/bert.hpp>
#include <archetype/zoo/bn_inception.hpp>
#include <archetype/zoo/convnext.hpp>
#include <archetype/zoo/deeplab_v3.hpp>
#include <archetype/zoo/densenet.hpp>
#include <archetype/zoo/efficientnet.hpp>
#include <archetype/zoo/googlenet.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/inception_v3.hpp>
#include <archetype/zoo/keras_models.hpp>
#include <archetype/zoo/kwt.hpp>
#include <archetype/zoo/lenet5.hpp>
#include <archetype/zoo/llama.hpp>
#include <archetype/zoo/mnasnet.hpp>
#include <archetype/zoo/mobilenet.hpp>
#include <archetype/zoo/mobilenet_v2.hpp>
#include <archetype/zoo/mobilenet_v3.hpp>
#include <archetype/zoo/regnet.hpp>
#include <archetype/zoo/resnet.hpp>
#include <archetype/zoo/resnext.hpp>
#include <archetype/zoo/sequences/crnn.hpp>
#include <archetype/zoo/sequences/tcn.hpp>
#include <archetype/zoo/sequences/wavenet_vocoder.hpp>
#include <archetype/zoo/shufflenet_v2.hpp>
#include <archetype/zoo/squeezenet.hpp>
#include <archetype/zoo/unet.hpp>
#include <archetype/zoo/vgg.hpp>
#include <archetype/zoo/video_resnet.hpp>
#include <archetype/zoo/vit.hpp>
#include <archetype/zoo/wavenet.hpp>

#include <archetype/pop_macros.hpp>  // comes last
