// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// One step of Adam on 10 million parameters in single precision, and the bandwidth of memory: "step" answers with seconds,
/// "bandwidth" with bytes per second that the best of three simple loops reads and writes.
#include "../peers/contender.hpp"

#include <algorithm>
#include <archetype/training/apply_update.hpp>
#include <archetype/training/optimizers.hpp>

namespace at = archetype;
namespace kernels = at::kernels;

namespace {

constexpr std::size_t count = 10'000'000, stride = (count + 63) / 64 * 64;

/// Seconds of the loop `body(i)` over all vectors.
template <class Body>
double sweep(const Body& body) {
    return peers::seconds([&] {
        for (std::size_t i = 0; i < count; i += kernels::lane_count<float>) body(i);
    });
}

}  // namespace

int main() {
    std::vector<float> parameters(stride + 64, 0.1f), gradients(stride + 64), states(2 * stride + 64);
    for (std::size_t i = 0; i < count; ++i) gradients[i] = 1e-3f * float(i % 1000) - 0.5f;
    const at::adam adam{};
    std::uint64_t step = 0;
    const auto move = [&] {
        at::detail::apply_update(adam, ++step, parameters.data(), gradients.data(), states.data(), stride,
                                 count);
    };
    move();
    std::vector<float> a(stride + 64, 1.f), b(stride + 64, 2.f), c(stride + 64, 3.f);
    const auto bandwidth = [&] {
        const auto factor = kernels::broadcast(0.999f);
        const double scale =
            sweep([&](std::size_t i) { kernels::store<float>(&a[i], kernels::load(&a[i]) * factor); });
        const double add = sweep([&](std::size_t i) {
            kernels::store<float>(
                &a[i], kernels::multiply_add<float>(kernels::load(&b[i]), factor, kernels::load(&a[i])));
        });
        const double triad = sweep([&](std::size_t i) {
            kernels::store<float>(
                &c[i], kernels::multiply_add<float>(kernels::load(&b[i]), factor, kernels::load(&a[i])));
        });
        return double(count * sizeof(float)) * std::max({2 / scale, 3 / add, 3 / triad});
    };
    bandwidth();
    peers::serve({{"step", [&](std::ostream& out) { out << peers::seconds(move); }},
                  {"bandwidth", [&](std::ostream& out) { out << bandwidth(); }}});
}
