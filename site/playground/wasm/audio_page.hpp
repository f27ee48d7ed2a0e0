// SPDX-License-Identifier: BSL-1.0
/// @file audio_page.hpp
/// What the audio worklet calls: `block()` is room for samples, `process(count)` puts their results in their place.
#pragma once
#include <cstddef>

#include "page_text.hpp"

namespace page {
constexpr std::size_t most_samples = 1024;
inline float samples[most_samples];
}  // namespace page
