// SPDX-License-Identifier: BSL-1.0
// BN-Inception with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/bn_inception.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("BN-Inception agrees with PyTorch") {
    references::check_results<zoo::bn_inception<1000, 64>>(references::bn_inception);
    references::check_results<zoo::bn_inception<1000, 64, 128>>(references::caffe_bn_inception);
}
