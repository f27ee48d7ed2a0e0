// SPDX-License-Identifier: BSL-1.0
// MobileNet with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/mobilenet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("MobileNet agrees with PyTorch") {
    references::check_results<zoo::mobilenet<>>(references::mobilenet);
    references::check_results<zoo::mobilenet<0.5, 160>>(references::half_mobilenet);
}
