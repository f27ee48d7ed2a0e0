// SPDX-License-Identifier: BSL-1.0
// VGG B and E with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/vgg.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("VGG B and E agree with PyTorch") {
    references::check_results<zoo::vgg_b<>>(references::vgg_b);
    references::check_results<zoo::vgg_e<>>(references::vgg_e);
}
