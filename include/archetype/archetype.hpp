// SPDX-License-Identifier: BSL-1.0
/// @file archetype.hpp
/// Everything but the statistics room, which needs BLAS, ONNX files, which need protozero, and pictures, which need libpng
/// and libjpeg.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/data.hpp>
#include <archetype/embedded_training.hpp>
#include <archetype/execution/constant_weights.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/int8_weights.hpp>
#include <archetype/execution/quantize/given_quantization_of.hpp>
#include <archetype/execution/quantize/quantization_aware.hpp>
#include <archetype/execution/quantized_layout.hpp>
#include <archetype/expression.hpp>
#include <archetype/extend.hpp>
#include <archetype/inference.hpp>
#include <archetype/interchange.hpp>
#include <archetype/plotting.hpp>
#include <archetype/text.hpp>
#include <archetype/training.hpp>
#include <archetype/training/architecture_search.hpp>
#include <archetype/training/classification_losses.hpp>
#include <archetype/training/ctc.hpp>
#include <archetype/training/epoch_metrics.hpp>
#include <archetype/training/fit/reading.hpp>
#include <archetype/training/fit/training_bytes.hpp>
#include <archetype/training/gradient_summary.hpp>
#include <archetype/training/rate_range.hpp>
#include <archetype/training/reduce_on_plateau.hpp>
#include <archetype/training/several_losses.hpp>
#include <archetype/training/twin_losses.hpp>
#include <archetype/training/weight_average.hpp>
#include <archetype/zoo.hpp>

#include <archetype/pop_macros.hpp>  // comes last
