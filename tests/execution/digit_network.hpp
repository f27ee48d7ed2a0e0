// SPDX-License-Identifier: BSL-1.0
// A classifier small enough for a constant expression: make_digit_weights.py trains it.
#pragma once
#include <archetype/architecture.hpp>

using digit_network =
    archetype::network<archetype::input<28, 28, 1>, archetype::avg_pool2d<2>, archetype::flatten,
                       archetype::dense<12>, archetype::tanh, archetype::dense<10>, archetype::softmax>;
