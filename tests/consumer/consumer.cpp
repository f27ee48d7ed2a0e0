// SPDX-License-Identifier: BSL-1.0
// A consumer that needs the core only: the compiler checks and counts a network.
#include <archetype/architecture.hpp>

namespace at = archetype;

using classifier = at::network<at::input<28, 28, 1>, at::flatten, at::dense<16>, at::relu, at::dense<10>>;
static_assert(at::parameter_count<classifier> == 12'730);

int main() { return at::output_shape<classifier> == at::shape{10} ? 0 : 1; }
