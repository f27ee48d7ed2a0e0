// SPDX-License-Identifier: BSL-1.0
// ConvNeXt with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/convnext.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("ConvNeXt agrees with torchvision") {
    references::check_results<zoo::convnext_tiny<1000, 64>>(references::convnext_tiny);
}
