// SPDX-License-Identifier: BSL-1.0
/// @file embedded_training.hpp
/// Training in a microcontroller's program: no heap, no exceptions, no RTTI, freestanding.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/inference.hpp>
#include <archetype/training/device/embedded_trainer.hpp>

#include <archetype/pop_macros.hpp>  // comes last
