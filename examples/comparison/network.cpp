// SPDX-License-Identifier: BSL-1.0
/// @file network.cpp
/// One network of the comparison table, ARCHETYPE_COMPARED of zoo.hpp, as a process that compare.py gives commands:
/// `network BATCH`. It is compiled once for each network, as a training pass is a heavy template.
#include "../../benchmarks/peak.hpp"
#include "../../benchmarks/peers/contender.hpp"

#include <archetype/training.hpp>
#include <archetype/zoo.hpp>

namespace at = archetype;
namespace zoo = archetype::zoo;

using net = ARCHETYPE_COMPARED;

int main(int count, char** arguments) {
    const std::size_t batch = count > 1 ? std::stoul(arguments[1]) : 32;
    at::model<net> model{at::seed{1}, at::he_normal{}};
    at::gradients gradients{model, at::cross_entropy{}};
    constexpr at::shape extents = at::input_shape<net>;
    xt::xtensor<float, 4> images = xt::empty<float>({batch, extents[0], extents[1], extents[2]});
    for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = std::sin(static_cast<float>(i));
    xt::xtensor<std::int32_t, 1> labels = xt::arange<std::int32_t>(static_cast<std::int32_t>(batch));
    peers::serve({
        {"constants",
         [](std::ostream& out) {
             out << at::parameter_count<net> << ' ' << at::multiply_accumulate_count<net> << ' '
                 << at::arena_bytes<net>;
         }},
        {"step", [&](std::ostream& out) { out << peers::seconds([&] { gradients(images, labels); }); }},
        {"peak", [](std::ostream& out) { out << benchmarks::multiply_add_peak<float>(); }},
    });
}
