// SPDX-License-Identifier: BSL-1.0
/// @file target.hpp
/// What the plan of memory must know about the processor: its family, never its options, so that layouts do not depend
/// on flags.
#pragma once

namespace archetype::detail {

/// Kernels work on wide vectors and rows of results. Elsewhere (Cortex-M, RISC-V, WebAssembly) they sum patches of results
/// in registers, and a pooling on the fly needs no memory.
inline constexpr bool has_wide_vectors =
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
    true;
#else
    false;
#endif

}  // namespace archetype::detail
