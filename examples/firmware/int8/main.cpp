// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Runs a network in 8 bits and compares what comes out with the host's result, number by number.
#include "board.hpp"
#include "networks.hpp"
#include "sample.hpp"
#include "weights.hpp"

#include <archetype/inference.hpp>

namespace {

at::quantized_inference<NETWORK, weights> run;
static_assert(sizeof(sample) == run.input_size && sizeof(wanted) == run.output_size);

void infer() { run(sample); }

}  // namespace

int main() {
    board::report("inference", infer);
    std::uint64_t wrong = 0;
    const auto found = run(sample);
    for (std::size_t i = 0; i < found.size(); ++i) wrong += found[i] != wanted[i] ? 1 : 0;
    board::print("arena", std::uint64_t{sizeof run});
    board::print("weights", std::uint64_t{4 * weights.size()});
    board::print("constants", std::uint64_t{4 * weights.size() + sizeof sample + sizeof wanted});
    board::print("wrong", wrong);
    return wrong == 0 ? 0 : 1;
}
