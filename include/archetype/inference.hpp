// SPDX-License-Identifier: BSL-1.0
/// @file inference.hpp
/// Networks with constant weights: no heap, no exceptions, no RTTI, freestanding.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

// First what reports, so that compilers' lists of includes are short.
#include <archetype/weights.hpp>
//
#include <archetype/architecture.hpp>
//
#include <archetype/execution/inference/object_report.hpp>
//
#include <archetype/execution/integers/integer_rules.hpp>
//
#include <archetype/execution/budget.hpp>
#include <archetype/execution/inference/embedded.hpp>
#include <archetype/execution/inference/inference.hpp>
#include <archetype/execution/inference/with_feedback.hpp>
#include <archetype/execution/inference/with_input.hpp>
#include <archetype/execution/integers/quantized_inference.hpp>
#include <archetype/execution/integers/weight_quantized_inference.hpp>
#include <archetype/execution/integers/weights_image.hpp>
#include <archetype/execution/stream/embedded_stream.hpp>
#include <archetype/execution/stream/integers/quantized_stream.hpp>
#include <archetype/execution/stream/integers/weight_quantized_stream.hpp>
#include <archetype/execution/stream/stream.hpp>

#include <archetype/pop_macros.hpp>  // comes last
