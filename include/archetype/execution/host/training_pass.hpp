// SPDX-License-Identifier: BSL-1.0
/// @file training_pass.hpp
/// Forward with everything kept, and backward: the steps of a network's training plan on a batch.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/steps/gradient_epilogue.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Aligned, zeroed memory on the heap with slack for readers.
template <class T>
class buffer {
public:
    buffer() = default;
    explicit buffer(std::size_t size) : size_(size) {
        // What no memory holds is asked for as half of the address space, so that its failure is that of memory, also
        // without exceptions.
        constexpr std::size_t most = static_cast<std::size_t>(-1) / 2;
        const bool possible = size <= most / sizeof(T) - read_slack;
        data_.reset(static_cast<T*>(
            ::operator new (possible ? (size + read_slack) * sizeof(T) : most, std::align_val_t{64})));
        std::uninitialized_value_construct_n(data_.get(), size + read_slack);
    }
    buffer(const buffer& other) : buffer(other.size_) { std::copy_n(other.data(), size_, data()); }
    buffer& operator=(const buffer& other) { return *this = buffer(other); }
    buffer(buffer&&) noexcept = default;
    buffer& operator=(buffer&&) noexcept = default;

    /// Makes it at least `size` long; what it held is lost.
    void reserve(std::size_t size) {
        if (size > size_) *this = buffer(size);
    }
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct release {
        void operator()(T* memory) const { ::operator delete (memory, std::align_val_t{64}); }
    };
    std::unique_ptr<T, release> data_;
    std::size_t size_ = 0;
};

/// The memory of training passes over `Net`.
template <class Net, class T>
class training_pass {
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr const auto& grads = gradient_plan<Net>;

public:
    explicit training_pass(std::size_t threads = 1)
        : run_(threads),
          gradients_(parameters_of<Net>.trainable_elements),
          prepared_(largest_prepared),
          workspace_(run_.threads() * workspace_stride) {}

    /// Makes room for a batch and gives the place of sample `n` of the input, laid out as `input_image`.
    T* input(std::size_t batch) {
        if (batch != batch_) reset_states();
        batch_ = batch;
        values_.reserve(batch * plan.arena_elements);
        gradient_values_.reserve(batch * grads.elements);
        saved_.reserve(saved_offsets.back() + batch * saved_sample_offsets.back());
        if constexpr (plan.values[0].has_halo()) kernels::zero_halo<input_image>(value_at(0), {0, batch});
        return value_at(0);
    }
    static constexpr kernels::image input_image = image_of(plan.values[0], plan.values[0].extents);

    /// Where further input `k` (from 1 on) is written, as the plan lays out its value. After `input`.
    template <std::size_t K>
    T* further_input() {
        constexpr std::size_t v = plan.inputs[K];
        if constexpr (plan.values[v].has_halo())
            kernels::zero_halo<image_of(plan.values[v], plan.values[v].extents)>(value_at(v), {0, batch_});
        return value_at(v);
    }

    /// Runs all steps, keeping every value, without the softmax of output k where `Skip` has bit k.
    /// @return  `scores<Skip>()`
    template <std::size_t Skip>
    T* forward(T* parameters, std::uint64_t seed) {
        carry_ = has_states_;
        has_states_ = true;
        run_plan<Net, purpose::training>(forward_pass<Skip>{*this, parameters, seed});
        return scores<Skip>();
    }

    /// Output `K`, or what its softmax reads, samples one after the other.
    template <std::size_t Skip, std::size_t K = 0>
    T* scores() {
        return value_at(scores_value<Skip, K>);
    }

    /// Where the loss writes its gradient with respect to `scores<Skip, K>`.
    template <std::size_t Skip, std::size_t K = 0>
    T* loss_gradient() {
        constexpr std::size_t maker = maker_of_output<K>;
        return slot_at(skips<Skip>(maker) ? grads.from[maker].slot : grads.losses[K].slot);
    }

    /// From the losses' gradients to all gradients. `accumulate` adds those of parameters to what is there; `input_gradient` asks for those of the inputs too.
    template <std::size_t Skip>
    void backward(T* parameters, std::uint64_t seed, bool accumulate, bool input_gradient) {
        if (accumulate || has_shared) added_gradients_.reserve(parameters_of<Net>.trainable_elements);
        for_each_step_backwards<Net, purpose::training>([&]<class Step>(Step) {
            add_up_concatenations<Step::index>(input_gradient);
            constexpr std::size_t from = Step::now.from;
            constexpr gradient_write write = grads.from[Step::index];
            static_assert(
                !Step::at.frozen || Step::at.parameter_tensors == 0 || Step::now.copies ||
                    requires { lowering_of<Step>::skips_frozen; },
                "a layer of a frozen part writes gradients: see skips_frozen of its lowering");
            // What no trained parameter changes has a gradient only for who asks for that of the inputs.
            if (!input_gradient && !needs_gradient<Net>[Step::now.to]) return;
            const auto place_of = [this](std::size_t slot) -> const T* { return slot_at(slot); };
            if constexpr (skips<Skip>(Step::index)) {
                // The loss wrote here: what this step would have done to it remains.
                if constexpr (write.derivative || write.term_count != 0) {
                    constexpr kernels::image layout = grads.layouts[write.slot];
                    kernels::map<layout, layout>(
                        slot_at(write.slot), slot_at(write.slot),
                        epilogue_of_write<Net, T, from, plan.values[from].extents, write>(value_at(from),
                                                                                          place_of),
                        {0, batch_});
                }
            } else {
                add_up<Step::now.to>();
                const bool wanted = input_gradient || needs_gradient<Net>[from];
                if constexpr (is_join(Step::now)) {
                    join_gradients<Step>(input_gradient,
                                         std::make_index_sequence<Step::now.operand_count + 1>{});
                } else if constexpr (write.slot != none) {
                    if (wanted) zero_halo_of<write.slot>();
                    const auto epilogue =
                        epilogue_of_write<Net, T, from, Step::taken, write>(value_at(from), place_of);
                    const bool adds = accumulate || shared_before<Step>;
                    T* const own = adds ? added_gradients_.data() : gradients_.data();
                    lowering_of<Step>::template backward<Step, T>(backward_call<Step>(parameters, seed, own),
                                                                  epilogue, wanted);
                    if (adds) add_gradients<Step>();
                }
            }
        });
        if (input_gradient)
            for_inputs([this]<std::size_t V>(std::integral_constant<std::size_t, V>) {
                this->template add_up<V>();
            });
    }

    /// Numbers of `T` that a pass over batches of this size keeps, without slack.
    struct sizes {
        std::size_t gradients, values, gradient_values, saved, workspace;
    };
    static constexpr sizes sizes_of(std::size_t batch, std::size_t threads) {
        return {parameters_of<Net>.trainable_elements * (has_shared ? 2 : 1), batch * plan.arena_elements,
                batch * grads.elements, saved_offsets.back() + batch * saved_sample_offsets.back(),
                largest_prepared + threads * workspace_stride};
    }

    /// Stateful layers start from their first states again.
    void reset_states() { has_states_ = false; }

    T* gradients() { return gradients_.data(); }
    const T* gradients() const { return gradients_.data(); }
    /// The gradient of input `K`, samples one after the other, if `backward` was asked for it.
    template <std::size_t K = 0>
    const T* input_gradient() const {
        return gradient_values_.data() + batch_ * grads.offsets[grads.final[plan.inputs[K]].slot];
    }
    std::size_t batch() const { return batch_; }

    /// Value `v` of the pass, as `plan.values[v]` lays it out.
    T* value_at(std::size_t v) { return values_.data() + batch_ * plan.values[v].offset; }

private:
    template <std::size_t K>
    static constexpr std::size_t maker_of_output =
        plan.step_count == 0 ? none : plan.values[plan.outputs[K]].written;
    template <std::size_t Skip>
    static constexpr bool skips(std::size_t s) {
        if (Skip == 0 || s == none ||
            unchecked_facts<Net>.nodes[plan.steps[s].anchor].function != known_function::softmax ||
            plan.steps[s].copies)
            return false;
        for (std::size_t k = 0; k < std::size(plan.outputs); ++k)
            if (plan.outputs[k] == plan.steps[s].to && (Skip >> k & 1) != 0) return true;
        return false;
    }
    /// For `run_plan`.
    template <std::size_t Skip>
    struct forward_pass {
        training_pass& pass;
        T* parameters;
        std::uint64_t seed;

        template <class Step>
        static constexpr bool skips() {
            return training_pass::skips<Skip>(Step::index);
        }
        template <class Step>
        void clear_halo() const {
            kernels::zero_halo<Step::storage_image>(pass.value_at(Step::now.to), {0, pass.batch_});
        }
        template <class Step>
        void run() const {
            lowering_of<Step>::template train<Step, T>(
                pass.template call<Step>(parameters, seed, pass.gradients_.data()),
                Step::template epilogue<T>([this](std::size_t v) -> const T* { return pass.value_at(v); }));
        }
    };
    template <std::size_t Skip, std::size_t K>
    static constexpr std::size_t scores_value = skips<Skip>(maker_of_output<K>)
                                                    ? plan.steps[maker_of_output<K>].from
                                                    : plan.outputs[K];

    template <class Body>
    static void for_inputs(const Body& body) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (body(std::integral_constant<std::size_t, plan.inputs[I]>{}), ...);
        }
        (std::make_index_sequence<plan.input_count>{});
    }

    T* slot_at(std::size_t slot) { return gradient_values_.data() + batch_ * grads.offsets[slot]; }
    template <std::size_t Slot>
    void zero_halo_of() {
        if constexpr (grads.layouts[Slot].sample_stride != grads.layouts[Slot].size())
            kernels::zero_halo<grads.layouts[Slot]>(slot_at(Slot), {0, batch_});
    }

    /// Writes the gradient of value `V` from its terms, where nobody else does.
    template <std::size_t V>
    void add_up() {
        constexpr gradient_write write = grads.sums[V];
        if constexpr (write.slot != none) {
            constexpr kernels::image to = grads.layouts[write.slot];
            zero_halo_of<write.slot>();
            const auto place_of = [this](std::size_t slot) -> const T* { return slot_at(slot); };
            if constexpr (write.term_count == 0) {  // nothing that is trained depends on it
                std::fill_n(slot_at(write.slot), batch_ * to.sample_stride, T(0));
            } else {
                constexpr gradient_term first = grads.terms[write.first_term];
                const auto epilogue =
                    epilogue_of_write<Net, T, V, plan.values[V].extents, write, 1>(value_at(V), place_of);
                using epilogue_type = std::remove_const_t<decltype(epilogue)>;
                run_(batch_, [&](kernels::range samples, std::size_t) {
                    kernels::map<first.layout, to>(place_of(first.slot), slot_at(write.slot),
                                                   scaled_first<epilogue_type, first.scale>{epilogue},
                                                   samples);
                });
            }
        }
    }
    /// Scales the first term before the others are added.
    template <class Epilogue, double Scale>
    struct scaled_first {
        static constexpr bool across_pixels = kernels::runs_across_pixels<Epilogue>;
        Epilogue next;
        ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& term,
                                                      const kernels::place& at) const {
            return next(Epilogue::template scaled<Scale>(term), at);
        }
    };
    /// The values that are concatenations, the largest first.
    static constexpr std::size_t concatenation_count = [] {
        std::size_t count = 0;
        for (std::size_t v = 0; v < plan.value_count; ++v) count += plan.is_concatenation(v) ? 1 : 0;
        return count;
    }();
    static constexpr auto concatenations = [] {
        std::array<std::size_t, concatenation_count> all{};
        std::size_t count = 0;
        for (std::size_t v = plan.value_count; v-- > 0;)
            if (plan.is_concatenation(v)) all[count++] = v;
        return all;
    }();
    /// Those whose last part step `S` makes.
    template <std::size_t S>
    void add_up_concatenations(bool input_gradient) {
        for_each_number<concatenation_count>([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            constexpr std::size_t v = concatenations[I];
            if constexpr (plan.values[v].written == S)
                if (input_gradient || needs_gradient<Net>[v]) this->template add_up<v>();
        });
    }

    /// Of the step's own input first, then of the operands in their order.
    template <class Step, std::size_t... I>
    void join_gradients(bool input_gradient, std::index_sequence<I...>) {
        constexpr std::size_t own = Step::now.join_position;
        (join_gradient_of<Step, (I == 0     ? own
                                 : I <= own ? I - 1
                                            : I)>(input_gradient, std::index_sequence<I...>{}),
         ...);
    }
    /// Input `I` of a join: the step's own, or an operand.
    template <class Step, std::size_t I>
    static constexpr std::size_t operand_index = Step::now.operand_first +
                                                 (I < Step::now.join_position ? I : I - 1);
    template <class Step, std::size_t I>
    static constexpr std::size_t joined_value =
        I == Step::now.join_position
            ? Step::now.from
            : plan.operands[I == Step::now.join_position ? 0 : operand_index<Step, I>];
    template <class Step, std::size_t I>
    static constexpr shape joined_shape = unchecked_facts<Net>.shape_of(unchecked_facts<Net>.source(Step::at,
                                                                                                    I));
    template <class Step, std::size_t I>
    static constexpr kernels::stretched_image joined_image = kernels::stretch(
        image_of(plan.values[joined_value<Step, I>], joined_shape<Step, I>), image_of(value{}, Step::result));
    template <class Step, std::size_t I, std::size_t... K>
    void join_gradient_of(bool input_gradient, std::index_sequence<K...>) {
        constexpr std::size_t v = joined_value<Step, I>;
        constexpr gradient_write write = [] {
            if constexpr (I == Step::now.join_position)
                return grads.from[Step::index];
            else
                return grads.operands[operand_index<Step, I>];
        }();
        if constexpr (write.slot != none) {  // else it is a view
            if (!input_gradient && !needs_gradient<Net>[v]) return;
            zero_halo_of<write.slot>();
            const auto place_of = [this](std::size_t slot) -> const T* { return slot_at(slot); };
            const auto epilogue =
                epilogue_of_write<Net, T, v, joined_shape<Step, I>, write>(value_at(v), place_of);
            using epilogue_type = std::remove_const_t<decltype(epilogue)>;
            constexpr bool repeats = joined_image<Step, I>.repeats();
            using next = boost::mp11::mp_if_c<repeats, kernels::identity_epilogue, epilogue_type>;
            const std::array<const T*, sizeof...(K)> values{value_at(joined_value<Step, K>)...};
            const auto gradient = [&] {
                using type = join_gradient<T, typename Step::layer, I, next, joined_image<Step, K>...>;
                if constexpr (repeats)
                    return type{values, {}};
                else
                    return type{values, epilogue};
            }();
            constexpr kernels::image from = grad_out_image<Step>,
                                     to = slot_seen_as<Net, write.slot, joined_shape<Step, I>>;
            run_(batch_, [&](kernels::range samples, std::size_t) {
                const T* const read = slot_at(grads.final[Step::now.to].slot);
                T* const written = slot_at(write.slot);
                if constexpr (repeats)
                    kernels::sum_stretched<from, to>(read, written, gradient, epilogue, samples);
                else
                    kernels::map<from, to>(read, written, gradient, samples);
            });
        }
    }

    /// A later step uses the same parameters, so that this one's gradients are added to its.
    template <class Step>
    static constexpr bool shared_before = [] {
        const auto& nodes = unchecked_facts<Net>.nodes;
        const auto owner = [&](std::size_t s) {
            const std::size_t anchor = plan.steps[s].anchor;
            return nodes[anchor].shares == none ? anchor : nodes[anchor].shares;
        };
        for (std::size_t s = Step::index + 1; s < plan.step_count && !Step::now.copies; ++s)
            if (!plan.steps[s].copies && owner(s) == owner(Step::index) && Step::at.parameter_tensors != 0)
                return true;
        return false;
    }();
    static constexpr bool has_shared = [] {
        for (const node& at : unchecked_facts<Net>.nodes)
            if (at.shares != none) return true;
        return false;
    }();
    template <class Step>
    void add_gradients() {
        for (std::size_t i = 0; i < Step::at.parameter_tensors; ++i) {
            if (!Step::at.parameters[i].trainable) continue;
            const std::size_t first = parameters_of<Net>.offsets[Step::now.anchor][i];
            for (std::size_t k = 0; k < Step::at.parameters[i].extents.size(); ++k)
                gradients_.data()[first + k] += added_gradients_.data()[first + k];
        }
    }

    template <class Read>
    static constexpr std::array<std::size_t, plan.step_count + 1> per_step(Read read) {
        std::array<std::size_t, plan.step_count + 1> offsets{};
        for_each_step<Net, purpose::training>(
            [&]<class Step>(Step step) { offsets[Step::index + 1] = offsets[Step::index] + read(step); });
        return offsets;
    }
    static constexpr auto saved_offsets = per_step([]<class Step>(Step) {
        return round_up(lowering_of<Step>::template saved_size<Step>, arena_alignment);
    });
    static constexpr auto saved_sample_offsets = per_step([]<class Step>(Step) {
        if constexpr (requires { lowering_of<Step>::template saved_sample_size<Step>; })
            return round_up(lowering_of<Step>::template saved_sample_size<Step>, arena_alignment);
        else
            return std::uint64_t{0};
    });
    template <class Read>
    static constexpr std::size_t largest(Read read) {
        std::size_t most = 0;
        for_each_step<Net, purpose::training>(
            [&]<class Step>(Step step) { most = read(step) > most ? read(step) : most; });
        return most;
    }
    static constexpr std::size_t largest_prepared =
        largest([]<class Step>(Step) { return lowering_of<Step>::template training_prepared_size<Step, T>; });
    static constexpr std::size_t workspace_stride =
        round_up(
            largest([]<class Step>(Step) { return lowering_of<Step>::template workspace_size<Step, T>; }),
            16) +
        read_slack;

    template <class Step>
    training_call<T> call(T* parameters, std::uint64_t seed, T* gradients) {
        constexpr std::size_t result = grads.final[Step::now.to].slot, slot = grads.from[Step::index].slot;
        return {value_at(Step::now.from),
                value_at(Step::now.to),
                parameters,
                gradients,
                result == none ? nullptr : slot_at(result),
                slot == none ? nullptr : slot_at(slot),
                saved_.data() + saved_offsets[Step::index] + batch_ * saved_sample_offsets[Step::index],
                prepared_.data(),
                workspace_.data(),
                workspace_stride,
                batch_,
                seed,
                carry_,
                run_};
    }
    /// A result that activations or a join went over is not the layer's: no gradient may read it.
    template <class Step>
    training_call<T> backward_call(T* parameters, std::uint64_t seed, T* gradients) {
        training_call<T> made = call<Step>(parameters, seed, gradients);
        constexpr bool is_changed =
            Step::now.join != none || Step::now.activation_first != Step::now.activation_last;
        static_assert(!(is_changed && Step::at.gradient_reads_result));
        if constexpr (is_changed) made.out = nullptr;
        return made;
    }

    executor run_;
    std::size_t batch_ = 0;
    bool has_states_ = false, carry_ = false;  ///< left by the pass before; used by the one in progress
    buffer<T> values_, gradient_values_, gradients_, added_gradients_, saved_, prepared_, workspace_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
