// SPDX-License-Identifier: BSL-1.0
// VGG with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/vgg.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("VGG A agrees with PyTorch") {
    references::check_results<zoo::vgg_a<>>(references::vgg_a);
    references::check_results<zoo::vgg_a_lrn<>>(references::vgg_a_lrn);
}
TEST_CASE("VGG C and D agree with PyTorch") {
    references::check_results<zoo::vgg_c<>>(references::vgg_c);
    references::check_results<zoo::vgg_d<>>(references::vgg_d);
}
