// SPDX-License-Identifier: BSL-1.0
/// @file lowering.hpp
/// What a layer must provide to be executed: a specialization of `lowering` that maps a step to kernels.
#pragma once
#include <archetype/execution/steps/gradient_plan.hpp>
#include <archetype/execution/steps/inference_weights.hpp>
#include <archetype/execution/steps/parallel.hpp>
#include <archetype/kernels/images/map.hpp>
#include <archetype/kernels/images/progress.hpp>

namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET {

/// How a layer of one's own is executed: to be specialized (extend.hpp). The library's own have `detail::lowering`.
template <class Layer>
struct lowering;

}  // namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What an inference step works on. `weights` is in the order that `prepare` makes, or the logical order.
template <class T, class Weights = const T*>
struct inference_call {
    const T* in;
    T* out;
    Weights weights;
    const T* bias;  ///< null if there is none
    T* scratch;     ///< the plan's, for one sample
    kernels::range samples;
    const kernels::share* part =
        nullptr;  ///< of them, if the lowering says `can_share<Step, T>`; null for all
    [[no_unique_address]] kernels::companions
        by{};  ///< told on the way, as far as the lowering says `tells_of_input<Step, T>`, `tells_of_results<Step, T>`
};

/// What a training step works on. Pointers are to the whole batch.
template <class T>
struct training_call {
    const T* in;  ///< in `backward` null if the lowering says that it is not read
    T* out;  ///< in `backward` null unless the layer (`gradient_reads_result`) or its lowering says that it is read
    T* parameters;  ///< of the network
    T* gradients;   ///< of the network's trainable parameters
    const T* grad_out;
    T* grad_in;
    T* saved;  ///< what the step keeps for its backward pass: `saved_size`, then `saved_sample_size` per sample
    T* prepared;  ///< room for weights in the kernels' order
    T* workspace;
    std::size_t workspace_stride;  ///< between threads
    std::size_t batch;
    std::uint64_t seed;  ///< of this pass, for dropout
    /// Computed before, with the same `in`: `saved` has what that left, parameters stay as they are.
    bool again;
    bool carry;  ///< stateful layers go on from what `saved` holds of the pass before
    const executor& run;
};

/// How a layer is executed. Specializations have, for a `Step` (steps.hpp) and a scalar `T`:
///  - `prepared_size<Step, T>`, `prepare<Step, T>(logical, prepared)`: weights in another order, 0 for none;
///  - `infer<Step, T, Prepared>(inference_call, epilogue)`: `epilogue` is applied to each result;
///  - `saved_size<Step>`, and where a step keeps something of each sample `saved_sample_size<Step>` (saved for sample n at
///    `saved + saved_size + n * saved_sample_size`); `training_prepared_size<Step, T>`, `workspace_size<Step, T>`;
///  - `train<Step, T>(training_call, epilogue)`: the forward pass of training;
///  - `backward<Step, T>(training_call, epilogue, bool wants_input_gradient)`: `grad_out` is the gradient with respect to the
///    result before the step's own activations; `epilogue` multiplies what is written to `grad_in` with the derivative of
///    the activations before it;
///  - `reads_input<Step> = false` if `backward` never reads `in`, whose memory others then have; `reads_result<Step> = true` if it
///    reads `out` though nothing is done to it in place (`gradient_reads_result` says so for the other layers);
///  - `skips_frozen = true` if the layer has parameters and `backward` writes no gradients of them unless `trains<Step>`;
///  - `reference<Step, T>(in, out, weights, bias)`: one sample, in a constant expression, by the definition.
template <class Layer>
struct lowering : extend::lowering<Layer> {};

/// Defaults for layers without weights.
struct weightless_lowering {
    template <class Step, class T>
    static constexpr std::size_t prepared_size = 0;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size = 0;
    template <class Step, class T>
    static constexpr std::size_t workspace_size = 0;
    template <class Step>
    static constexpr std::size_t saved_size = 0;
};

/// The largest of several sizes of scratch memory.
constexpr std::size_t largest(std::initializer_list<std::size_t> sizes) {
    std::size_t most = 0;
    for (const std::size_t size : sizes) most = size > most ? size : most;
    return most;
}

/// Layers without weights that are one kernel in every forward pass: `Kernels` has `forward<In, Out>(in, out, epilogue,
/// samples)` and `input_gradient<Step>(training_call, epilogue, samples)`.
template <class Kernels>
// NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility): nobody makes one
struct kernel_lowering : weightless_lowering {
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        Kernels::template forward<Step::in, Step::out>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            Kernels::template forward<Step::in, Step::out>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            Kernels::template input_gradient<Step>(call, epilogue, samples);
        });
    }
};

/// Whether a step has parameters that are trained: those of a `frozen` part have no gradients.
template <class Step>
inline constexpr bool trains = trained_elements<typename Step::network>(Step::at) != 0;

/// Where a step finds the gradient of its result.
template <class Step>
inline constexpr kernels::image grad_out_image =
    gradient_plan<typename Step::network>.final[Step::now.to].layout;
/// The layout of a slot; where a step sees another shape than the value has, it lies without gaps.
template <class Net, std::size_t Slot, shape Taken>
inline constexpr kernels::image slot_seen_as = [] {
    if constexpr (Slot == none) {
        return image_of(value{}, Taken);  // nobody writes there
    } else {
        const kernels::image& stored = gradient_plan<Net>.layouts[Slot];
        return stored.size() == stored.sample_stride ? image_of(value{}, Taken) : stored;
    }
}();
/// Where a step writes the gradient of its input.
template <class Step>
inline constexpr kernels::image grad_in_image =
    slot_seen_as<typename Step::network, gradient_plan<typename Step::network>.from[Step::index].slot,
                 Step::taken>;

/// The gradient of an input on which the result does not depend in a differentiable way, such as class numbers.
template <class Step, class T, class Epilogue>
void give_no_gradient(const training_call<T>& call, const Epilogue& epilogue) {
    constexpr kernels::image to = grad_in_image<Step>;
    const auto nothing = [&](const kernels::lanes<T>&, const kernels::place& at)
                             ARCHETYPE_INLINE_LAMBDA { return epilogue(kernels::broadcast(T(0)), at); };
    call.run(call.batch, [&](kernels::range samples, std::size_t) {
        kernels::map<to, to>(call.grad_in, call.grad_in, nothing, samples);
    });
}

/// The part of a step that `reference` needs, for a pooling that is fused into another step.
template <kernels::image In, kernels::image Out>
struct pooling_of {
    static constexpr kernels::image in = In, out = Out;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
