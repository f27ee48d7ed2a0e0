// SPDX-License-Identifier: BSL-1.0
// FL-21: weights that would crash as a local variable on a stack of 8 MiB.
// expect: exceeds_budget<archetype::flash, 12720512, 8388608, 4331904, archetype::at_layer<2
// refuse: boost::mp11
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

template <std::size_t Units>
using net =
    at::network<at::input<1, 27>, at::time_distributed<at::dense<Units>>,
                at::gru<Units, at::return_sequences, at::reset_after>,
                at::gru<Units, at::return_sequences, at::reset_after>, at::time_distributed<at::dense<27>>>;

#ifdef CONTROL
static_assert(at::fits<net<256>, at::flash<8_MiB>>);
#else
static_assert(at::fits<net<512>, at::flash<8_MiB>>);
#endif
