// SPDX-License-Identifier: BSL-1.0
/// @file sound.hpp
/// Sounds from WAV and other files, which takes libsndfile (-lsndfile).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/data/sounds/sound_file.hpp>
#include <archetype/data/sounds/sound_folder.hpp>

#include <archetype/pop_macros.hpp>  // comes last
