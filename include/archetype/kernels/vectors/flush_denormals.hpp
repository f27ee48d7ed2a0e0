// SPDX-License-Identifier: BSL-1.0
/// @file flush_denormals.hpp
/// Arithmetic without denormal numbers for as long as an object lives.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstdint>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// While an object of it lives, its thread takes numbers closer to zero than the smallest normal one (1.2e-38 in `float`) for
/// zero, read or made: many processors compute with them a hundred times slower, and a signal that fades leaves them in
/// the states of a network. What was set before returns with its end; objects may be nested. Results differ from those
/// without it by such numbers only, and are the same for blocks of any size under it.
///
/// x86-64: MXCSR's FTZ and DAZ, with SSE arithmetic. Arm with floating point: FZ of FPCR or FPSCR. RISC-V, WebAssembly and
/// processors without floating point have no such mode: there it does nothing, and `acts` is false.
class flush_denormals {
#if defined(__x86_64__)
    using word = std::uint32_t;
    static constexpr word bits = 0x8040;  // FTZ, DAZ
    static word control() { return __builtin_ia32_stmxcsr(); }
    static void set(word value) { __builtin_ia32_ldmxcsr(value); }
#elif defined(__aarch64__)
    using word = std::uint64_t;
    static constexpr word bits = 1u << 24;
    static word control() {
        word value;
        asm volatile("mrs %0, fpcr" : "=r"(value));
        return value;
    }
    static void set(word value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#elif defined(__arm__) && (defined(__ARM_FP) || (defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)))
    using word = std::uint32_t;
    static constexpr word bits = 1u << 24;
    static word control() {
        word value;
        asm volatile("vmrs %0, fpscr" : "=r"(value));
        return value;
    }
    static void set(word value) { asm volatile("vmsr fpscr, %0" : : "r"(value)); }
#else
    using word = std::uint32_t;
    static constexpr word bits = 0;
    static word control() { return 0; }
    static void set(word) {}
#endif
    // Arithmetic on memory stays on its side of a change.
    static void change(word value) {
        asm volatile("" : : : "memory");
        set(value);
        asm volatile("" : : : "memory");
    }

public:
    /// Whether the target has such a mode.
    static constexpr bool acts = bits != 0;

    flush_denormals() : before_(control() & bits) { change(control() | bits); }
    ~flush_denormals() { change((control() & ~bits) | before_); }
    flush_denormals(const flush_denormals&) = delete;
    flush_denormals& operator=(const flush_denormals&) = delete;

private:
    word before_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
