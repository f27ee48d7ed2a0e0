// SPDX-License-Identifier: BSL-1.0
/// @file files.hpp
/// Weights of models from ONNX, TFLite and Keras files. Link with archetype::files; needs protozero's headers besides what
/// `archetype.hpp` needs (Debian: libprotozero-dev).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/interchange/graphs/fill_from_file.hpp>
#include <archetype/interchange/graphs/graph_loader.hpp>
#include <archetype/interchange/graphs/integer_loader.hpp>
#include <archetype/interchange/graphs/load_keras_model.hpp>
#include <archetype/interchange/graphs/load_onnx.hpp>
#include <archetype/interchange/graphs/load_tflite.hpp>

#include <archetype/pop_macros.hpp>  // comes last
