// SPDX-License-Identifier: BSL-1.0
/// @file board.hpp
/// What a firmware needs besides its network: text out, and the cost of a call. One source file for each kind of target;
/// the program's exit status is what `main` returns.
#pragma once
#include <cstdint>

namespace board {

/// Writes text as it is: by semihosting, a serial port, or the host's standard output.
void print(const char* text);

/// Writes a line "name value".
void print(const char* name, std::uint64_t value);

/// Writes a line "name value" with the bits of a number, so that results can be compared exactly.
inline void print(const char* name, float value) {
    print(name, std::uint64_t{__builtin_bit_cast(std::uint32_t, value)});
}

/// What one call took.
struct cost {
    std::uint32_t instructions = 0;  ///< executed, to within one; 0 where the target cannot count them
    std::uint32_t stack = 0;         ///< bytes below the caller's frame; 0 where the stack cannot be painted
};

/// Runs a function and counts. Instructions are exact under `qemu -icount` only, as tools/firmware.py runs it.
cost measure(void (*call)());

/// Writes "NAME.instructions" and "NAME.stack" of a call.
void report(const char* name, void (*call)());

}  // namespace board
