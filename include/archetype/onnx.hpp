// SPDX-License-Identifier: BSL-1.0
/// @file onnx.hpp
/// Models as ONNX files. Needs protozero's headers besides what `archetype.hpp` needs (Debian: libprotozero-dev).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/interchange/onnx/write_onnx.hpp>

#include <archetype/pop_macros.hpp>  // comes last
