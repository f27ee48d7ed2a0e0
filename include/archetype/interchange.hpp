// SPDX-License-Identifier: BSL-1.0
/// @file interchange.hpp
/// The whole interchange room: models in files of this library and of others, weights as constants, checkpoints.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/interchange/checkpoint.hpp>
#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/constant_object.hpp>
#include <archetype/interchange/hugging_face/load_bert.hpp>
#include <archetype/interchange/hugging_face/load_gpt2.hpp>
#include <archetype/interchange/int8_weights_file.hpp>
#include <archetype/interchange/integers/given_quantization_file.hpp>
#include <archetype/interchange/keras/load_keras.hpp>
#include <archetype/interchange/keras/write_keras_weights.hpp>
#include <archetype/interchange/keras_json.hpp>
#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/interchange/load_into.hpp>
#include <archetype/interchange/load_torch.hpp>
#include <archetype/interchange/model_file.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/interchange/quantized_file.hpp>
#include <archetype/interchange/safetensors.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <archetype/interchange/torch/write_torch_safetensors.hpp>
#include <archetype/interchange/torch_file.hpp>
#include <archetype/interchange/weights_image_file.hpp>
#include <archetype/interchange/write_file.hpp>

#include <archetype/pop_macros.hpp>  // comes last
