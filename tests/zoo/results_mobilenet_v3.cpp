// SPDX-License-Identifier: BSL-1.0
// MobileNet v3 with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/mobilenet_v3.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("MobileNet v3 agrees with torchvision") {
    references::check_results<zoo::mobilenet_v3_small<1.0, 1000, 64>>(references::mobilenet_v3_small);
}
