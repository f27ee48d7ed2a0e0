// SPDX-License-Identifier: BSL-1.0
/// @file painted_stack.hpp
/// How deep a call's stack grows: words below the stack pointer are painted before it and looked at afterwards.
#pragma once
#include <cstdint>

namespace board {

/// Calls `call` between two readings of `counter()`. `call` is a pointer, so its frame lies below this one.
template <class Counter>
[[gnu::noinline]] cost measure_once(void (*call)(), Counter counter) {
    constexpr std::uintptr_t depth = 32 * 1024;
    constexpr std::uint32_t paint = 0xA5C35A3C;
    std::uintptr_t bottom;
    asm volatile(BOARD_READ_STACK_POINTER : "=r"(bottom));
    bottom &= ~std::uintptr_t{3};
    for (std::uintptr_t at = bottom - depth; at < bottom; at += 4)
        *reinterpret_cast<volatile std::uint32_t*>(at) = paint;
    const auto before = counter();
    call();
    const auto after = counter();
    std::uintptr_t touched = bottom - depth;
    while (touched < bottom && *reinterpret_cast<volatile std::uint32_t*>(touched) == paint) touched += 4;
    return {static_cast<std::uint32_t>(after - before), static_cast<std::uint32_t>(bottom - touched)};
}

/// What `call` takes beyond a function that does nothing.
template <class Counter>
cost measure_painted(void (*call)(), Counter counter) {
    const cost nothing = measure_once([] {}, counter), found = measure_once(call, counter);
    return {found.instructions > nothing.instructions ? found.instructions - nothing.instructions : 0,
            found.stack};
}

}  // namespace board
