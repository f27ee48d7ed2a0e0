// SPDX-License-Identifier: BSL-1.0
/// @file architecture.hpp
/// The language of architectures: shapes, counts and checks at compile time. Needs the standard library and Boost.Mp11.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/architecture/check.hpp>
#include <archetype/architecture/counts.hpp>
#include <archetype/architecture/expectations.hpp>
#include <archetype/architecture/explanation.hpp>
#include <archetype/architecture/layers.hpp>
#include <archetype/architecture/parts/bidirectional.hpp>
#include <archetype/architecture/parts/frozen.hpp>
#include <archetype/architecture/parts/grouped.hpp>
#include <archetype/architecture/parts/masked_recurrence.hpp>
#include <archetype/architecture/parts/recompute.hpp>
#include <archetype/architecture/parts/with_states.hpp>
#include <archetype/architecture/parts/with_winograd.hpp>
#include <archetype/architecture/plan.hpp>
#include <archetype/architecture/receptive_field.hpp>
#include <archetype/architecture/summary.hpp>
#include <archetype/version.hpp>

#include <archetype/pop_macros.hpp>  // comes last
