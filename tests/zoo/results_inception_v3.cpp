// SPDX-License-Identifier: BSL-1.0
// Inception-v3 with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/inception_v3.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("Inception-v3 agrees with PyTorch") {
    references::check_results<zoo::inception_v3<1000, 107>>(references::inception_v3);
}
