// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// Scaled dot-product attention as a step.
#pragma once
#include <archetype/architecture/layers/attention/cross_attention.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/rows/attention_passes.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct attention_lowering : weightless_lowering {
    using layer = Layer;
    template <class Step>
    using memory = kernels::attention_memory<layer, Step::in, Step::out>;
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
                call.in, call.out, call.workspace + thread * call.workspace_stride, epilogue, samples,
                dropped<Step>(call.seed));
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::attention_backward<layer, Step::in, Step::out, grad_out_image<Step>,
                                        grad_in_image<Step>>(call.in, call.grad_out, call.grad_in,
                                                             call.workspace + thread * call.workspace_stride,
                                                             epilogue, samples, dropped<Step>(call.seed));
        });
    }
    /// Queries, keys and values of one sample without gaps.
    template <class Step>
    using plain_layout =
        kernels::attention_layout<layer, kernels::dense_image(1, Step::taken.width(), Step::taken.channels()),
                                  kernels::dense_image(1, Step::result.width(), Step::result.channels())>;

    /// The share of each key for the query of step `t` of head `h`; 0 of those that it does not see, all of them if it sees none.
    template <class Step, class T>
    static constexpr void share_keys(const T* in, std::size_t t, std::size_t h, T* share, bool* seen) {
        using layout = plain_layout<Step>;
        constexpr std::size_t size = layout::size, keys = layout::keys;
        const std::size_t group = h / kernels::attention_heads<layer>::per_group * size,
                          first = layer::first_key(t), last = layer::last_key(t, keys);
        const T* const query = in + t * layout::query_stride + h * size;
        T most = expression::minus_infinity<T>, total{};
        for (std::size_t j = 0; j < keys; ++j) {
            share[j] = T{};
            seen[j] = j >= first && j <= last &&
                      (!layer::is_masked || in[layout::first_mask + j * layout::mask_stride] != T(0));
            if (!seen[j]) continue;
            const T* const key = in + layout::first_key + j * layout::key_stride + group;
            for (std::size_t c = 0; c < size; ++c)
                share[j] += turned<size>(query, t, c) * turned<size>(key, j, c);
            share[j] *= kernels::attention_factor<size, T>;
            if constexpr (layer::cap != 0)
                share[j] = T(layer::cap) * expression::elementary::tanh(share[j] / T(layer::cap));
            if (!(share[j] <= most)) most = share[j];
        }
        for (std::size_t j = 0; j < keys; ++j) {
            share[j] = seen[j] ? expression::elementary::exp(share[j] - most) : T(0);
            total += share[j];
        }
        for (std::size_t j = 0; j < keys; ++j)
            if (seen[j]) share[j] /= total;
    }
    /// By the definition: shares of the keys for each query, then their mixture.
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        using layout = plain_layout<Step>;
        constexpr std::size_t size = layout::size, keys = layout::keys;
        for (std::size_t t = 0; t < layout::steps; ++t)
            for (std::size_t h = 0; h < layer::heads; ++h) {
                T share[keys]{};
                bool seen[keys]{};
                share_keys<Step>(in, t, h, share, seen);
                const T* const values =
                    in + layout::first_value + h / kernels::attention_heads<layer>::per_group * size;
                for (std::size_t c = 0; c < size; ++c) {
                    T mixed{};
                    for (std::size_t j = 0; j < keys; ++j)
                        if (seen[j]) mixed += share[j] * values[j * layout::key_stride + c];
                    out[(t * layer::heads + h) * size + c] = mixed;
                }
            }
    }

private:
    template <class Step>
    static constexpr auto dropped(std::uint64_t seed) {
        if constexpr (Step::at.rate == 0)
            return kernels::no_dropped_shares{};
        else
            return kernels::dropped_shares<Step::out.width, memory<Step>::layout::keys>{
                {seed, Step::index, Step::at.rate, true}};
    }
    /// Channel `c` of a head at its position.
    template <std::size_t Size, class T>
    static constexpr T turned(const T* head, std::size_t t, std::size_t c) {
        if constexpr (layer::base == 0) {
            return head[c];
        } else {
            const double power = -2.0 * static_cast<double>(c / 2) / static_cast<double>(Size);
            const T angle = T(t) * T(expression::elementary::pow(layer::base, power));
            const T cosine = expression::elementary::cos(angle), sine = expression::elementary::sin(angle);
            return c % 2 == 0 ? head[c] * cosine - head[c + 1] * sine : head[c - 1] * sine + head[c] * cosine;
        }
    }
};

template <std::size_t Heads, class... Options>
struct lowering<scaled_dot_product_attention<Heads, Options...>>
    : attention_lowering<scaled_dot_product_attention<Heads, Options...>> {};
template <std::size_t Heads, std::size_t KeyValueHeads, bool Masked, double Rate, double Cap>
struct lowering<attention_to<Heads, KeyValueHeads, Masked, Rate, Cap>>
    : attention_lowering<attention_to<Heads, KeyValueHeads, Masked, Rate, Cap>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
