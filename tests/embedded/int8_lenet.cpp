// SPDX-License-Identifier: BSL-1.0
// The network that CMSIS-NN and TensorFlow Lite Micro computed, on an emulated processor.
#include "board.hpp"
#include "execution/int8_lenet_type.hpp"
#include "weights.hpp"

#include <archetype/inference.hpp>

namespace {

at::quantized_inference<int8_lenet::network, lenet_weights> run;
std::int8_t sample[784];

void infer() { run(sample); }

}  // namespace

int main() {
    for (int i = 0; i < 784; ++i) sample[i] = static_cast<std::int8_t>(37 * i % 256 - 128);
    board::report("inference", infer);
    for (const std::int8_t score : run(sample)) board::print("score", std::uint64_t(score + 128));
    board::print("memory", std::uint64_t{sizeof run + sizeof sample});
    return 0;
}
