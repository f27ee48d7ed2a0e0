// SPDX-License-Identifier: BSL-1.0
// RegNet with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/regnet.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("RegNet agrees with torchvision") {
    references::check_results<zoo::regnet_y_400mf<1000, 64>>(references::regnet_y_400mf);
}
