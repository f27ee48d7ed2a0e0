// SPDX-License-Identifier: BSL-1.0
/// @file inference_pass.hpp
/// Runs the steps of a network's inference plan, on one sample or several.
#pragma once
#include <archetype/execution/lowering/all.hpp>

namespace archetype::detail {

/// Elements past the end of a buffer that kernels may read (docs/architecture.md, "Slack"). Targets without vectors read
/// none. It depends on the family of the target, not on its options, so that layouts do not.
inline constexpr std::size_t read_slack = has_wide_vectors ? 64 : 0;

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

/// The batch of one sample, as a constant.
using one_sample = std::integral_constant<std::size_t, 1>;

/// Runs `batch` samples (a number, or `one_sample{}`). Value v of sample n lies at `arena + batch * offset + n * size`.
/// @param folded    what `fold_parameters` made
/// @param prepared  what `prepare_weights` made, or null (with `Prepared` false) to read `folded` itself
/// @param input     the samples, written to `input_place`
/// @return          the results, one after the other, in the arena
template <class Net, class T, bool Prepared, class Batch>
ARCHETYPE_INLINE const T* run_inference(const T* folded, [[maybe_unused]] const T* prepared, const T* input,
                                        T* arena, Batch batch) {
    constexpr const auto& plan = inference_plan<Net>;
    const auto place_of = [&]<std::size_t V>(std::integral_constant<std::size_t, V>)
        __attribute__((always_inline)) {
        constexpr std::size_t offset = inference_plan<Net>.values[V].offset;
        return arena + batch * offset;
    };
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) __attribute__((always_inline)) {
        constexpr const value& made = plan.values[Step::now.to];
        constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
        T* const out = place_of(std::integral_constant<std::size_t, Step::now.to>{});
        if constexpr (made.has_halo() && !made.in_place)
            kernels::zero_halo<image_of(made, made.extents)>(out, {0, batch});
        const T* in = input;
        if constexpr (Step::now.from != 0)
            in = place_of(std::integral_constant<std::size_t, Step::now.from>{});
        const T* weights = folded + own.weights;
        if constexpr (Prepared && !Step::now.copies) {
            if constexpr (lowering_of<Step>::template prepared_size<Step, T> != 0)
                weights = prepared + prepared_offsets<Net, T>[Step::index];
        }
        const inference_call<T> call{in,
                                     out,
                                     weights,
                                     own.has_bias() ? folded + own.bias : nullptr,
                                     arena + batch * Step::now.scratch_offset,
                                     {0, batch}};
        lowering_of<Step>::template infer<Step, T, Prepared>(call, typename Step::activations{});
    });
    if constexpr (plan.step_count == 0)
        return input;
    else
        return place_of(std::integral_constant<std::size_t, plan.value_count - 1>{});
}

/// Runs one sample by the definition of each layer, in a constant expression.
template <class Net, class T>
constexpr void run_reference(const T* folded, const T* input, T* output) {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr std::size_t largest = [] {
        std::uint64_t size = unchecked_facts<Net>.input.size();
        for (const node& at : unchecked_facts<Net>.nodes)
            size = at.output.size() > size ? at.output.size() : size;
        return size;
    }();
    std::array<T, largest> one{}, other{};
    for (std::size_t i = 0; i < facts.input.size(); ++i) one[i] = input[i];
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        if constexpr (!Step::now.copies) {
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            lowering_of<Step>::template reference<Step, T>(one.data(), other.data(), folded + own.weights,
                                                           own.has_bias() ? folded + own.bias : nullptr);
            for (std::size_t i = 0; i < Step::at.output.size(); ++i)
                one[i] = Step::activations::apply(other[i]);
            if constexpr (Step::now.pool != none) {
                using layer = boost::mp11::mp_at_c<layers_of<Net>, Step::now.pool>;
                constexpr const node& pool = facts.nodes[Step::now.pool];
                using pool_step = pooling_of<image_of(value{}, pool.input), image_of(value{}, pool.output)>;
                lowering<layer>::template reference<pool_step, T>(one.data(), other.data(), nullptr, nullptr);
                for (std::size_t i = 0; i < pool.output.size(); ++i)
                    one[i] = Step::pool_activations::apply(other[i]);
            }
        }
    });
    for (std::size_t i = 0; i < facts.output.size(); ++i) output[i] = one[i];
}

}  // namespace archetype::detail
