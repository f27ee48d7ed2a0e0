// SPDX-License-Identifier: BSL-1.0
// EfficientNet with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/efficientnet.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("EfficientNet agrees with torchvision") {
    references::check_results<zoo::efficientnet_b0<1000, 64>>(references::efficientnet_b0);
}
