// SPDX-License-Identifier: BSL-1.0
// Counts each step of a network of examples/firmware/int8 on its own (int8.py --table).
#include "board.hpp"
#include "networks.hpp"
#include "weights.hpp"

#include <archetype/inference.hpp>

namespace {

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
    constexpr std::uint64_t scratch = Step::now.scratch_offset;
    at::detail::run_integer_step<Step, weights.order>(weights.data, from, place<Step::now.to>(),
                                                      arena + scratch, operand);
}

void report_layers() {
    at::detail::for_each_step<NETWORK, at::detail::purpose::inference>([]<class Step>(Step) {
        board::print("step.macs", std::uint64_t{Step::at.multiply_accumulates});
        board::print("step.instructions", std::uint64_t{board::measure(run_step<Step>).instructions});
    });
}

}  // namespace

int main() {
    report_layers();
    return 0;
}
