// SPDX-License-Identifier: BSL-1.0
// U-Net with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/unet.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("U-Net agrees with PyTorch") { references::check_results<zoo::unet<188>>(references::unet); }
