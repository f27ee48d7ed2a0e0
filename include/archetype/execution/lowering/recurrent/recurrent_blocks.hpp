// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_blocks.hpp
/// Reversed layers with `in_blocks`: a block and the steps that it looks ahead are copied as a sequence, steps behind the end of
/// the whole one as masked ones.
#pragma once
#include <archetype/execution/lowering/recurrent/recurrent.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The layer for one block.
template <class Layer>
struct one_block : Layer {
    static constexpr bool is_in_blocks = false, takes_mask = true, is_masked = true;
};
/// A step whose samples are blocks, with the mask as their last channel.
template <class Step>
struct copied_blocks : Step {
    using layer = typename Step::layer;
    static constexpr kernels::image in = kernels::dense_image(1, layer::block_length, Step::in.channels + 1),
                                    out = kernels::dense_image(1, layer::block_length, Step::out.channels);
};
template <class Step>
inline constexpr kernels::image grad_out_image<copied_blocks<Step>> = copied_blocks<Step>::out;
template <class Step>
inline constexpr kernels::image grad_in_image<copied_blocks<Step>> = copied_blocks<Step>::in;

template <class Layer>
requires(Layer::role == layer_role::recurrent && Layer::is_in_blocks) struct lowering<Layer> {
    using one = lowering<one_block<Layer>>;
    template <class Step>
    using copied = copied_blocks<Step>;
    static constexpr std::size_t block = Layer::block, length = Layer::block_length;
    template <class Step>
    static constexpr std::size_t blocks = (Step::in.width + block - 1) / block;
    template <class Step>
    static constexpr std::size_t in_size = copied<Step>::in.size();
    template <class Step>
    static constexpr std::size_t out_size = copied<Step>::out.size();

    template <class Step, class T>
    static constexpr std::size_t prepared_size = one::template prepared_size<copied<Step>, T>;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        one::template prepare<copied<Step>, T>(logical, prepared);
    }
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        each_block<Step, T>(call, epilogue, [](const auto& own) {
            one::template infer<copied<Step>, T, Prepared>(own, kernels::identity_epilogue{});
        });
    }
    template <class Step, class T, bool Prepared, class Call, class Matrix, class Epilogue>
    static void infer_with(const Call& call, const cell_weights<T, Matrix>& weights,
                           const Epilogue& epilogue) {
        each_block<Step, T>(call, epilogue, [&](const auto& own) {
            one::template infer_with<copied<Step>, T, Prepared>(own, weights, kernels::identity_epilogue{});
        });
    }
    /// A block whose rows are all there, `row(i)` from its first: its results lie behind `in_size` elements of `call.scratch`.
    template <class Step, class T, bool Prepared, class Row>
    static void run_block(const inference_call<T>& call, const Row& row) {
        run_filled<Step>(call, row, [](const auto& own) {
            one::template infer<copied<Step>, T, Prepared>(own, kernels::identity_epilogue{});
        });
    }
    template <class Step, class T, bool Prepared, class Call, class Matrix, class Row>
    static void run_block_with(const Call& call, const cell_weights<T, Matrix>& weights, const Row& row) {
        run_filled<Step>(call, row, [&](const auto& own) {
            one::template infer_with<copied<Step>, T, Prepared>(own, weights, kernels::identity_epilogue{});
        });
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;
    template <class Step>
    static constexpr std::size_t saved_sample_size =
        blocks<Step>*(2 * in_size<Step> + out_size<Step> + one::template saved_sample_size<copied<Step>>);
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size =
        one::template training_prepared_size<copied<Step>, T>;
    template <class Step, class T>
    static constexpr std::size_t workspace_size = one::template workspace_size<copied<Step>, T>;

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const training_call<T> own = call_of_copies<in_size<Step>, out_size<Step>>(call, blocks<Step>);
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            for (std::size_t n = samples.first; n < samples.last; ++n)
                for (std::size_t k = 0; k < blocks<Step>; ++k)
                    copy_block<Step>(call.in, n, k,
                                     const_cast<T*>(own.in) + (n * blocks<Step> + k) * in_size<Step>);
        });
        one::template train<copied<Step>>(own, kernels::identity_epilogue{});
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            for (std::size_t n = samples.first; n < samples.last; ++n)
                for (std::size_t k = 0; k < blocks<Step>; ++k)
                    spread<Step>(own.out + (n * blocks<Step> + k) * out_size<Step>, n, k, call.out, epilogue);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        const training_call<T> own = call_of_copies<in_size<Step>, out_size<Step>>(call, blocks<Step>);
        constexpr kernels::image from = grad_out_image<Step>;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            T* to = const_cast<T*>(own.grad_out) + samples.first * blocks<Step> * out_size<Step>;
            for (std::size_t n = samples.first; n < samples.last; ++n)
                for (std::size_t k = 0; k < blocks<Step>; ++k)
                    for (std::size_t i = 0; i < length; ++i, to += from.channels) {
                        const std::size_t t = k * block + i;
                        const bool is_result = i < block && t < Step::in.width;
                        for (std::size_t c = 0; c < from.channels; ++c)
                            to[c] = is_result ? call.grad_out[n * from.sample_stride + from.offset +
                                                              t * from.pixel_stride + c]
                                              : T(0);
                    }
        });
        one::template backward<copied<Step>>(own, kernels::identity_epilogue{}, wants_input_gradient);
        if (wants_input_gradient)
            call.run(call.batch, [&](kernels::range samples, std::size_t) {
                for (std::size_t n = samples.first; n < samples.last; ++n)
                    add_blocks<Step>(own.grad_in + n * blocks<Step> * in_size<Step>, n, call.grad_in,
                                     epilogue);
            });
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        reference_observed<Step>(in, out, weights, [](const T*) {});
    }
    template <class Step, class T, class Observer>
    static constexpr void reference_observed(const T* in, T* out, const T* weights, const Observer& observe) {
        std::array<T, in_size<Step>> sequence{};
        std::array<T, out_size<Step>> results{};
        constexpr std::size_t channels = Step::in.channels, width = Step::in.width;
        for (std::size_t first = 0; first < width; first += block) {
            fill<Step>(sequence.data(), width - first < length ? width - first : length,
                       [&](std::size_t i) { return in + (first + i) * channels; });
            one::template reference_observed<copied<Step>>(sequence.data(), results.data(), weights, observe);
            for (std::size_t i = 0; i < block * Step::out.channels; ++i)
                if (first * Step::out.channels + i < width * Step::out.channels)
                    out[first * Step::out.channels + i] = results[i];
        }
    }

private:
    template <class Step, class Call, class Row, class Run>
    static void run_filled(Call call, const Row& row, const Run& run) {
        auto* const sequence = call.scratch;
        fill<Step>(sequence, length, row);
        call.in = sequence, call.out = sequence + in_size<Step>;
        call.scratch = call.out + out_size<Step>;
        run(call);
    }

    /// A sequence of `count` rows that are there, and masked ones.
    template <class Step, class T, class Row>
    static constexpr void fill(T* to, std::size_t count, const Row& row) {
        constexpr std::size_t channels = Step::in.channels;
        for (std::size_t i = 0; i < length; ++i, to += channels + 1) {
            for (std::size_t c = 0; c < channels; ++c) to[c] = i < count ? row(i)[c] : T(0);
            to[channels] = i < count ? T(1) : T(0);
        }
    }
    template <class Step, class T>
    static void copy_block(const T* in, std::size_t n, std::size_t k, T* to) {
        constexpr kernels::image from = Step::in;
        const std::size_t first = k * block, left = from.width - first;
        fill<Step>(to, left < length ? left : length, [&](std::size_t i) {
            return in + n * from.sample_stride + from.offset + (first + i) * from.pixel_stride;
        });
    }
    template <class Step, class T, class Epilogue>
    static void spread(const T* results, std::size_t n, std::size_t k, T* out, const Epilogue& epilogue) {
        constexpr kernels::image to = Step::out;
        for (std::size_t i = 0; i < block && k * block + i < to.width; ++i)
            put<to>(out, n, k * block + i, epilogue,
                    [&](std::size_t c) { return kernels::load(results + i * to.channels + c); });
    }
    /// Each row is in its block, and in those before it that look ahead so far.
    template <class Step, class T, class Epilogue>
    static void add_blocks(const T* gradients, std::size_t n, T* grad_in, const Epilogue& epilogue) {
        constexpr kernels::image to = grad_in_image<Step>;
        constexpr std::size_t channels = Step::in.channels + 1;
        for (std::size_t t = 0; t < to.width; ++t)
            put<to>(grad_in, n, t, epilogue, [&](std::size_t c) {
                kernels::lanes<T> sum = kernels::broadcast(T(0));
                for (std::size_t k = t < length ? 0 : (t - length) / block + 1; k <= t / block; ++k)
                    sum = sum + kernels::load(gradients + k * in_size<Step> + (t - k * block) * channels + c);
                return sum;
            });
    }
    template <kernels::image To, class T, class Epilogue, class Value>
    static void put(T* to, std::size_t n, std::size_t t, const Epilogue& epilogue, const Value& value) {
        for (std::size_t c = 0; c < To.channels; c += kernels::lane_count<T>)
            kernels::store_partial(
                to + n * To.sample_stride + To.offset + t * To.pixel_stride + c,
                kernels::lanes<T>(epilogue(value(c), kernels::place{n, 0, t, c})),
                To.channels - c < kernels::lane_count<T> ? To.channels - c : kernels::lane_count<T>);
    }

    template <class Step, class T, class Call, class Epilogue, class Run>
    static void each_block(const Call& call, const Epilogue& epilogue, const Run& run) {
        for (std::size_t n = call.samples.first; n < call.samples.last; ++n)
            for (std::size_t k = 0; k < blocks<Step>; ++k) {
                Call own = call;
                T* const results = call.scratch + in_size<Step>;
                copy_block<Step>(call.in, n, k, call.scratch);
                own.in = call.scratch, own.out = results, own.scratch = results + out_size<Step>;
                own.samples = {0, 1};
                run(own);
                spread<Step>(static_cast<const T*>(results), n, k, call.out, epilogue);
            }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
