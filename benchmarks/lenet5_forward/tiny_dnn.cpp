// SPDX-License-Identifier: BSL-1.0
/// @file tiny_dnn.cpp
/// LeNet-5 forward with tiny-dnn, random weights: `tiny_dnn FOLDER` with image.f32 in the folder.
#include "../peers/tiny_dnn_networks.hpp"

int main(int, char** arguments) {
    const tiny_dnn::vec_t image =
        peers::to_vector(peers::read_floats(std::string(arguments[1]) + "/image.f32"));
    tiny_dnn::network<tiny_dnn::sequential> network;
    peers::add_layers(network, "lenet5");
    network.set_netphase(tiny_dnn::net_phase::test);
    const auto forward = [&] { return network.predict(image)[0]; };
    peers::serve({{"forward", [&](std::ostream& out) { out << peers::seconds_of_many(forward); }}});
}
