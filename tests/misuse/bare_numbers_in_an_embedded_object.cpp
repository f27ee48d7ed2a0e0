// SPDX-License-Identifier: BSL-1.0
// Bare numbers in an object that takes weights of any form.
// expect: these are no weights of real numbers
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16>, at::dense<10>, at::relu>;
extern const std::int32_t words[at::quantized_weight_count<net>];
inline constexpr at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net>> integers{
    words};

#ifdef CONTROL
at::embedded<net, integers> run;
#else
at::embedded<net, words> run;
#endif
static_assert(sizeof(run) <= 16 * 1024);
