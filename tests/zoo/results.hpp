// SPDX-License-Identifier: BSL-1.0
// Results of networks with weights that make_references.py makes too, against PyTorch's.
#pragma once
#include "computed.hpp"

#include <catch.hpp>

namespace references {

/// The results are within 1e-4 of PyTorch's, which computed in double precision, relative to the largest.
template <class Net, std::size_t Rows>
void check_results(const reference<Rows>& expected) {
    CHECK(deviation<Net>(expected) <= 1e-4);
}

}  // namespace references
