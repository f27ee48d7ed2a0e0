// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// A residual network of videos, 8 frames of 56 x 56, batch 1, random weights: "forward", and "gradient" with that of every parameter.
#include "../peers/contender.hpp"

#include <archetype/training/gradients.hpp>
#include <archetype/zoo/video_resnet.hpp>

namespace at = archetype;
using net = at::zoo::r3d_18<400, 8, 56>;
static_assert(at::multiply_accumulate_count<net> == 5180637184);  // run.py divides by it

int main() {
    at::model<net> model;
    at::gradients gradients{model, at::cross_entropy{}};
    xt::xtensor<float, 5> video = xt::zeros<float>({1, 8, 56, 56, 3});
    for (std::size_t i = 0; i < video.size(); ++i) video.data()[i] = static_cast<float>(i * 37 % 101) / 101;
    const xt::xtensor<std::int32_t, 1> labels{7};
    std::vector<float> scores(400);
    const auto forward = [&] { model.run(video.data(), 1, scores.data()); };
    const auto gradient = [&] { gradients(video, labels); };
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }},
                  {"gradient", [&](std::ostream& out) { out << peers::seconds_of_many(gradient); }}});
}
