// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention as a step.
#pragma once
#include <archetype/architecture/layers/attention/attention.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/attention.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Heads, class... Options>
struct lowering<scaled_dot_product_attention<Heads, Options...>> : weightless_lowering {
    using layer = scaled_dot_product_attention<Heads, Options...>;
    template <class Step>
    using memory = kernels::attention_memory<layer, Step::in>;
    template <class Step, class T>
    static constexpr std::size_t workspace_size = memory<Step>::backward;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        static_assert(memory<Step>::forward <= Step::at.scratch_elements);
        kernels::attention_forward<layer, Step::in, Step::out>(call.in, call.out, call.scratch, epilogue,
                                                               call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::attention_forward<layer, Step::in, Step::out>(
                call.in, call.out, call.workspace + thread * call.workspace_stride, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::attention_backward<layer, Step::in, grad_out_image<Step>, grad_in_image<Step>>(
                call.in, call.grad_out, call.grad_in, call.workspace + thread * call.workspace_stride,
                epilogue, samples);
        });
    }
    /// By the definition: shares of the keys for each query, then their mixture.
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t size = memory<Step>::size, steps = Step::in.width, stride = Step::in.channels;
        for (std::size_t t = 0; t < steps; ++t)
            for (std::size_t h = 0; h < Heads; ++h) {
                const std::size_t group = h / kernels::attention_heads<layer>::per_group,
                                  first = layer::first_key(t), last = layer::last_key(t, steps);
                T share[steps]{}, most = expression::minus_infinity<T>, total{};
                for (std::size_t j = first; j <= last; ++j) {
                    for (std::size_t c = 0; c < size; ++c)
                        share[j] +=
                            turned<Step>(in, t, h * size, c) * turned<Step>(in, j, (Heads + group) * size, c);
                    share[j] *= kernels::attention_factor<size, T>;
                    if (!(share[j] <= most)) most = share[j];
                }
                for (std::size_t j = first; j <= last; ++j) {
                    share[j] = expression::elementary::exp(share[j] - most);
                    total += share[j];
                }
                for (std::size_t c = 0; c < size; ++c) {
                    T mixed{};
                    for (std::size_t j = first; j <= last; ++j)
                        mixed += share[j] / total *
                                 in[j * stride + (Heads + layer::key_value_heads + group) * size + c];
                    out[(t * Heads + h) * size + c] = mixed;
                }
            }
    }

private:
    /// Channel `c` of a head that begins at channel `first`, at its position.
    template <class Step, class T>
    static constexpr T turned(const T* in, std::size_t t, std::size_t first, std::size_t c) {
        constexpr std::size_t size = memory<Step>::size;
        const T* const head = in + t * Step::in.channels + first;
        if constexpr (layer::base == 0) {
            return head[c];
        } else {
            const double power = -2.0 * static_cast<double>(c / 2) / static_cast<double>(size);
            const T angle = T(t) * T(expression::elementary::pow(layer::base, power));
            const T cosine = expression::elementary::cos(angle), sine = expression::elementary::sin(angle);
            return c % 2 == 0 ? head[c] * cosine - head[c + 1] * sine : head[c - 1] * sine + head[c] * cosine;
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
