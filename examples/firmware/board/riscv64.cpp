// SPDX-License-Identifier: BSL-1.0
/// @file riscv64.cpp
/// RISC-V in QEMU's machine `virt`: start, serial port, test device, and `minstret`, which counts instructions under
/// `-icount shift=0`.
#include "board.hpp"

#define BOARD_READ_STACK_POINTER "mv %0, sp"
#include "painted_stack.hpp"

#include <cstddef>

extern "C" {
extern std::uint64_t board_bss_begin, board_bss_end;
extern void (*board_init_begin[])();
extern void (*board_init_end[])();
// C++ programs may not call `main` by its name, which is none of C in what clang++ compiles as freestanding.
#ifdef __clang__
int board_main() asm("_Z4mainv");
#else
int board_main() asm("main");
#endif

// No C library is linked; compilers call these in freestanding programs, too.
void* memcpy(void* to, const void* from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
    return to;
}
void* memset(void* to, int value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) static_cast<char*>(to)[i] = static_cast<char>(value);
    return to;
}

[[noreturn, gnu::used]] void board_start() {
    for (volatile std::uint64_t* to = &board_bss_begin; to < &board_bss_end;) *to++ = 0;
    for (auto initialize = board_init_begin; initialize < board_init_end; ++initialize) (*initialize)();
    const auto status = static_cast<std::uint32_t>(board_main());
    *reinterpret_cast<volatile std::uint32_t*>(0x100000) = status == 0 ? 0x5555 : status << 16 | 0x3333;
    for (;;) {
    }
}
[[noreturn, gnu::used]] void board_fault() {
    board::print("fault\n");
    *reinterpret_cast<volatile std::uint32_t*>(0x100000) = 99u << 16 | 0x3333;
    for (;;) {
    }
}
[[noreturn, gnu::naked, gnu::section(".vectors")]] void board_reset() {
    asm volatile(
        "la sp, board_stack_top\n"
        "li t0, 0x6600\n csrs mstatus, t0\n"  // floating point and vectors are on, where there are some
        "la t0, board_trap\n csrw mtvec, t0\n"
        "j board_start\n"
        ".balign 4\nboard_trap: j board_fault\n");
}
}

namespace board {

void print(const char* text) {
    for (; *text != 0; ++text) *reinterpret_cast<volatile char*>(0x10000000) = *text;
}

cost measure(void (*call)()) {
    return measure_painted(call, [] {
        std::uint64_t count;
        asm volatile("csrr %0, minstret" : "=r"(count));
        return count;
    });
}

}  // namespace board
