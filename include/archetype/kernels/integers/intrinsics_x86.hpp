// SPDX-License-Identifier: BSL-1.0
/// @file intrinsics_x86.hpp
/// The compiler's intrinsics of x86, without g++ 12's false warnings inside them.
#pragma once
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false, inside g++ 12's intrinsics
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
