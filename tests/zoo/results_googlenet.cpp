// SPDX-License-Identifier: BSL-1.0
// GoogLeNet with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/googlenet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("GoogLeNet agrees with PyTorch") {
    references::check_results<zoo::googlenet<1000, 64>>(references::googlenet);
    references::check_results<zoo::googlenet<1000, 64, zoo::torchvision_googlenet>>(
        references::torchvision_googlenet);
}
