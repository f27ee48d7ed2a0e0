// SPDX-License-Identifier: BSL-1.0
/// @file cortex_m.cpp
/// Cortex-M in QEMU: vector table, start, semihosting, and a timer that counts instructions under
/// `-icount shift=6`, where each takes 64 ns. Boards: mps2-an385 (M3), mps2-an386 (M4), mps2-an500 (M7), mps3-an547 (M55).
#include "board.hpp"

#define BOARD_READ_STACK_POINTER "mov %0, sp"
#include "painted_stack.hpp"

extern "C" {
extern std::uint32_t board_data_image, board_data_begin, board_data_end, board_bss_begin, board_bss_end,
    board_stack_top;
extern void (*board_init_begin[])();
extern void (*board_init_end[])();
// C++ programs may not call `main` by its name, which is none of C in what clang++ compiles as freestanding.
#ifdef __clang__
int board_main() asm("_Z4mainv");
#else
int board_main() asm("main");
#endif
}

namespace {

using word = std::uint32_t;
volatile word& device(word address) { return *reinterpret_cast<volatile word*>(address); }

int semihosting(int operation, const void* argument) {
    register int r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

[[noreturn]] void leave(int status) {
    const struct {
        word reason, status;
    } block{0x20026, static_cast<word>(status)};  // ADP_Stopped_ApplicationExit
    semihosting(0x20, &block);                    // SYS_EXIT_EXTENDED
    for (;;) {
    }
}

[[noreturn]] void fault() {
    board::print("fault\n");
    leave(99);
}

#if defined(BOARD_AN547)
constexpr word counter_control = 0x58100000, counter_value = 0x58100008, mega_hertz = 32;
void start_counter() { device(counter_control) = 1; }
word ticks() { return device(counter_value); }
#else
constexpr word timer = 0x40000000, mega_hertz = 25;  // CMSDK TIMER0 counts down
void start_counter() {
    device(timer) = 0;
    device(timer + 8) = 0xFFFFFFFF;
    device(timer + 4) = 0xFFFFFFFF;
    device(timer) = 1;
}
word ticks() { return ~device(timer + 4); }
#endif

extern "C" [[noreturn, gnu::used]] void board_start() {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    device(0xE000ED88) |= 0xFu << 20;  // CPACR: full access to the floating-point unit
    asm volatile("dsb\n isb");
#endif
    const word* from = &board_data_image;
    for (volatile word* to = &board_data_begin; to < &board_data_end;) *to++ = *from++;
    for (volatile word* to = &board_bss_begin; to < &board_bss_end;) *to++ = 0;
    for (auto initialize = board_init_begin; initialize < board_init_end; ++initialize) (*initialize)();
    start_counter();
    leave(board_main());
}

extern "C" [[noreturn, gnu::naked]] void board_reset() {
    asm volatile("ldr r0, =board_stack_top\n mov sp, r0\n b board_start\n .ltorg");
}

using handler = void (*)();
struct vector_table {
    const word* stack;
    handler handlers[15];
};
extern "C" [[gnu::section(".vectors"), gnu::used]] const vector_table board_vectors{
    &board_stack_top,
    {board_reset, fault, fault, fault, fault, fault, nullptr, nullptr, nullptr, nullptr, fault, fault,
     nullptr, fault, fault}};

}  // namespace

namespace board {

void print(const char* text) { semihosting(0x04, text); }  // SYS_WRITE0

cost measure(void (*call)()) {
    cost found = measure_painted(call, ticks);
    found.instructions = static_cast<word>(std::uint64_t{found.instructions} * 1000 /
                                           (mega_hertz * 64));  // ticks to instructions
    return found;
}

}  // namespace board
