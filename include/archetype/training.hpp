// SPDX-License-Identifier: BSL-1.0
/// @file training.hpp
/// Models that own their parameters, their training, and the files they come from and go to.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/architecture.hpp>
#include <archetype/data/augment.hpp>
#include <archetype/data/batches.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/data/split.hpp>
#include <archetype/execution/host/attention_maps.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/host/named_parameters.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>
#include <archetype/interchange/checkpoint.hpp>
#include <archetype/interchange/int8_weights_file.hpp>
#include <archetype/interchange/model_file.hpp>
#include <archetype/interchange/quantized_file.hpp>
#include <archetype/interchange/weights_image_file.hpp>
#include <archetype/training/gradients.hpp>
#include <archetype/training/search.hpp>
#include <archetype/training/trainer.hpp>

#include <archetype/pop_macros.hpp>  // comes last
