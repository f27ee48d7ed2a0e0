// SPDX-License-Identifier: BSL-1.0
// MNASNet with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/mnasnet.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("MNASNet agrees with torchvision") {
    references::check_results<zoo::mnasnet<0.5, 1000, 64>>(references::mnasnet0_5);
}
