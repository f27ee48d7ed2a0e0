// SPDX-License-Identifier: BSL-1.0
/// @file wasm.cpp
/// WebAssembly: `run_wasm.mjs` provides `print` and calls `main`. Nothing is counted.
#include "board.hpp"

extern "C" [[clang::import_module("board"), clang::import_name("print")]] void board_print(const char* text);

namespace board {

void print(const char* text) { board_print(text); }

cost measure(void (*call)()) {
    call();
    return {};
}

}  // namespace board
