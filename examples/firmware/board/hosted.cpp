// SPDX-License-Identifier: BSL-1.0
/// @file hosted.cpp
/// An operating system's program, for comparison. Nothing is counted.
#include "board.hpp"

#include <cstdio>

namespace board {

void print(const char* text) { std::fputs(text, stdout); }

cost measure(void (*call)()) {
    call();
    return {};
}

}  // namespace board
