// SPDX-License-Identifier: BSL-1.0
/// @file network_report.hpp
/// What a network's constants say, in lines that tools/firmware_figures.py compares with what was linked and run.
#pragma once
#include <archetype/inference.hpp>
#include "board.hpp"

namespace board {

/// Prints the constants of `Net`.
template <class Net>
void report_constants() {
    print("multiply_accumulates", std::uint64_t{archetype::multiply_accumulate_count<Net>});
    print("flash_bytes", std::uint64_t{archetype::flash_bytes<Net>});
    print("ram_bytes", std::uint64_t{archetype::ram_bytes<Net>});
}

/// A sample by a formula, with values from 0 to 1.
template <std::size_t Size>
void fill_sample(float (&sample)[Size]) {
    for (std::size_t i = 0; i < Size; ++i) sample[i] = static_cast<float>(i * 37 % 256) / 256;
}

}  // namespace board
