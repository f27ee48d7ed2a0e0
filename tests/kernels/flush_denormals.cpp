// SPDX-License-Identifier: BSL-1.0
// Denormal numbers are zero while a `flush_denormals` lives, read or made, and are back with its end.
#include <archetype/kernels/vectors/flush_denormals.hpp>
#include <archetype/kernels/vectors/lanes.hpp>

#include <catch.hpp>

namespace {

namespace at = archetype;

/// A product that is denormal.
template <class T>
T made(T small) {
    volatile T a = small, b = T(0.25);
    return a * b;
}
/// A denormal number made large.
template <class T>
T taken(T denormal, T factor) {
    volatile T a = denormal, b = factor;
    return a * b;
}
float lane_made(float small) {
    volatile float a = small;
    const float values[64] = {a};
    float out[64];
    at::kernels::store(out,
                       at::kernels::lanes<float>(at::kernels::load(values) * at::kernels::broadcast(0.25f)));
    volatile float found = out[0];
    return found;
}
template <class T>
bool is_zero(T value) {  // by bits: a comparison would take a denormal number for zero, too
    volatile T kept = value;
    const T now = kept;
    unsigned char bytes[sizeof(T)];
    __builtin_memcpy(bytes, &now, sizeof(T));
    for (const unsigned char byte : bytes)
        if (byte != 0) return false;
    return true;
}

void expect(bool flushed) {
    CHECK(is_zero(made(1.2e-38f)) == flushed);
    CHECK(is_zero(made(2.3e-308)) == flushed);
    CHECK(is_zero(taken(1e-40f, 1e10f)) == flushed);
    CHECK(is_zero(taken(1e-310, 1e10)) == flushed);
    CHECK(is_zero(lane_made(1.2e-38f)) == flushed);
    CHECK(made(8e-38f) == 2e-38f);  // normal numbers stay
}

}  // namespace

TEST_CASE("denormal numbers while and after a guard lives") {
    constexpr bool acts = at::flush_denormals::acts;
#if defined(__x86_64__) || defined(__aarch64__)
    static_assert(acts);
#endif
    expect(false);
    {
        const at::flush_denormals guard;
        expect(acts);
        {
            const at::flush_denormals inner;
            expect(acts);
        }
        expect(acts);  // the inner one found it set
    }
    expect(false);
    try {
        const at::flush_denormals guard;
        throw 1;
    } catch (int) {
        expect(false);
    }
}
