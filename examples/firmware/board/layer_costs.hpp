// SPDX-License-Identifier: BSL-1.0
/// @file layer_costs.hpp
/// What each step of a network takes on a board, in lines that tools/firmware_layers.py reads.
#pragma once
#include <archetype/inference.hpp>
#include "board.hpp"

namespace board {

namespace detail_of_steps = archetype::detail;

/// Writes what one call takes.
template <class Call>
void report_step(std::size_t index, const Call& call) {
    static const Call* current;
    current = &call;
    const cost found = measure([] { (*current)(); });
    print("step", std::uint64_t{index});
    print("step.instructions", std::uint64_t{found.instructions});
    print("step.stack", std::uint64_t{found.stack});
}

/// Runs a sample in real numbers, step by step.
template <class Net>
void report_steps(const float* weights, const float* sample, float* arena, float* room) {
    namespace at = detail_of_steps;
    constexpr auto& image = at::input_image<Net>;
    float* const placed = at::input_place<Net>(arena, room, 1);
    at::copy_rows<image>(sample, placed, 1);
    at::run_inference_steps<Net>(
        placed, arena, at::one_sample{},
        [&]<class Step, class Epilogue>(Step, const float* in, float* out, float* scratch,
                                        const Epilogue& epilogue) {
            constexpr at::step_weights own = at::inference_weights_of<Net>.steps[Step::index];
            const at::inference_call<float> call{
                in,      out,   weights + own.weights, own.has_bias() ? weights + own.bias : nullptr,
                scratch, {0, 1}};
            report_step(Step::index,
                        [&] { at::lowering_of<Step>::template infer<Step, float, false>(call, epilogue); });
        });
}

/// The same in 8 bits.
template <class Net, archetype::weight_order Order>
void report_steps(const std::int32_t* words, const std::int8_t* sample, std::int8_t* arena,
                  std::int8_t* room) {
    namespace at = detail_of_steps;
    const std::int8_t* const placed = at::place_quantized<Net>(words, sample, arena, room);
    const auto run_step = [&]<class Step>(Step, const std::int8_t* in, std::int8_t* out, std::int8_t* scratch,
                                          const std::int8_t* operand) {
        report_step(Step::index,
                    [&] { at::run_integer_step<Step, Order>(words, in, out, scratch, operand); });
    };
    at::run_plan<Net, at::purpose::inference>(
        at::integer_pass<Net, std::int8_t, decltype(run_step)>(words, placed, arena, run_step));
}

}  // namespace board
