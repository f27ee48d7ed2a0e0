// SPDX-License-Identifier: BSL-1.0
// Writes the network of tests/execution/int8_lenet.hpp as headers of constants: `write_int8_lenet FOLDER`.
#include "execution/int8_lenet_network.hpp"

#include <archetype/interchange/quantized_file.hpp>

int main(int, char** arguments) {
    const std::filesystem::path folder = arguments[1];
    at::quantized_model<int8_lenet::network> net(int8_lenet::numbers());
    at::write_constant_weights(net, folder / "plain" / "weights.hpp", "lenet_weights");
    at::write_constant_weights(net, folder / "paired" / "weights.hpp", "lenet_weights",
                               at::weight_order::paired);
    at::write_constant_weights_object(net, folder / "object", "lenet_weights", at::weight_order::paired);
}
