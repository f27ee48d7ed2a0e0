// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// A published network forward, batch 1, random weights: `archetype IMAGE.f32`. ARCHETYPE_NETWORK names it in the zoo;
/// with ARCHETYPE_WINOGRAD its convolutions are computed by Winograd's filtering where a rule says that it is faster.
#include "../peers/contender.hpp"

#include <archetype/execution/host/model.hpp>
#include <archetype/zoo.hpp>

namespace at = archetype;
#ifdef ARCHETYPE_WINOGRAD
using net = at::with_winograd<at::zoo::ARCHETYPE_NETWORK>;
#else
using net = at::zoo::ARCHETYPE_NETWORK;
#endif

int main(int, char** arguments) {
    at::model<net> model;
    const std::vector<float> image = peers::read_floats(arguments[1]);
    if (image.size() != at::model<net>::input_shape.size())
        throw std::invalid_argument("expected an image of " +
                                    std::to_string(at::model<net>::input_shape.size()) + " numbers");
    std::vector<float> scores(at::model<net>::output_shape.size());
    const auto forward = [&] { model.run(image.data(), 1, scores.data()); };
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }}});
}
