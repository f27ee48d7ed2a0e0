// SPDX-License-Identifier: BSL-1.0
/// @file expression.hpp
/// The whole expression room: functions, evaluation, derivatives, activations, losses, optimizer updates.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/expression/activations.hpp>
#include <archetype/expression/differentiate.hpp>
#include <archetype/expression/losses.hpp>
#include <archetype/expression/updates.hpp>

#include <archetype/pop_macros.hpp>  // comes last
