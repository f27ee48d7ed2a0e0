// SPDX-License-Identifier: BSL-1.0
// DeepLab v3 with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/deeplab_v3.hpp>
#include "named_references.hpp"
#include "results.hpp"

TEST_CASE("DeepLab v3 agrees with torchvision") {
    references::check_results<archetype::zoo::deeplab_v3_resnet50<21, 64>>(references::deeplab_v3_resnet50);
}
