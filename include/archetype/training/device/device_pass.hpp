// SPDX-License-Identifier: BSL-1.0
/// @file device_pass.hpp
/// A training pass in one array of the program: parameters, the optimizer's numbers, and an arena for everything else.
#pragma once
#include <archetype/execution/training/training_arena.hpp>
#include <archetype/training/apply_update.hpp>

#include <cstdint>
#include <type_traits>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline const executor one_thread{};

/// What inference reads of a step that is no tensor as it is: a batch norm in it, or tensors that lie apart.
template <class Net>
constexpr bool is_folded(std::size_t s) {
    const step& now = inference_plan<Net>.steps[s];
    const node& at = unchecked_facts<Net>.nodes[now.anchor];
    if (now.copies || at.parameter_tensors == 0) return false;
    if (now.batch_norm != none || at.role == layer_role::normalization) return true;
    const auto& offsets = parameters_of<Net>.offsets[now.anchor];
    for (std::size_t i = 0; i < at.parameter_tensors && !has_channel_weights(at); ++i)
        if (offsets[i] != offsets[0] + inference_tensor_offset(at, i)) return true;
    return false;
}

/// `Start` has the parameters that training starts from, and those that stay.
/// @tparam Keeps  gradients last until an update, so that several batches add to them
template <class Net, class Optimizer, const auto& Start, std::size_t Batch, bool Keeps>
class device_pass : public training_steps<device_pass<Net, Optimizer, Start, Batch, Keeps>, Net,
                                          typename std::remove_cvref_t<decltype(Start)>::value_type> {
public:
    using number = typename std::remove_cvref_t<decltype(Start)>::value_type;

private:
    using T = number;
    using steps = training_steps<device_pass, Net, T>;
    friend steps;
    using steps::plan, steps::saved_sample_offsets;
    static constexpr const auto& layout = parameters_of<Net>;
    static constexpr const auto& places = training_places_of<Net, T, Batch, Keeps>;
    static constexpr const auto& inferred = inference_plan<Net>;

    static constexpr std::size_t fold_room = [] {
        std::size_t most = 0;
        for (std::size_t s = 0; s < inferred.step_count; ++s) {
            const step_weights& own = inference_weights_of<Net>.steps[s];
            if (is_folded<Net>(s))
                most = largest({most, static_cast<std::size_t>(round_up(own.weights_count, arena_alignment) +
                                                               round_up(own.bias_count, arena_alignment))});
        }
        return most;
    }();
    /// Inference has the same memory, or what lies behind gradients and states that wait for the next step: its values, and the
    /// weights of one step.
    static constexpr std::size_t infer_at =
        Keeps || places.stays ? static_cast<std::size_t>(places.elements) : 0;
    static constexpr std::size_t fold_at = inferred.arena_elements + input_room<Net>;

public:
    static constexpr std::size_t trained = layout.trainable_elements, written = layout.written_elements;
    static constexpr std::size_t state_elements = Optimizer::states * trained;
    static constexpr std::size_t arena_elements =
        largest({static_cast<std::size_t>(places.elements), infer_at + fold_at + fold_room});

    T* parameters() { return memory_; }
    T* states() { return memory_ + written; }

    /// As at the start: the parameters, zeros for the optimizer.
    void reset() {
        const T* const from = Start.data;
        for (std::size_t i = 0; i < written; ++i) memory_[i] = from[i];
        for (std::size_t i = 0; i < state_elements; ++i) states()[i] = T(0);
        reset_states();
    }
    void reset_states() { has_states_ = false; }

    /// Where the samples of the input go.
    T* input() {
        if constexpr (plan.values[0].has_halo())
            kernels::zero_halo<steps::input_image>(value_place(0), {0, Batch});
        return value_place(0);
    }
    template <std::size_t Skip>
    T* forward(std::uint64_t seed) {
        takes_over_ = has_states_;
        has_states_ = true;
        return steps::template forward<Skip>(memory_, seed);
    }
    T* losses() { return arena() + places.losses; }

    /// The gradients of what `step` trains are complete after it: no step before it has the same parameters.
    template <class Step>
    static constexpr bool completes = [] {
        const kernels::range own = trained_range<Net>(Step::index);
        for (std::size_t s = 0; s < Step::index; ++s)
            if (trained_range<Net>(s).last == own.last) return false;
        return own.last != 0;
    }();
    /// Moves the parameters that step `Step` trains.
    template <class Step, class Update>
    void update(const Update& moves) {
        if constexpr (places.by_rows[Step::index])
            update_by_rows<Step>(moves);
        else
            for_tensors<Step>([&](std::size_t first, std::size_t count) {
                move(moves, first, count, gradients_for<Step>() + first);
            });
    }
    template <class Ahead>
    void look_ahead(const Ahead& ahead) {
        apply_expression<0, Optimizer::states>(ahead, memory_, static_cast<const T*>(nullptr), states(),
                                               trained, 0, trained);
    }

    /// A sample in, its result out.
    template <class Place>
    const T* infer(const T* sample, const Place& place_others) {
        T* const base = arena() + infer_at;
        T* const place = input_place<Net>(base, base + inferred.arena_elements, 1);
        copy_rows<input_image<Net>>(sample, place, 1);
        place_others(base);
        run_inference_steps<Net>(
            static_cast<const T*>(place), base, one_sample{},
            [&]<class Step, class Epilogue>(Step, const T* in, T* out, T* scratch, const Epilogue& epilogue) {
                T* const folded = base + fold_at;
                const inference_call<T> call{in,      out,   weights_of<Step>(folded), bias_of<Step>(folded),
                                             scratch, {0, 1}};
                lowering_of<Step>::template infer<Step, T, false>(call, epilogue);
            });
        return output_place<Net>(static_cast<const T*>(place), base, 1);
    }
    template <std::size_t K>
    const T* output() const {
        return memory_ + written + state_elements + infer_at + inferred.values[inferred.outputs[K]].offset;
    }

private:
    T* arena() { return memory_ + written + state_elements; }
    ARCHETYPE_INLINE T* value_place(std::size_t v) { return arena() + places.values[v]; }
    ARCHETYPE_INLINE T* slot_place(std::size_t slot) { return arena() + places.slots[slot]; }
    static constexpr std::size_t batch_size() { return Batch; }
    template <class Step>
    T* saved_place() {
        T* const place = arena() + places.saved[Step::index];
        return place;
    }
    template <class Step, bool Back>
    T* prepared_place() {
        return arena() + (Back ? places.prepared_backward : places.prepared_forward)[Step::index];
    }
    template <class Step, bool Back>
    T* workspace_place() {
        return arena() + (Back ? places.workspace_backward : places.workspace_forward)[Step::index];
    }
    /// What is frozen stays where the linker put it; nobody writes there.
    static constexpr bool stays(std::size_t layer) { return unchecked_facts<Net>.nodes[layer].frozen; }
    template <class Step>
    T* parameters_for(T* parameters) {
        return stays(Step::now.anchor) ? const_cast<T*>(Start.data) : parameters;
    }
    const T* read(std::size_t layer) { return stays(layer) ? Start.data : memory_; }
    // Before the arena lie at least as many elements as the offset of any parameter.
    template <class Step>
    T* gradients_for() {
        T* const place = arena() + places.gradients[Step::index];
        if constexpr (places.by_rows[Step::index])  // a row of weights, then the bias
            return place + round_up(Step::at.output.channels(), arena_alignment) -
                   layout.offsets[Step::now.anchor][Step::at.parameter_tensors - 1];
        else
            return place - trained_range<Net>(Step::index).first;
    }
    /// Rows of weights are moved one after the other, so that one row of gradients is there at a time.
    template <class Step, class Update>
    void update_by_rows(const Update& moves) {
        constexpr std::size_t filters = Step::at.output.channels(),
                              inputs = Step::at.parameters[0].extents.size() / filters;
        constexpr const auto& offsets = layout.offsets[Step::now.anchor];
        T* const row = arena() + places.gradients[Step::index];
        const T *const in = value_place(Step::now.from), *const slope = slot_place(
                                                             steps::grads.final[Step::now.to].slot);
        for (std::size_t i = 0; i < inputs; ++i) {
            lowering_of<Step>::template gradient_row<Step>(in, slope, i, Batch, row);
            move(moves, offsets[0] + i * filters, filters, row);
        }
        if constexpr (Step::at.parameter_tensors > 1)
            move(moves, offsets[1], filters, gradients_for<Step>() + offsets[1]);
    }
    template <class Step, class Epilogue>
    static void backward_layer(const training_call<T>& call, const Epilogue& epilogue, bool wanted) {
        if constexpr (places.by_rows[Step::index])
            lowering_of<Step>::template backward_but_weights<Step, T>(call, epilogue, wanted);
        else
            lowering_of<Step>::template backward<Step, T>(call, epilogue, wanted);
    }
    template <class Step>
    T* added_gradients_for() {
        return arena() + places.added[Step::index] - trained_range<Net>(Step::index).first;
    }
    bool takes_over() const { return takes_over_; }
    static const executor& tasks() { return one_thread; }

    template <class Step, class Visit>
    static void for_tensors(const Visit& visit) {
        for (std::size_t i = 0; i < Step::at.parameter_tensors; ++i)
            if (Step::at.parameters[i].trainable)
                visit(layout.offsets[Step::now.anchor][i], Step::at.parameters[i].extents.size());
    }
    template <class Update>
    [[gnu::noinline]] void move(const Update& moves, std::size_t first, std::size_t count,
                                const T* gradients) {
        const Update own = moves;  // numbers that no store of a parameter can change stay in registers
        apply_expression<1, Optimizer::states>(own, memory_ + first, gradients, states() + first, trained, 0,
                                               count);
    }

    template <class Step>
    const T* weights_of([[maybe_unused]] T* folded) {
        if constexpr (is_folded<Net>(Step::index)) {
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            for (std::size_t i = 0; i < fold_room; ++i) folded[i] = T(0);
            fold_step<Net>(Step::index, read(Step::now.anchor),
                           read(Step::now.batch_norm == none ? Step::now.anchor : Step::now.batch_norm),
                           folded, folded + round_up(own.weights_count, arena_alignment));
            return folded;
        } else {
            return read(Step::now.anchor) + layout.offsets[Step::now.anchor][0];
        }
    }
    template <class Step>
    const T* bias_of([[maybe_unused]] T* folded) {
        constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
        if constexpr (!own.has_bias())
            return nullptr;
        else if constexpr (is_folded<Net>(Step::index))
            return folded + round_up(own.weights_count, arena_alignment);
        else
            return read(Step::now.anchor) + layout.offsets[Step::now.anchor][1];
    }

    T memory_[written + state_elements + arena_elements + read_slack];
    bool has_states_, takes_over_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
