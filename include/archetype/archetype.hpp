// SPDX-License-Identifier: BSL-1.0
/// @file archetype.hpp
/// Everything.
#pragma once
#include <archetype/inference.hpp>
#include <archetype/training.hpp>
