// SPDX-License-Identifier: BSL-1.0
// AlexNet with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/alexnet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("AlexNet agrees with PyTorch") {
    references::check_results<zoo::narrow_alexnet<>>(references::narrow_alexnet);
    references::check_results<zoo::alexnet<>>(references::alexnet_2012);
}
