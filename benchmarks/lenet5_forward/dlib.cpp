// SPDX-License-Identifier: BSL-1.0
/// @file dlib.cpp
/// LeNet-5 forward with dlib, random weights: `dlib FOLDER` with image.f32 in the folder.
#include "../peers/dlib_networks.hpp"

int main(int, char** arguments) {
    const peers::image image = peers::to_image(peers::read_floats(std::string(arguments[1]) + "/image.f32"));
    peers::lenet5_forward network;
    network(image);
    const auto forward = [&] { network(image).host(); };
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }}});
}
