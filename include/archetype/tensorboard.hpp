// SPDX-License-Identifier: BSL-1.0
/// @file tensorboard.hpp
/// Curves for TensorBoard. Needs protozero's headers besides what `archetype.hpp` needs (Debian: libprotozero-dev).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/plotting/tensorboard/tensorboard_log.hpp>

#include <archetype/pop_macros.hpp>  // comes last
