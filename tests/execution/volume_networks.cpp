// SPDX-License-Identifier: BSL-1.0
// Volumes {depth, height, width, channels}, against PyTorch and finite differences.
#include "volume_networks.hpp"

#include "checks.hpp"
#include "volume_references.hpp"

namespace at = archetype;

TEST_CASE("volumes") {
    static_assert(at::output_shape<networks::volumes> == at::shape{3, 2, 3, 2});
    checks::forward<networks::volumes>(references::volumes);
    checks::gradients<networks::volumes>();
}

TEST_CASE("volumes with strides along all axes, joined along their depth") {
    checks::forward<networks::more_volumes>(references::more_volumes);
    checks::gradients<networks::more_volumes>();
}

TEST_CASE("parts of the channels of volumes") {
    checks::forward<networks::parts_of_volumes>(references::parts_of_volumes);
    checks::gradients<networks::parts_of_volumes>();
}
