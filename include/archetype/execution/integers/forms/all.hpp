// SPDX-License-Identifier: BSL-1.0
/// @file all.hpp
/// The form with integers of every layer that has one.
#pragma once
#include <archetype/execution/integers/forms/attention.hpp>
#include <archetype/execution/integers/forms/contraction.hpp>
#include <archetype/execution/integers/forms/layer_norm.hpp>
#include <archetype/execution/integers/forms/operand.hpp>
#include <archetype/execution/integers/forms/piece_max.hpp>
#include <archetype/execution/integers/forms/pointwise.hpp>
#include <archetype/execution/integers/forms/pooling.hpp>
#include <archetype/execution/integers/forms/rearrangement.hpp>
#include <archetype/execution/integers/forms/recurrent.hpp>
#include <archetype/execution/integers/forms/resample2d.hpp>
#include <archetype/execution/integers/forms/row_activations.hpp>
#include <archetype/execution/integers/forms/table.hpp>
#include <archetype/execution/integers/forms/transpose.hpp>
