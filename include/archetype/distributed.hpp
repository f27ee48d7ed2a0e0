// SPDX-License-Identifier: BSL-1.0
/// @file distributed.hpp
/// Training and search by several processes, on one machine or many. Link with archetype::distributed, or compile with an MPI's
/// `mpicxx` (Debian: libopenmpi-dev or libmpich-dev).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/distributed/distributed_checkpoint.hpp>
#include <archetype/distributed/distributed_trainer.hpp>
#include <archetype/distributed/over_ranks.hpp>
#include <archetype/distributed/process_group.hpp>
#include <archetype/distributed/shards.hpp>

#include <archetype/pop_macros.hpp>  // comes last
