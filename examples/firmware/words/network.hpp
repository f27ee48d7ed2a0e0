// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Keyword spotting in 98 frames of 40 coefficients by the keyword transformer KWT-1 (Berg, O'Connor, Cruz 2021): 12 encoders, 64
/// wide, 607,308 parameters, twelve words.
#pragma once
#include <archetype/inference.hpp>
#include <archetype/zoo/kwt.hpp>

namespace at = archetype;

inline constexpr std::size_t word_count = 12, frame_count = 98, coefficient_count = 40,
                             number_count = frame_count * coefficient_count;
using words = at::zoo::kwt_1<word_count>;

static_assert(at::parameter_count<words> == 607'308);
static_assert(at::quantizable<words>);
