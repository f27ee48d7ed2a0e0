// SPDX-License-Identifier: BSL-1.0
/// @file inference_pass.hpp
/// Runs the steps of a network's inference plan, on one sample or several.
#pragma once
#include <archetype/execution/inference/interleaved_steps.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Elements past the end of a buffer that kernels may read (docs/architecture.md, "Slack"). Targets without vectors read
/// none. It depends on the family of the target, not on its options, so that layouts do not.
inline constexpr std::size_t read_slack = has_wide_vectors ? 64 : 0;

/// The length of an array for this many elements: no array is empty.
constexpr std::size_t length_with_slack(std::size_t elements) {
    return elements + read_slack != 0 ? elements + read_slack : 1;
}

/// Where prepared weights of each step lie: offsets in elements, and their sum last.
template <class Net, class T>
inline constexpr auto prepared_offsets = [] {
    constexpr std::size_t steps = inference_plan<Net>.step_count;
    std::array<std::size_t, steps + 1> offsets{};
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        std::size_t size = 0;
        if constexpr (!Step::now.copies) size = lowering_of<Step>::template prepared_size<Step, T>;
        offsets[Step::index + 1] = offsets[Step::index] + round_up(size, arena_alignment);
    });
    return offsets;
}();

/// Packs folded weights into the order of this machine's kernels; `prepared` has room for `prepared_offsets<Net, T>.back()`.
template <class Net, class T>
void prepare_weights(const T* folded, T* prepared) {
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        if constexpr (!Step::now.copies) {
            if constexpr (lowering_of<Step>::template prepared_size<Step, T> != 0)
                lowering_of<Step>::template prepare<Step, T>(
                    folded + inference_weights_of<Net>.steps[Step::index].weights,
                    prepared + prepared_offsets<Net, T>[Step::index]);
        }
    });
}

/// Moves samples without a halo into an image. Reads nothing past their end.
template <kernels::image To, class T>
void copy_rows(const T* from, T* to, std::size_t batch) {
    constexpr std::size_t row = To.width * To.channels;
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t y = 0; y < To.height; ++y, from += row) {
            T* place = to + n * To.sample_stride + To.offset + y * To.row_stride;
            if constexpr (kernels::has_many_lanes)
                __builtin_memcpy(place, from, row * sizeof(T));
            else
                for (std::size_t i = 0; i < row; ++i, ++place) {
                    kernels::keep_loop(place);
                    *place = from[i];
                }
        }
}

/// Moves a sample that lies in one run where its image begins to the image's rows, the last number first: no place comes before
/// the number that goes there.
template <kernels::image To, class T>
constexpr void spread_rows(T* place) {
    if constexpr (!To.contiguous() || To.offset != 0) {
        const T* from = place + To.size();
        for (std::size_t y = To.height; y-- != 0;)
            for (std::size_t x = To.width; x-- != 0;) {
                T* to = place + To.offset + y * To.row_stride + x * To.pixel_stride + To.channels;
                for (std::size_t c = To.channels; c-- != 0;) {
                    kernels::keep_loop(to);
                    *--to = *--from;
                }
            }
    }
}

/// How a sample's input lies, and how many elements it takes where it is not part of the arena.
template <class Net>
inline constexpr kernels::image input_image = image_of(inference_plan<Net>.values[0],
                                                       inference_plan<Net>.values[0].extents);
template <class Net>
inline constexpr std::size_t input_room = inference_plan<Net>.input_in_arena
                                              ? 0
                                              : round_up(input_image<Net>.sample_stride, arena_alignment);

/// Where the input of `batch` samples is to be written, as `input_image` says: in the arena, or in `room` elements of the
/// caller's beside it. The halo is cleared.
template <class Net, class T>
T* input_place(T* arena, [[maybe_unused]] T* room, std::size_t batch) {
    constexpr const value& input = inference_plan<Net>.values[0];
    if constexpr (!inference_plan<Net>.input_in_arena) {
        return room;
    } else {
        T* const place = arena + batch * input.offset;
        if constexpr (input.has_halo()) kernels::zero_halo<input_image<Net>>(place, {0, batch});
        return place;
    }
}

/// How further input `k` (from 1 on) lies and where it is to be written; its halo is cleared.
template <class Net, std::size_t K>
inline constexpr const value& further_input = inference_plan<Net>.values[inference_plan<Net>.inputs[K]];
template <class Net, std::size_t K, class T>
T* further_input_place(T* arena, std::size_t batch) {
    constexpr const value& input = further_input<Net, K>;
    T* const place = arena + batch * input.offset;
    if constexpr (input.has_halo()) kernels::zero_halo<image_of(input, input.extents)>(place, {0, batch});
    return place;
}

/// The places of all inputs; `room` as for `input_place`.
template <class Net, class T>
auto input_places(T* arena, T* room, std::size_t batch) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
        return std::array<T*, sizeof...(K) + 1>{input_place<Net>(arena, room, batch),
                                                further_input_place<Net, K + 1>(arena, batch)...};
    }
    (std::make_index_sequence<inference_plan<Net>.input_count - 1>{});
}

/// The batch of one sample, as a constant.
using one_sample = std::integral_constant<std::size_t, 1>;

/// A pass over the arena in real numbers, for `run_plan`.
template <class Net, class T, class Batch, class Infer>
struct inference_pass : whole_pass {
    const T* input;
    T* arena;
    Batch batch;
    const Infer& infer;

    ARCHETYPE_INLINE inference_pass(const T* from, T* place, Batch samples, const Infer& run_one)
        : input(from), arena(place), batch(samples), infer(run_one) {}

    ARCHETYPE_INLINE T* place_of(std::size_t v) const {
        return arena + batch * inference_plan<Net>.values[v].offset;
    }
    template <class Step>
    ARCHETYPE_INLINE void clear_halo() const {
        if constexpr (requires { infer.by; })
            if (infer.by.part.index != 0) return;
        kernels::zero_halo<Step::storage_image>(place_of(Step::now.to), {0, batch});
    }
    template <class Step>
    ARCHETYPE_INLINE void run() const {
        // Inlined, so that what is read of the plan is no table in the program.
        const auto read_place_of = [&](std::size_t v) __attribute__((always_inline))->const T* {
            return v == 0 ? input : place_of(v);
        };
        const auto alone = [&](auto... by) __attribute__((always_inline)) {
            infer(Step{}, read_place_of(Step::now.from), place_of(Step::now.to),
                  arena + batch * Step::now.scratch_offset, Step::template epilogue<T>(read_place_of), by...);
        };
        if constexpr (requires {
                          infer.is_alone();
                          requires may_be_interleaved<Net>(Step::index);
                      }) {
            if (infer.is_alone())
                return run_interleaved<Step, T>(
                    batch,
                    read_place_of, [&](std::size_t v) __attribute__((always_inline)) { return place_of(v); },
                    alone);
        }
        alone();
    }
};

/// Runs `batch` samples (a number, or `one_sample{}`) with any kind of weights. Value v of sample n lies at
/// `arena + batch * offset + n * size`.
/// @param input  the samples, written to `input_place`
/// @param infer  infer(step, in, out, scratch, epilogue) runs one step
template <class Net, class T, class Batch, class Infer>
ARCHETYPE_INLINE void run_inference_steps(const T* input, T* arena, Batch batch, const Infer& infer) {
    run_plan<Net, purpose::inference>(inference_pass<Net, T, Batch, Infer>(input, arena, batch, infer));
}

/// Runs steps by threads that go through the plan together: each does its part of those that can be shared, the first one the
/// others. `Team` has their `part`, and `meet()`, where they wait for each other.
template <class Net, class T, class Team>
struct shared_steps {
    const T *folded, *prepared;
    std::size_t batch;
    const Team& by;

    /// Without others, steps may be interleaved.
    bool is_alone() const { return by.part.of == 1; }

    template <class Step, class Epilogue>
    ARCHETYPE_INLINE void operator()(Step, const T* in, T* out, T* scratch, const Epilogue& epilogue,
                                     kernels::companions companions = {}) const {
        constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
        constexpr bool can_share = [] {
            if constexpr (requires { lowering_of<Step>::template can_share<Step, T>; })
                return bool{lowering_of<Step>::template can_share<Step, T>};
            else
                return false;
        }();
        const T* weights = folded + own.weights;
        if constexpr (!Step::now.copies)
            if constexpr (lowering_of<Step>::template prepared_size<Step, T> != 0)
                weights = prepared + prepared_offsets<Net, T>[Step::index];
        if (can_share || by.part.index == 0)
            lowering_of<Step>::template infer<Step, T, true>(
                {in,
                 out,
                 weights,
                 own.has_bias() ? folded + own.bias : nullptr,
                 scratch,
                 {0, batch},
                 can_share && by.part.of != 1 ? &by.part : nullptr,
                 companions},
                epilogue);
        by.meet();
    }
};

/// The same with the weights in one block.
/// @param folded    what `fold_parameters` made
/// @param prepared  what `prepare_weights` made, or null (with `Prepared` false) to read `folded` itself
template <class Net, class T, bool Prepared, class Batch>
ARCHETYPE_INLINE void run_inference(const T* folded, [[maybe_unused]] const T* prepared, const T* input,
                                    T* arena, Batch batch) {
    run_inference_steps<Net>(
        input, arena, batch,
        [&]<class Step, class Epilogue>(Step, const T* in, T* out, T* scratch, const Epilogue& epilogue)
            __attribute__((always_inline)) {
                constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
                const T* weights = folded + own.weights;
                if constexpr (Prepared && !Step::now.copies) {
                    if constexpr (lowering_of<Step>::template prepared_size<Step, T> != 0)
                        weights = prepared + prepared_offsets<Net, T>[Step::index];
                }
                const inference_call<T> call{
                    in, out, weights, own.has_bias() ? folded + own.bias : nullptr, scratch, {0, batch}};
                lowering_of<Step>::template infer<Step, T, Prepared>(call, epilogue);
            });
}

/// Where output `k` of `run_inference` lies: the results of the samples one after the other.
template <class Net, std::size_t K = 0, class T>
const T* output_place(const T* input, const T* arena, std::size_t batch) {
    constexpr std::size_t v = inference_plan<Net>.outputs[K];
    return v == 0 ? input : arena + batch * inference_plan<Net>.values[v].offset;
}

/// Where each value lies in `run_reference`: one after the other, without halos.
template <class Net>
inline constexpr auto reference_offsets = [] {
    constexpr const auto& plan = inference_plan<Net>;
    std::array<std::size_t, plan.value_count + 1> offsets{};
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        std::size_t size = plan.values[v].extents.size();
        if (const std::size_t maker = plan.values[v].written;
            v != 0 && maker < plan.step_count && plan.steps[maker].to == v) {
            const node& at = unchecked_facts<Net>.nodes[plan.steps[maker].anchor];
            size = at.output.size() > size ? at.output.size() : size;  // before a pooling on the fly
        }
        offsets[v + 1] = offsets[v] + size;
    }
    return offsets;
}();

/// The most elements of one value there.
template <class Net>
inline constexpr std::size_t reference_room = [] {
    std::size_t most = 0;
    for (std::size_t v = 0; v < inference_plan<Net>.value_count; ++v)
        most = largest({most, reference_offsets<Net>[v + 1] - reference_offsets<Net>[v]});
    return most;
}();

/// What a reference pass shows of a step: the layer's results, those after its activations, and those after a join or a
/// pooling on the fly and the activations after that.
enum class reference_stage { plain, activated, last };

/// Looks at nothing. Another observer has `run_layer<Step>(in, out, weights, bias)`, which runs the definition of a layer,
/// `see_results<Step, stage>(first, count)`, and `see_value(v, first)`: a value, or a concatenation with one more part.
struct no_reference_observer {};

/// A pass of one sample by the definition of each layer, for `run_plan`.
/// @param values  zeros, as `reference_offsets` has them, with the inputs where they belong
/// @param other   room for `reference_room` elements
template <class Net, class T, class Observer>
struct reference_pass : whole_pass {
    static constexpr const auto& plan = inference_plan<Net>;
    static constexpr const auto& offsets = reference_offsets<Net>;
    static constexpr bool is_observed = !std::is_same_v<Observer, no_reference_observer>;
    const T* folded;
    T *values, *other;
    Observer& observer;

    constexpr reference_pass(const T* weights, T* to, T* room, Observer& sees)
        : folded(weights), values(to), other(room), observer(sees) {}

    template <class Step>
    constexpr void clear_halo() const {}
    template <class Step>
    constexpr void run() const {
        constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
        constexpr std::size_t results = Step::result.size();
        T* const out = values + offsets[Step::now.to];
        const T* const in = values + offsets[Step::now.from];
        const T *const weights = folded + own.weights, *const bias =
                                                           own.has_bias() ? folded + own.bias : nullptr;
        if constexpr (is_observed) {
            observer.template run_layer<Step>(in, other, weights, bias);
            observer.template see_results<Step, reference_stage::plain>(other, results);
        } else {
            lowering_of<Step>::template reference<Step, T>(in, other, weights, bias);
        }
        for (std::size_t i = 0; i < results; ++i) out[i] = Step::activations::apply(other[i]);
        if constexpr (is_observed)
            observer.template see_results<Step, reference_stage::activated>(out, results);
        if constexpr (Step::now.join != none) {
            using join = boost::mp11::mp_at_c<layers_of<Net>, Step::now.join>;
            for (std::size_t i = 0; i < results; ++i) {
                T result = out[i];
                for (std::size_t k = 0; k < Step::now.operand_count; ++k)
                    result = join_operand<join, comes_after_operand<join>(Step::now.join_position), T>(
                        result, values[offsets[plan.operands[Step::now.operand_first + k]] +
                                       repeated_from(i, operand_shape<Net>(Step::now, k), Step::result)]);
                if constexpr (std::is_same_v<join, average>) result *= T(1) / T(Step::now.operand_count + 1);
                out[i] = Step::join_activations::apply(result);
            }
        }
        [[maybe_unused]] std::size_t last = results;
        if constexpr (Step::now.pool != none) {
            using layer = boost::mp11::mp_at_c<layers_of<Net>, Step::now.pool>;
            constexpr const node& pool = unchecked_facts<Net>.nodes[Step::now.pool];
            using pool_step = pooling_of<image_of(value{}, pool.input), image_of(value{}, pool.output)>;
            lowering<layer>::template reference<pool_step, T>(out, other, nullptr, nullptr);
            last = pool.output.size();
            for (std::size_t i = 0; i < last; ++i) out[i] = Step::pool_activations::apply(other[i]);
        }
        if constexpr (is_observed) observer.template see_results<Step, reference_stage::last>(out, last);
        give(Step::now.to);
    }

    /// Shows a value, and copies it into the concatenations that it is a part of and the slices of it.
    constexpr void give(std::size_t v) const {
        if constexpr (is_observed) observer.see_value(v, values + offsets[v]);
        if constexpr (has_views)
            for (std::size_t slice = v + 1; slice < plan.value_count; ++slice)
                if (plan.values[slice].view_of == v) {
                    copy_part<false>(slice, v);
                    give(slice);
                }
        if (plan.values[v].is_part()) {
            copy_part<true>(v, plan.values[v].whole);
            give(plan.values[v].whole);
        }
    }

private:
    static constexpr bool has_views = [] {
        for (const value& one : plan.values)
            if (one.is_view()) return true;
        return false;
    }();
    template <bool In>
    constexpr void copy_part(std::size_t part, std::size_t whole) const {
        const value &inner = plan.values[part], &outer = plan.values[whole];
        const std::size_t channels = inner.extents.channels(), width = inner.extents.width();
        T *const of_part = values + offsets[part], *const of_whole = values + offsets[whole];
        for (std::size_t i = 0; i < inner.extents.size(); ++i) {
            const std::size_t y = inner.first_row + i / channels / width,
                              x = inner.first_column + i / channels % width,
                              c = inner.first_channel - outer.first_channel + i % channels,
                              at = (y * outer.extents.width() + x) * outer.extents.channels() + c;
            if constexpr (In)
                of_whole[at] = of_part[i];
            else
                of_part[i] = of_whole[at];
        }
    }
};

/// Runs one sample by the definition of each layer, in a constant expression.
/// @param inputs   the sample of each input
/// @param outputs  room for each output
template <class Net, class T, std::size_t Inputs, std::size_t Outputs>
constexpr void run_reference(const T* folded, const std::array<const T*, Inputs>& inputs,
                             const std::array<T*, Outputs>& outputs) {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr const auto& plan = inference_plan<Net>;
    constexpr const auto& offsets = reference_offsets<Net>;
    std::array<T, offsets.back()> values{};
    std::array<T, reference_room<Net>> other{};
    for (std::size_t k = 0; k < Inputs; ++k)
        for (std::size_t i = 0; i < plan.values[plan.inputs[k]].extents.size(); ++i)
            values[offsets[plan.inputs[k]] + i] = inputs[k][i];
    no_reference_observer observer;
    const reference_pass<Net, T, no_reference_observer> pass(folded, values.data(), other.data(), observer);
    for (std::size_t k = 0; k < Inputs; ++k) pass.give(plan.inputs[k]);
    run_plan<Net, purpose::inference>(pass);
    for (std::size_t k = 0; k < Outputs; ++k)
        for (std::size_t i = 0; i < facts.shape_of(facts.outputs[k].node).size(); ++i)
            outputs[k][i] = values[offsets[plan.outputs[k]] + i];
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
