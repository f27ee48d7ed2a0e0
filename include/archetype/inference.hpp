// SPDX-License-Identifier: BSL-1.0
/// @file inference.hpp
/// Networks with constant weights: no heap, no exceptions, no RTTI, freestanding.
#pragma once
#include <archetype/architecture.hpp>
#include <archetype/execution/budget.hpp>
#include <archetype/execution/embedded.hpp>
#include <archetype/execution/embedded_stream.hpp>
#include <archetype/execution/inference.hpp>
#include <archetype/execution/quantized_inference.hpp>
#include <archetype/execution/stream.hpp>
#include <archetype/execution/weight_quantized_inference.hpp>
