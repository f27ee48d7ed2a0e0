// SPDX-License-Identifier: BSL-1.0
// ResNet with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/resnet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("ResNet-18 and -34 agree with PyTorch") {
    references::check_results<zoo::resnet18<1000, 64>>(references::resnet18);
    references::check_results<zoo::resnet34<1000, 64>>(references::resnet34);
}
TEST_CASE("ResNet-50 agrees with PyTorch at its real size") {
    references::check_results<zoo::resnet50<>>(references::resnet50);
}
