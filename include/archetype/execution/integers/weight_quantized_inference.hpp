// SPDX-License-Identifier: BSL-1.0
/// @file weight_quantized_inference.hpp
/// A network that computes with real numbers and constant weights of 8 bits: no heap, no exceptions.
#pragma once
#include <archetype/execution/inference/embedded.hpp>
#include <archetype/execution/inference/inference.hpp>
#include <archetype/execution/integers/int8_weights.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where the weights of a network lie.
struct int8_weights_view {
    const std::int8_t* weights;
    const float* numbers;
    ARCHETYPE_INLINE constexpr kernels::int8_columns<float> matrix(const int8_tensor& tensor) const {
        return {weights + tensor.weights, numbers + tensor.numbers};
    }
    ARCHETYPE_INLINE constexpr const float* vector(const int8_tensor& tensor) const {
        return numbers + tensor.numbers;
    }
};

/// What the form of a layer runs on with weights of 8 bits (`integer_form::infer_narrow`). Its tensors are numbered as
/// `narrow_tensors` names them. `Index` is that of the step at inference.
template <class Step, std::size_t Index = Step::index>
struct narrow_call {
    static constexpr int8_tensors own = int8_weights_of<typename Step::network>.steps[Index];
    const int8_weights_view& view;
    const float* in;
    float* out;
    const float* bias;  ///< null if there is none
    float* scratch;
    kernels::range samples{0, 1};
    ARCHETYPE_INLINE kernels::int8_columns<float> matrix(std::size_t i) const {
        return view.matrix(own.tensors[i]);
    }
    ARCHETYPE_INLINE const float* vector(std::size_t i) const { return view.vector(own.tensors[i]); }
};

template <class Net>
ARCHETYPE_INLINE void run_one_sample(const int8_weights_view& view, const float* input, float* arena) {
    run_inference_steps<Net>(
        input, arena, one_sample{},
        [&]<class Step, class Epilogue>(Step, const float* in, float* out, float* scratch,
                                        const Epilogue& epilogue) __attribute__((always_inline)) {
            constexpr int8_tensors own = int8_weights_of<Net>.steps[Step::index];
            const float* const bias = inference_weights_of<Net>.steps[Step::index].has_bias()
                                          ? view.vector(own.tensors[own.count - 1])
                                          : nullptr;
            integer_form_of<Step>::template infer_narrow<Step>(
                narrow_call<Step>{view, in, out, bias, scratch}, epilogue);
        });
}

template <class Net, class Weights>
constexpr weights_fault narrow_weights_fault() {
    if constexpr (!well_formed<Net>)
        return weights_fault::faulty_network;
    else if constexpr (kind_of_weights<Weights> != weights_kind::narrow)
        return weights_fault::not_narrow;
    else if constexpr (!same_architecture<Net, Weights::architecture>)
        return weights_fault::other_8_bit_architecture;
    else if constexpr (Weights::count != int8_weight_count<Net> ||
                       Weights::number_count != int8_weight_numbers<Net>)
        return weights_fault::other_8_bit_count;
    else
        return weights_fault::ok;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs `Net` with `Weights`, an `int8_weights` object with static storage that `quantize_weights` and
/// `write_constant_weights` made (`embedded<Net, Weights>` is the same): weights of convolutions, dense and recurrent layers and
/// tables of tokens in 8 bits. Activations are float; all arithmetic is, and the memory is `arena_bytes<Net>`.
template <class Net, const auto& Weights>
class weight_quantized_inference
    : public detail::reported_weights<
          Net, detail::narrow_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>()> {};

template <class Net, const auto& Weights>
requires(detail::narrow_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>() ==
         detail::weights_fault::ok) class weight_quantized_inference<Net, Weights> {
    using arena = detail::inference_arena<Net, float>;

public:
    using sample_type = float;
    using network_type = Net;
    static constexpr std::size_t input_size = arena::input_size;
    static constexpr std::size_t output_size = arena::output_size;

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, without padding
    /// @param others  the samples of further inputs, in their order
    template <class... Others>
    requires(sizeof...(Others) + 1 == arena::input_count) std::span<const float, output_size>
    operator()(std::span<const float, input_size> sample, const Others&... others) {
        return arena_.run(detail::int8_weights_view{Weights.weights, Weights.numbers}, sample, others...);
    }
    template <detail::no_sample<float, input_size> Given, class... Others>
    constexpr std::span<const float, output_size> operator()(const Given&, const Others&...) {
        return detail::reported_result<float, output_size, detail::sample_report<float, input_size, Given>>();
    }

    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    template <std::size_t K>
    auto output() const {
        return arena_.template output<K>();
    }

private:
    template <class>
    friend class with_input;
    static constexpr detail::int8_weights_view weights() { return {Weights.weights, Weights.numbers}; }
    arena arena_;
};

template <class Net, const auto& Weights>
requires(detail::kind_of_weights<std::remove_cvref_t<decltype(Weights)>> ==
         detail::weights_kind::narrow) class embedded<Net, Weights>
    : public weight_quantized_inference<Net, Weights> {
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
