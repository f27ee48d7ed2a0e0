// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

void classify(const float (&image)[256], float (&scores)[10]);
std::size_t sum_of_squares(std::size_t n);
const char* compiled_with();
extern "C" const char* net_instruction_set();
