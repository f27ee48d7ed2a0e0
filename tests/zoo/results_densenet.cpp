// SPDX-License-Identifier: BSL-1.0
// DenseNet with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/densenet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("DenseNet-121 agrees with PyTorch") {
    references::check_results<zoo::densenet121<1000, 64>>(references::densenet121);
}
