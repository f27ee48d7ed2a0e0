// SPDX-License-Identifier: BSL-1.0
/// @file all.hpp
/// The form in streams of every layer that remembers past rows, or multiplies with matrices.
#pragma once
#include <archetype/execution/stream/forms/attention.hpp>
#include <archetype/execution/stream/forms/contraction.hpp>
#include <archetype/execution/stream/forms/pooling.hpp>
#include <archetype/execution/stream/forms/positions.hpp>
#include <archetype/execution/stream/forms/recurrent.hpp>
#include <archetype/execution/stream/forms/recurrent_lines.hpp>
#include <archetype/execution/stream/forms/transpose.hpp>
#include <archetype/execution/stream/forms/upsampling.hpp>
