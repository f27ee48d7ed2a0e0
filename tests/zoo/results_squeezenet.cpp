// SPDX-License-Identifier: BSL-1.0
// SqueezeNet with the weights of make_references.py gives what torchvision gives.
#include <archetype/zoo/squeezenet.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("SqueezeNet agrees with torchvision") {
    references::check_results<zoo::squeezenet1_0<1000, 64>>(references::squeezenet1_0);
    references::check_results<zoo::squeezenet1_1<1000, 64>>(references::squeezenet1_1);
}
