// SPDX-License-Identifier: BSL-1.0
/// @file narrow_reader.cpp
/// On a device: the network with weights.hpp must give what the host's gave, 16-bit numbers exactly.
#include "board.hpp"
#include "narrow_networks.hpp"
#include "sample.hpp"
#include "weights.hpp"

#include <archetype/inference.hpp>

namespace {

#ifdef ACTIVATIONS_16
constexpr float tolerance = 0;
at::quantized_inference<NETWORK, weights> run;
#else
constexpr float tolerance = 2e-6f;
at::weight_quantized_inference<NETWORK, weights> run;
#endif

void infer() { run(sample); }

}  // namespace

int main() {
    board::report("inference", infer);
    const auto found = run(sample);
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const float difference = static_cast<float>(found[i]) - static_cast<float>(wanted[i]);
        wrong += difference <= tolerance && difference >= -tolerance ? 0 : 1;
    }
    board::print("arena", std::uint64_t{sizeof run});
    board::print("wrong", wrong);
    return wrong == 0 ? 0 : 1;
}
