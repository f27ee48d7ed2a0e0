// SPDX-License-Identifier: BSL-1.0
/// @file training_steps.hpp
/// Forward and backward: the steps of a network's training plan on a batch, wherever its memory is.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/steps/gradient_epilogue.hpp>
#include <archetype/execution/training/training_memory.hpp>

#include <algorithm>
#include <array>
#include <boost/mp11/list.hpp>
#include <type_traits>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What decides the noise of a pass: the `part`-th of update `updates`, from 1.
constexpr std::uint64_t noise_seed(std::uint64_t seed, std::uint64_t updates, std::uint64_t part) {
    return (seed + 1) * 0x9e3779b97f4a7c15u + updates * 0x1000003u + part * 0xd1b54a32d192ed03u;
}

/// Wants nothing.
struct nobody {
    template <class... Done>
    void operator()(const Done&...) const {}
};

/// The steps of a training pass over `Net`, forward and backward. `Memory` derives from it and says where everything lies:
/// `value_place(v)` and `slot_place(slot)` for the whole batch, `batch_size()`, `saved_place<Step>()`, `prepared_place<Step, Back>()`,
/// `workspace_place<Step, Back>()`, `parameters_for<Step>(parameters)`, `gradients_for<Step>()` (where the gradients of a step's
/// parameters are written, less their offsets) and `added_gradients_for<Step>()` (the same for those that are then added),
/// `backward_layer<Step>(call, epilogue, wanted)`, `takes_over()`, and `tasks()`; if it has `value_is_written(v)`, it is told so.
/// Values that are computed again lie at `kept_place(v)`, and `run_again<Step>(parameters, seed)` computes those that the
/// backward pass of a step is the first to read.
template <class Memory, class Net, class T>
class training_steps {
protected:
    static constexpr const auto& plan = training_plan<Net>;
    static constexpr const auto& grads = gradient_plan<Net>;

public:
    static constexpr kernels::image input_image = image_of(plan.values[0], plan.values[0].extents);

    /// Where further input `k` (from 1 on) is written, as the plan lays out its value. After `input`.
    template <std::size_t K>
    T* further_input() {
        constexpr std::size_t v = plan.inputs[K];
        if constexpr (plan.values[v].has_halo())
            kernels::zero_halo<image_of(plan.values[v], plan.values[v].extents)>(value_at(v),
                                                                                 {0, self().batch_size()});
        return value_at(v);
    }

    /// Runs all steps, without the softmax of output k where `Skip` has bit k.
    /// @return  `scores<Skip>()`
    template <std::size_t Skip>
    ARCHETYPE_INLINE T* forward(T* parameters, std::uint64_t seed) {
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

    /// From the losses' gradients to all gradients. `accumulate` adds those of parameters to what is there; `input_gradient`
    /// asks for those of the inputs too, std::false_type never. Whoever wants the gradients of a step's parameters once they
    /// are there is called: `done(step)`.
    template <std::size_t Skip, class Inputs, class Done = nobody>
    ARCHETYPE_INLINE void backward(T* parameters, std::uint64_t seed, bool accumulate, Inputs input_gradient,
                                   const Done& done = {}) {
        for_each_step_backwards<Net, purpose::training>([&]<class Step>(Step) {
            constexpr bool never =
                std::is_same_v<Inputs, std::false_type> && !needs_gradient<Net>[Step::now.to];
            if constexpr (!never)
                backward_step<Skip, Step>(parameters, seed, accumulate, input_gradient, done);
        });
        if (input_gradient)
            for_inputs([this]<std::size_t V>(std::integral_constant<std::size_t, V>) {
                this->template add_up<V>();
            });
    }

    /// Value `v` of the pass, as `plan.values[v]` lays it out, from when it is written until it is read for the last time.
    ARCHETYPE_INLINE T* value_at(std::size_t v) { return self().value_place(v); }

protected:
    /// The backward pass of trained parameters comes to step `S` or a step before it.
    template <std::size_t S>
    static constexpr bool goes_on_below = [] {
        for (std::size_t s = 0; s <= S; ++s)
            if (needs_gradient<Net>[plan.steps[s].to]) return true;
        return false;
    }();
    ARCHETYPE_INLINE Memory& self() { return static_cast<Memory&>(*this); }
    /// Where the backward pass reads value `v`.
    ARCHETYPE_INLINE T* kept_at(std::size_t v) {
        if constexpr (requires { self().kept_place(v); })
            return self().kept_place(v);
        else
            return value_at(v);
    }
    ARCHETYPE_INLINE T* slot_at(std::size_t slot) { return self().slot_place(slot); }
    template <std::size_t Skip, class Step, class Inputs, class Done>
    ARCHETYPE_INLINE void backward_step(T* parameters, std::uint64_t seed, bool accumulate,
                                        Inputs input_gradient, const Done& done) {
        if constexpr (requires { self().template run_again<Step>(parameters, seed); })
            if (input_gradient || goes_on_below<Step::index>)
                self().template run_again<Step>(parameters, seed);
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
                    epilogue_of_write<Net, T, from, plan.values[from].extents, write>(kept_at(from),
                                                                                      place_of),
                    {0, self().batch_size()});
            }
        } else {
            add_up<Step::now.to>();
            const bool wanted = input_gradient || needs_gradient<Net>[from];
            if constexpr (is_join(Step::now)) {
                join_gradients<Step>(input_gradient, std::make_index_sequence<Step::now.operand_count + 1>{});
            } else if constexpr (write.slot != none) {
                if (wanted) zero_halo_of<write.slot>();
                const auto epilogue =
                    epilogue_of_write<Net, T, from, Step::taken, write>(kept_at(from), place_of);
                const bool adds = accumulate || shared_before<Step>;
                T* const own = adds ? self().template added_gradients_for<Step>()
                                    : self().template gradients_for<Step>();
                self().template backward_layer<Step>(backward_call<Step>(parameters, seed, own), epilogue,
                                                     wanted);
                if (adds) add_gradients<Step>();
                done(Step{});
            }
        }
    }
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
        training_steps& pass;
        T* parameters;
        std::uint64_t seed;

        template <class Step>
        static constexpr bool skips() {
            return training_steps::skips<Skip>(Step::index);
        }
        template <class Step>
        void clear_halo() const {
            pass.template zero_halo<Step::storage_image>(pass.value_at(Step::now.to));
        }
        template <class Step>
        void run() const {
            lowering_of<Step>::template train<Step, T>(
                pass.template call<Step, false>(parameters, seed, pass.self().template gradients_for<Step>()),
                Step::template epilogue<T>([this](std::size_t v) -> const T* { return pass.value_at(v); }));
            if constexpr (requires { pass.self().value_is_written(Step::now.to); })
                pass.self().value_is_written(Step::now.to);
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

    template <kernels::image Image>
    void zero_halo(T* base) {
        self().tasks()(
            self().batch_size(),
            [&](kernels::range samples, std::size_t) { kernels::zero_halo<Image>(base, samples); },
            Image.sample_stride - Image.size());
    }
    template <std::size_t Slot>
    void zero_halo_of() {
        if constexpr (grads.layouts[Slot].sample_stride != grads.layouts[Slot].size())
            this->template zero_halo<grads.layouts[Slot]>(slot_at(Slot));
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
                std::fill_n(slot_at(write.slot), self().batch_size() * to.sample_stride, T(0));
            } else {
                constexpr gradient_term first = grads.terms[write.first_term];
                const auto epilogue =
                    epilogue_of_write<Net, T, V, plan.values[V].extents, write, 1>(kept_at(V), place_of);
                using epilogue_type = std::remove_const_t<decltype(epilogue)>;
                self().tasks()(self().batch_size(), [&](kernels::range samples, std::size_t) {
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
                epilogue_of_write<Net, T, v, joined_shape<Step, I>, write>(kept_at(v), place_of);
            using epilogue_type = std::remove_const_t<decltype(epilogue)>;
            constexpr bool repeats = joined_image<Step, I>.repeats();
            using next = boost::mp11::mp_if_c<repeats, kernels::identity_epilogue, epilogue_type>;
            const std::array<const T*, sizeof...(K)> values{kept_at(joined_value<Step, K>)...};
            const auto gradient = [&] {
                using type = join_gradient<T, typename Step::layer, I, next, joined_image<Step, K>...>;
                if constexpr (repeats)
                    return type{values, {}};
                else
                    return type{values, epilogue};
            }();
            constexpr kernels::image from = grad_out_image<Step>,
                                     to = slot_seen_as<Net, write.slot, joined_shape<Step, I>>;
            self().tasks()(self().batch_size(), [&](kernels::range samples, std::size_t) {
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
        T* const total = self().template gradients_for<Step>();
        const T* const own = self().template added_gradients_for<Step>();
        for (std::size_t i = 0; i < Step::at.parameter_tensors; ++i) {
            if (!Step::at.parameters[i].trainable) continue;
            const std::size_t first = parameters_of<Net>.offsets[Step::now.anchor][i];
            for (std::size_t k = 0; k < Step::at.parameters[i].extents.size(); ++k)
                total[first + k] += own[first + k];
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

    template <class Step, bool Back>
    training_call<T> call(T* parameters, std::uint64_t seed, T* gradients) {
        constexpr std::size_t result = grads.final[Step::now.to].slot, slot = grads.from[Step::index].slot;
        return {Back ? kept_at(Step::now.from) : value_at(Step::now.from),
                Back ? kept_at(Step::now.to) : value_at(Step::now.to),
                self().template parameters_for<Step>(parameters),
                gradients,
                result == none ? nullptr : slot_at(result),
                slot == none ? nullptr : slot_at(slot),
                self().template saved_place<Step>(),
                self().template prepared_place<Step, Back>(),
                self().template workspace_place<Step, Back>(),
                workspace_stride,
                self().batch_size(),
                seed,
                Back,
                self().takes_over(),
                self().tasks()};
    }
    /// Only layers that say so may read their results here; of others nothing may be left.
    template <class Step>
    training_call<T> backward_call(T* parameters, std::uint64_t seed, T* gradients) {
        training_call<T> made = call<Step, true>(parameters, seed, gradients);
        constexpr bool is_changed =
            Step::now.join != none || Step::now.activation_first != Step::now.activation_last;
        static_assert(!(is_changed && backward_reads_result<Step>));
        if constexpr (!backward_reads_result<Step>) made.out = nullptr;
        if constexpr (!backward_reads_input<Step>) made.in = nullptr;
        return made;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
