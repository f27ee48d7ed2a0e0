// SPDX-License-Identifier: BSL-1.0
// MobileNet v2 with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/mobilenet_v2.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("MobileNet v2 agrees with torchvision") {
    references::check_results<zoo::mobilenet_v2<1.0, 1000, 64>>(references::mobilenet_v2);
    references::check_results<zoo::mobilenet_v2<0.5, 1000, 64>>(references::half_mobilenet_v2);
}
