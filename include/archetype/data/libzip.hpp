// SPDX-License-Identifier: BSL-1.0
/// @file libzip.hpp
/// Whether libzip is there. `ARCHETYPE_HAS_LIBZIP` is 1 where <zip.h> is found (link with -lzip) unless defined before.
#pragma once
#if !defined(ARCHETYPE_HAS_LIBZIP)
#if __has_include(<zip.h>)
#define ARCHETYPE_HAS_LIBZIP 1
#else
#define ARCHETYPE_HAS_LIBZIP 0
#endif
#endif
#if ARCHETYPE_HAS_LIBZIP
#include <zip.h>
#endif
