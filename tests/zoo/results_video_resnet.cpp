// SPDX-License-Identifier: BSL-1.0
// Residual networks of videos with the weights of make_references.py give what torchvision gives.
#include <archetype/zoo/video_resnet.hpp>
#include "named_references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("residual networks of videos agree with torchvision") {
    references::check_results<zoo::r3d_18<400, 5, 32>>(references::r3d_18);
    references::check_results<zoo::r2plus1d_18<400, 5, 32>>(references::r2plus1d_18);
}
