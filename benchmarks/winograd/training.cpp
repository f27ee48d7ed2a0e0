// SPDX-License-Identifier: BSL-1.0
/// @file training.cpp
/// Forward and backward through VGG D, batch 8, random weights and samples; with ARCHETYPE_WINOGRAD by Winograd's filtering.
#include "../peers/contender.hpp"

#include <archetype/training/gradients.hpp>
#include <archetype/training/losses.hpp>
#include <archetype/zoo.hpp>

namespace at = archetype;
#ifdef ARCHETYPE_WINOGRAD
using net = at::with_winograd<at::zoo::vgg_d<>>;
#else
using net = at::zoo::vgg_d<>;
#endif

int main() {
    at::model<net> model;
    at::gradients gradient{model, at::cross_entropy{}};
    xt::xtensor<float, 4> samples = xt::zeros<float>({8, 224, 224, 3});
    for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = float(i * 37 % 101) / 101;
    const xt::xtensor<std::int32_t, 1> labels{1, 2, 3, 4, 5, 6, 7, 8};
    gradient(samples, labels);
    peers::serve(
        {{"step", [&](std::ostream& out) { out << peers::seconds([&] { gradient(samples, labels); }); }}});
}
