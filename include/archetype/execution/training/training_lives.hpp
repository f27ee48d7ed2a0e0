// SPDX-License-Identifier: BSL-1.0
/// @file training_lives.hpp
/// When the values of a training pass are written and read, forwards and backwards.
#pragma once
#include <archetype/execution/lowering/all.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether the backward pass of a step reads the value that the step reads: unless its lowering says `reads_input<Step>` is
/// false.
template <class Step>
inline constexpr bool backward_reads_input = [] {
    if constexpr (is_join(Step::now))
        return linear_share(Step::at, 0) == 0;
    else if constexpr (requires { lowering_of<Step>::template reads_input<Step>; })
        return lowering_of<Step>::template reads_input<Step>;
    else
        return true;
}();

/// Whether it reads the step's result: if the layer or its lowering says so.
template <class Step>
inline constexpr bool backward_reads_result = [] {
    if constexpr (Step::now.copies)
        return false;
    else if constexpr (requires { lowering_of<Step>::template reads_result<Step>; })
        return lowering_of<Step>::template reads_result<Step>;
    else
        return Step::at.gradient_reads_result;
}();

/// When a value is read, besides when it is written: the last time forwards, the first and the last time backwards.
struct value_life {
    std::size_t written = none, forwards = 0, first = none, last = 0;
    constexpr void read_backwards(std::size_t time) {
        if (time < first) first = time;
        if (time > last) last = time;
    }
    constexpr bool is_read_backwards() const { return first != none; }
};

/// When the values of a pass are read: times are 0 for the inputs, s + 1 for step s, then the loss, then step s backwards at
/// steps + 1 + (steps - s). `Inputs`: gradients of the inputs may be asked for, and a pass may be repeated; else nothing is read
/// backwards below the first trained step.
template <class Net, bool Inputs>
struct training_lives {
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr const auto& grads = gradient_plan<Net>;
    static constexpr std::size_t steps = plan.step_count, values = plan.value_count, loss = steps + 1;

    value_life lives[values]{};  ///< by the value whose memory it is, as all here

    static constexpr std::size_t memory_of(std::size_t v) { return plan.values[v].storage; }
    static constexpr std::size_t backward_time(std::size_t s) { return loss + (steps - s); }
    static constexpr bool has_gradient(std::size_t v) { return Inputs || needs_gradient<Net>[v]; }

    constexpr void find_lives() {
        forward();
        for_each_step<Net, purpose::training>([this]<class Step>(Step) { this->backward<Step>(); });
        for (std::size_t v = 0; v < values; ++v)
            derivative(grads.sums[v], v,
                       plan.is_input(v) ? backward_time(0) + 1 : backward_time(plan.values[v].written));
    }

private:
    constexpr void read_backwards(std::size_t v, std::size_t time) {
        lives[memory_of(v)].read_backwards(time);
    }
    constexpr void forward() {
        const auto read = [&](std::size_t v, std::size_t time) {
            value_life& own = lives[memory_of(v)];
            if (time > own.forwards) own.forwards = time;
        };
        for (std::size_t v = 0; v < values; ++v) {
            value_life& own = lives[memory_of(v)];
            const std::size_t written = plan.is_input(v) ? 0 : plan.values[v].written + 1;
            if (written < own.written) own.written = written;
            // What comes in stays, so that a pass can be repeated to see where numbers got too large.
            read(v, plan.is_input(v) && Inputs ? loss : plan.values[v].read + 1);
        }
        for (std::size_t v = 0; v < values; ++v)
            if (memory_of(v) == v && !plan.is_input(v) && plan.values[v].first_written + 1 < lives[v].written)
                lives[v].written = plan.values[v].first_written + 1;
        for (const std::size_t v : plan.outputs) {
            read(v, loss);
            // A loss may read what a softmax reads.
            if (steps != 0 && !plan.is_input(v)) read(plan.steps[plan.values[v].written].from, loss);
        }
    }
    /// What a loop reads that applies the derivative of the activation a value ends with.
    constexpr void derivative(const gradient_write& write, std::size_t v, std::size_t time) {
        if (write.slot != none && write.derivative && has_gradient(v)) read_backwards(v, time);
    }
    template <class Step>
    constexpr void backward() {
        constexpr const step& now = Step::now;
        constexpr std::size_t time = backward_time(Step::index);
        if constexpr (!has_gradient(now.to)) return;
        if constexpr (backward_reads_input<Step>) {
            read_backwards(now.from, time);
            if constexpr (is_join(now))
                for (std::size_t i = 0; i < now.operand_count; ++i)
                    read_backwards(plan.operands[now.operand_first + i], time);
        }
        if constexpr (backward_reads_result<Step>) read_backwards(now.to, time);
        derivative(grads.from[Step::index], now.from, time);
        if constexpr (is_join(now))
            for (std::size_t i = 0; i < now.operand_count; ++i)
                derivative(grads.operands[now.operand_first + i], plan.operands[now.operand_first + i], time);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
