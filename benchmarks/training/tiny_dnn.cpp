// SPDX-License-Identifier: BSL-1.0
/// @file tiny_dnn.cpp
/// Training with tiny-dnn: `tiny_dnn lenet5|mlp FOLDER` with the digits in the folder.
#include "../peers/tiny_dnn_networks.hpp"

int main(int, char** arguments) {
    const std::string name = arguments[1], folder = arguments[2];
    const bool convolutional = name == "lenet5";
    const peers::digits train = peers::read_digits(folder, "train", convolutional ? 2 : 0);
    const peers::digits test = peers::read_digits(folder, "t10k", convolutional ? 2 : 0);
    std::vector<tiny_dnn::vec_t> images, test_images;
    for (const auto& image : train.images) images.push_back(peers::to_vector(image));
    for (const auto& image : test.images) test_images.push_back(peers::to_vector(image));
    const std::vector<tiny_dnn::label_t> labels(train.labels.begin(), train.labels.end());
    const std::vector<tiny_dnn::label_t> test_labels(test.labels.begin(), test.labels.end());

    tiny_dnn::network<tiny_dnn::sequential> network;
    peers::add_layers(network, name);
    tiny_dnn::momentum optimizer;
    optimizer.alpha = convolutional ? 0.02f : 0.05f;
    optimizer.mu = 0.9f;
    optimizer.lambda = 0;
    // It takes the samples in the order they are given.
    const auto epoch = [&] {
        network.train<tiny_dnn::cross_entropy_multiclass>(
            optimizer, images, labels, convolutional ? 32 : 64, 1, [] {}, [] {});
    };
    peers::serve({{"epoch", [&](std::ostream& out) { out << peers::seconds(epoch); }},
                  {"accuracy", [&](std::ostream& out) {
                       out << double(network.test(test_images, test_labels).accuracy()) / 100;
                   }}});
}
