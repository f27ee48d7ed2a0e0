// SPDX-License-Identifier: BSL-1.0
// ShuffleNet v2 with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/shufflenet_v2.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("ShuffleNet v2 agrees with torchvision") {
    references::check_results<zoo::shufflenet_v2_x0_5<1000, 64>>(references::shufflenet_v2_x0_5);
}
