// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// A Llama of 260,032 weights that tells stories, token by token. The type says how many tokens it remembers: keys and values of 64
/// are 80 KB, of 512 640 KB.
#pragma once
#include <archetype/inference.hpp>
#include <archetype/zoo/llama.hpp>

namespace at = archetype;
using namespace at::literals;

inline constexpr std::size_t story_steps = 64;
using stories = at::zoo::stories260k<story_steps>;

static_assert(at::parameter_count<stories> == 260'032);
static_assert(at::state_bytes<stories> == 5 * 2 * 32 * story_steps * sizeof(float));
static_assert(at::fits<stories, at::flash<1100_KiB>>);
