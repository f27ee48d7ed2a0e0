// SPDX-License-Identifier: BSL-1.0
/// @file report.cpp
/// What is the same on all targets.
#include "board.hpp"

namespace board {

void print(const char* name, std::uint64_t value) {
    char digits[21];
    char* first = digits + 20;
    *first = 0;
    do *--first = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    print(name);
    print(" ");
    print(first);
    print("\n");
}

void report(const char* name, void (*call)()) {
    const cost found = measure(call);
    print(name);
    print(".instructions", std::uint64_t{found.instructions});
    print(name);
    print(".stack", std::uint64_t{found.stack});
}

}  // namespace board
