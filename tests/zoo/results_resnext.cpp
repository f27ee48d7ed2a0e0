// SPDX-License-Identifier: BSL-1.0
// ResNeXt with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/resnext.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("ResNeXt agrees with torchvision") {
    references::check_results<zoo::resnext50_32x4d<1000, 64>>(references::resnext50_32x4d);
    references::check_results<zoo::wide_resnet50_2<1000, 64>>(references::wide_resnet50_2);
}
