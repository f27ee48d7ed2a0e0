// SPDX-License-Identifier: BSL-1.0
// Resizing to any size, pixel shuffles: PyTorch's results, and gradients.
#include "checks.hpp"
#include "layer_networks.hpp"
#include "layer_references.hpp"

TEST_CASE("any size") {
    checks::forward<networks::any_size>(references::any_size);
    checks::gradients<networks::any_size>();
}

TEST_CASE("four cells along each axis") {
    checks::forward<networks::cubic>(references::cubic);
    checks::gradients<networks::cubic>();
}

TEST_CASE("pixel shuffles") {
    checks::forward<networks::moved_pixels>(references::moved_pixels);
    checks::gradients<networks::moved_pixels>();
}
