// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Runs a network in 8 bits and compares what comes out with the host's result, number by number. With -DLAYERS it also
/// counts each step on its own.
#include "board.hpp"
#include "networks.hpp"
#include "sample.hpp"
#include "weights.hpp"

#include <archetype/inference.hpp>

namespace {

at::quantized_inference<NETWORK, weights> run;
static_assert(sizeof(sample) == run.input_size && sizeof(wanted) == run.output_size);

void infer() { run(sample); }

#ifdef LAYERS
alignas(8) std::int8_t arena[at::quantized_arena_bytes<NETWORK> + 64];

/// Where a value lies.
template <std::size_t Value>
std::int8_t* place() {
    constexpr std::uint64_t offset = at::detail::inference_plan<NETWORK>.values[Value].offset;
    return arena + offset;
}

template <class Step>
void run_step() {
    constexpr const auto& plan = at::detail::inference_plan<NETWORK>;
    const std::int8_t *const from = place<Step::now.from>(),
                             *const operand = place<plan.operands[Step::now.operand_first]>();
    at::detail::run_integer_step<Step, weights.order>(weights.data, from, place<Step::now.to>(), operand);
}

void report_layers() {
    at::detail::for_each_step<NETWORK, at::detail::purpose::inference>([]<class Step>(Step) {
        board::print("step.macs", std::uint64_t{Step::at.multiply_accumulates});
        board::print("step.instructions", std::uint64_t{board::measure(run_step<Step>).instructions});
    });
}
#endif

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
#ifdef LAYERS
    report_layers();
#endif
    return wrong == 0 ? 0 : 1;
}
