// SPDX-License-Identifier: BSL-1.0
/// @file quantized_pass.hpp
/// Runs the steps of a network's inference plan in 8 or 16 bits, on one sample.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/integers/quantized_layout.hpp>
#include <archetype/kernels/images/copy.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers of a type at a word of the weights.
template <class Number>
ARCHETYPE_INLINE const Number* numbers_at(const std::int32_t* words, std::size_t offset) {
    return reinterpret_cast<const Number*>(words + offset);
}

/// Copies numbers between images of the same extents.
template <kernels::image From, kernels::image To, class Number>
void copy_quantized(const Number* from, Number* to) {
    kernels::map_numbers<From, To>(from, to, [](Number number) { return number; });
}
/// What a table says of numbers; may work in place.
template <kernels::image From, kernels::image To, class Number>
ARCHETYPE_INLINE void look_up_quantized(const Number* from, Number* to, const Number* table) {
    if constexpr (sizeof(Number) == 1)
        kernels::int8_look_up<From, To>(from, to, table);
    else
        kernels::map_numbers<From, To>(from, to,
                                       [&](Number number) { return kernels::look_up(table, number); });
}

/// What the form of a layer runs on (`integer_form::run`).
template <class Step, weight_order Order, class Number>
struct integer_call {
    using step = Step;
    using number = Number;
    using made = integer_step<Step>;
    static constexpr weight_order order = Order;
    static constexpr bool is_16_bit = sizeof(Number) == 2;
    static constexpr integer_offsets own =
        integer_layout_of<typename Step::network, Number, Order>.steps[Step::index];
    const std::int32_t* words;
    const Number* in;
    Number* out;
    Number* scratch;  ///< the layer's `scratch_elements`, aligned for 32-bit numbers

    ARCHETYPE_INLINE const std::int32_t* numbers() const { return words + own.numbers; }
    ARCHETYPE_INLINE auto channels() const {
        return numbers_at<typename integer_numbers<Number>::channel>(words, own.channels);
    }
    ARCHETYPE_INLINE const std::int8_t* weights() const {
        return numbers_at<std::int8_t>(words, own.weights);
    }
    /// Null if there is none.
    ARCHETYPE_INLINE const Number* table() const {
        return made::has_table ? numbers_at<Number>(words, own.table) : nullptr;
    }
    ARCHETYPE_INLINE const Number* second_table() const {
        return made::has_second_table ? numbers_at<Number>(words, own.second_table) : nullptr;
    }
    /// Of the input.
    ARCHETYPE_INLINE std::int32_t zero_point() const {
        return block_of<Number>(words).zero_point(Step::now.from);
    }
};

/// A difference, the larger or the smaller of two numbers; the first is input `Position` of the join.
template <join_kind Joins, std::size_t Position>
constexpr std::int32_t join_of_integers(std::int32_t a, std::int32_t b) {
    if (Joins == join_kind::difference) return Position == 0 ? a - b : b - a;
    return (Joins == join_kind::maximum) == (a < b) ? b : a;
}

/// The other value of a step's join, as it lies in memory. Rows of a stream have their own.
template <class Step>
inline constexpr kernels::image operand_image = [] {
    if constexpr (requires { Step::operand; }) {
        return Step::operand;
    } else {
        constexpr const auto& plan = inference_plan<typename Step::network>;
        return image_of(plan.values[plan.operands[Step::now.operand_first]],
                        operand_shape<typename Step::network>(Step::now, 0));
    }
}();

/// What a step does to the results of its layer.
template <class Step, weight_order Order, class Number>
ARCHETYPE_INLINE void finish_integer_step(const integer_call<Step, Order, Number>& call,
                                          [[maybe_unused]] const Number* operand) {
    using made = integer_step<Step>;
    using form = typename made::form;
    [[maybe_unused]] const Number* const in = call.in;
    Number* const out = call.out;
    constexpr bool adds_input = made::joins && form::is_identity && !made::has_table;
    if constexpr (!form::is_identity) {
        if constexpr (made::has_table && !form::applies_table)
            look_up_quantized<Step::out, Step::out>(out, out, call.table());
    } else if constexpr (made::has_table) {
        look_up_quantized<Step::in, Step::out>(in, out, call.table());
    } else if constexpr (!made::joins) {
        copy_quantized<Step::in, Step::out>(in, out);
    }
    if constexpr (made::joins) {
        constexpr kernels::image from = adds_input ? Step::in : Step::out;
        constexpr kernels::stretched_image added = kernels::stretch(operand_image<Step>, Step::out);
        const auto join = [&](const auto& function) __attribute__((always_inline)) {
            kernels::int8_join<from, added, Step::out>(adds_input ? in : out, operand, out, function);
        };
        const std::int32_t* const numbers = call.words + call.own.join;
        if constexpr (made::joins_by == join_kind::product) {
            join(*reinterpret_cast<const kernels::int8_product*>(numbers));
        } else {
            const auto& sum = *reinterpret_cast<const kernels::int8_addition*>(numbers);
            if constexpr (made::joins_by == join_kind::sum || made::joins_by == join_kind::mean)
                join(sum);
            else
                join([&](std::int8_t a, std::int8_t b) {
                    return sum.joined(a, b, join_of_integers<made::joins_by, Step::now.join_position>);
                });
        }
        if constexpr (made::has_second_table)
            look_up_quantized<Step::out, Step::out>(out, out, call.second_table());
    }
}

/// One step. `scratch` lies where the plan has it, `operand` is the other value of a join.
template <class Step, weight_order Order, class Number>
void run_integer_step(const std::int32_t* words, const Number* in, Number* out, Number* scratch,
                      const Number* operand) {
    using form = typename integer_step<Step>::form;
    const integer_call<Step, Order, Number> call{words, in, out, scratch};
    if constexpr (!form::is_identity) form::run(call);
    finish_integer_step(call, operand);
}

/// Sees nothing of a run.
struct no_observer {
    template <class Step, class Number>
    ARCHETYPE_INLINE void operator()(Step, const Number*) const {}
};

/// Whether a step multiplies what lies around its image.
template <class Net>
constexpr bool reads_halo(std::size_t s) {
    const step& now = inference_plan<Net>.steps[s];
    return !now.copies && inference_plan<Net>.values[now.from].has_halo() &&
           unchecked_facts<Net>.nodes[now.anchor].role == layer_role::contraction;
}
/// What step `s` reads, or what that is a slice of.
template <class Net>
constexpr std::size_t unsliced_source(std::size_t s) {
    std::size_t v = inference_plan<Net>.steps[s].from;
    while (inference_plan<Net>.values[v].is_view()) v = inference_plan<Net>.values[v].view_of;
    return v;
}
/// The value whose zero point stands in the halo that step `S` reads, if the step did not write its own there. Values that share
/// memory (in place, parts of a concatenation) share a halo, and need not share a zero point.
template <class Net>
constexpr std::size_t halo_before(std::size_t S) {
    constexpr const auto& plan = inference_plan<Net>;
    const std::size_t storage = plan.values[plan.steps[S].from].storage;
    std::size_t filled = storage;
    for (std::size_t s = 0; s < S; ++s) {
        const std::size_t from = unsliced_source<Net>(s);
        if (reads_halo<Net>(s) && plan.values[from].storage == storage) filled = from;
    }
    return filled;
}

/// A pass over the arena in integers, for `run_plan`: `run_step(step, in, out, scratch, operand)` runs one step.
template <class Net, class Number, class RunStep>
struct integer_pass : whole_pass {
    static constexpr const auto& plan = inference_plan<Net>;
    const std::int32_t* words;
    const Number* input;
    Number* arena;
    const RunStep& run_step;

    ARCHETYPE_INLINE integer_pass(const std::int32_t* weights, const Number* from, Number* place,
                                  const RunStep& run_one)
        : words(weights), input(from), arena(place), run_step(run_one) {}

    // Offsets are constants, so that no table of the plan is in the program.
    template <std::size_t V>
    ARCHETYPE_INLINE Number* place_of() const {
        constexpr std::uint64_t offset = plan.values[V].offset;
        return arena + offset;
    }
    template <std::size_t V>
    ARCHETYPE_INLINE const Number* read_place_of() const {
        return V == 0 ? input : place_of<V>();
    }
    /// Around the memory of value `V` everything stands for zero, by the zero point of value `Of`.
    template <std::size_t V, std::size_t Of>
    ARCHETYPE_INLINE void fill_halo(Number* place) const {
        constexpr const value& storage = plan.values[plan.values[V].storage];
        kernels::fill_halo<image_of(storage, storage.extents)>(
            place, {0, 1}, static_cast<Number>(block_of<Number>(words).zero_point(Of)));
    }
    template <class Step>
    ARCHETYPE_INLINE void clear_halo() const {
        fill_halo<Step::now.to, plan.values[Step::now.to].storage>(place_of<Step::now.to>());
    }
    template <class Step>
    ARCHETYPE_INLINE void run() const {
        constexpr std::size_t from = unsliced_source<Net>(Step::index);
        if constexpr (sizeof(Number) == 1 && reads_halo<Net>(Step::index)) {
            if constexpr (halo_before<Net>(Step::index) != from) fill_halo<from, from>(place_of<from>());
        }
        const Number* operand = nullptr;
        if constexpr (Step::now.operand_count != 0)
            operand = read_place_of<plan.operands[Step::now.operand_first]>();
        constexpr std::uint64_t scratch = Step::now.scratch_offset;
        run_step(Step{}, read_place_of<Step::now.from>(), place_of<Step::now.to>(), arena + scratch, operand);
    }
};

/// Runs one sample and returns its result, which lies in the arena.
/// @param words  the weights, packed in `Order`
/// @param input  the sample, as `input_image` says; its halo is the zero point
/// @param arena  `quantized_arena_bytes<Net>`, and what kernels may read past it
/// @param observe  observe(step, where its result begins) after each step
template <class Net, weight_order Order, class Number, class Observer = no_observer>
const Number* run_quantized(const std::int32_t* words, const Number* input, Number* arena,
                            const Observer& observe = {}) {
    static_assert(sizeof(Number) == 1 || Order == weight_order::plain,
                  "archetype: weights for 16-bit activations have the plain order");
    const auto run_step = [&]<class Step>(Step, const Number* in, Number* out, Number* scratch,
                                          const Number* operand) __attribute__((always_inline)) {
        run_integer_step<Step, Order>(words, in, out, scratch, operand);
        observe(Step{}, static_cast<const Number*>(out));
    };
    const integer_pass<Net, Number, decltype(run_step)> pass(words, input, arena, run_step);
    run_plan<Net, purpose::inference>(pass);
    return pass.template read_place_of<inference_plan<Net>.outputs[0]>();
}

/// The halo of the input stands for zeros.
template <class Net, class Number>
void fill_input_halo([[maybe_unused]] const std::int32_t* words, Number* place) {
    kernels::fill_halo<input_image<Net>>(place, {0, 1},
                                         static_cast<Number>(block_of<Number>(words).zero_point(0)));
}

/// Copies a sample to where the pass reads it: into the arena, or into `room` beside it.
template <class Net, class Number>
const Number* place_quantized([[maybe_unused]] const std::int32_t* words, const Number* sample, Number* arena,
                              [[maybe_unused]] std::type_identity_t<Number>* room) {
    constexpr value input = inference_plan<Net>.values[0];
    constexpr bool in_arena = inference_plan<Net>.input_in_arena;
    Number* const place = in_arena ? arena + input.offset : room;
    if constexpr (input.has_halo()) fill_input_halo<Net>(words, place);
    copy_quantized<image_of(value{}, input.extents), input_image<Net>>(sample, place);
    return place;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
