// SPDX-License-Identifier: BSL-1.0
// The deepest ResNets with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/resnet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("ResNet-101 and -152 agree with PyTorch") {
    references::check_results<zoo::resnet101<1000, 64>>(references::resnet101);
    references::check_results<zoo::resnet152<1000, 64>>(references::resnet152);
}
