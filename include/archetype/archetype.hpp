// SPDX-License-Identifier: BSL-1.0
/// @file archetype.hpp
/// Everything but the statistics room, which needs BLAS.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/inference.hpp>
#include <archetype/training.hpp>

#include <archetype/pop_macros.hpp>  // comes last
