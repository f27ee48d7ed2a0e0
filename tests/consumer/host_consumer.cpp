// SPDX-License-Identifier: BSL-1.0
// A consumer of the host component, whose libraries come with the target.
#include <archetype/architecture.hpp>

#include <xtensor/xtensor.hpp>
#if ARCHETYPE_HAS_ZLIB
#include <zlib.h>
#endif

int main() {
#if ARCHETYPE_HAS_ZLIB
    if (crc32(0, nullptr, 0) != 0) return 1;
#endif
    const xt::xtensor<float, 1> two{1, 1};
    return two.size() == 2 ? 0 : 1;
}
