// SPDX-License-Identifier: BSL-1.0
/// @file stubs-ilp32f.h
/// What the headers of the GNU C library for 64 bits ask for and lack.
#pragma once
