// SPDX-License-Identifier: BSL-1.0
/// @file tiny_dnn_networks.hpp
/// The networks that are compared, for tiny-dnn.
#pragma once
#include "contender.hpp"

#include <tiny_dnn/tiny_dnn.h>

namespace peers {

inline void add_layers(tiny_dnn::network<tiny_dnn::sequential>& net, const std::string& name) {
    using namespace tiny_dnn;
    using namespace tiny_dnn::activation;
    if (name == "lenet5")
        net << convolutional_layer<tan_h>(32, 32, 5, 1, 6) << average_pooling_layer<identity>(28, 28, 6, 2)
            << convolutional_layer<tan_h>(14, 14, 5, 6, 16) << average_pooling_layer<identity>(10, 10, 16, 2)
            << fully_connected_layer<tan_h>(400, 120) << fully_connected_layer<tan_h>(120, 84)
            << fully_connected_layer<softmax>(84, 10);
    else
        net << fully_connected_layer<relu>(784, 512) << fully_connected_layer<softmax>(512, 10);
    net.init_weight();
}

inline tiny_dnn::vec_t to_vector(const std::vector<float>& pixels) { return {pixels.begin(), pixels.end()}; }

}  // namespace peers
