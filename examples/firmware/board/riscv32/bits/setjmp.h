// SPDX-License-Identifier: BSL-1.0
/// @file setjmp.h
/// In place of the one of the GNU C library, which knows no processor with floats and without doubles.
#pragma once
typedef long __jmp_buf[1];
