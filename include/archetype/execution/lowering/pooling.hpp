// SPDX-License-Identifier: BSL-1.0
/// @file pooling.hpp
/// Max, average, L2 and global pooling.
#pragma once
#include <archetype/architecture/layers/pooling/global_pool2d.hpp>
#include <archetype/architecture/layers/pooling/pool1d.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/pooling/avg_pool2d.hpp>
#include <archetype/kernels/pooling/global_pool2d.hpp>
#include <archetype/kernels/pooling/l2_pool2d.hpp>
#include <archetype/kernels/pooling/max_pool2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Layers that pool a sequence.
template <class Layer>
inline constexpr bool is_pool1d = false;
template <std::size_t Size, class... Options>
inline constexpr bool is_pool1d<max_pool1d<Size, Options...>> = true;
template <std::size_t Size, class... Options>
inline constexpr bool is_pool1d<avg_pool1d<Size, Options...>> = true;

template <class Layer>
struct pooling_lowering : weightless_lowering {
    /// The pooling of an image (a whole one, or as many rows as one row of results needs).
    template <kernels::image In, kernels::image Out>
    static constexpr kernels::pool2d geometry = [] {
        if constexpr (requires { Layer::size; }) {
            constexpr const node at = [] {
                node facts;
                constexpr bool is_sequence = is_pool1d<Layer>;
                static_cast<layer_facts&>(facts) = Layer::describe(
                    is_sequence ? shape{In.width, In.channels} : shape{In.height, In.width, In.channels});
                return facts;
            }();
            constexpr bool same = Layer::options.has(option::same);
            return kernels::pool2d{In,
                                   Out,
                                   window_of(at),
                                   !same && !Layer::options.has(option::exclude_padding),
                                   at.window.rows.after,
                                   at.window.columns.after};
        } else {
            return kernels::global_pool2d(In, Out);
        }
    }();

    /// The mean of a whole image, which may be summed row after row.
    static constexpr bool averages_all = Layer::result == pool_result::mean && !requires { Layer::size; };

    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        if constexpr (Layer::result == pool_result::largest)
            kernels::max_pool2d_forward<geometry<In, Out>>(in, out, epilogue, samples);
        else if constexpr (Layer::result == pool_result::l2_norm)
            kernels::l2_pool2d_forward<geometry<In, Out>>(in, out, epilogue, samples);
        else
            kernels::avg_pool2d_forward<geometry<In, Out>>(in, out, epilogue, samples);
    }

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        forward<Step::in, Step::out>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            forward<Step::in, Step::out>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step>
    static constexpr bool reads_input = Layer::result != pool_result::mean;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            if constexpr (Layer::result == pool_result::largest)
                kernels::max_pool2d_backward<geometry<Step::in, Step::out>, from, to>(
                    call.in, call.grad_out, call.grad_in, epilogue, samples);
            else if constexpr (Layer::result == pool_result::l2_norm)
                kernels::l2_pool2d_backward<geometry<Step::in, Step::out>, from, to>(
                    call.in, call.out, call.grad_out, call.grad_in, epilogue, samples);
            else
                kernels::avg_pool2d_backward<geometry<Step::in, Step::out>, from, to>(
                    call.grad_out, call.grad_in, epilogue, samples);
        });
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr kernels::pool2d g = geometry<Step::in, Step::out>;
        constexpr kernels::pool_axis rows = vertical(g), columns = horizontal(g);
        for (std::size_t y = 0; y < g.out.height; ++y)
            for (std::size_t x = 0; x < g.out.width; ++x)
                for (std::size_t c = 0; c < g.out.channels; ++c) {
                    T result{};
                    bool first = true;
                    for (std::size_t ky = rows.first(y); ky < rows.last(y); ++ky)
                        for (std::size_t kx = columns.first(x); kx < columns.last(x); ++kx) {
                            const std::size_t row = y * rows.stride + ky * rows.dilation - rows.pad_before;
                            const std::size_t column =
                                x * columns.stride + kx * columns.dilation - columns.pad_before;
                            const T cell = in[(row * g.in.width + column) * g.in.channels + c];
                            if (Layer::result == pool_result::mean)
                                result += cell;
                            else if (Layer::result == pool_result::l2_norm)
                                result += cell * cell;
                            else if (first || !(cell <= result))  // a NaN stays
                                result = result != result ? result : cell;
                            first = false;
                        }
                    if (Layer::result == pool_result::l2_norm) result = expression::elementary::sqrt(result);
                    if (Layer::result == pool_result::mean)
                        result /= static_cast<T>(rows.count(y, g.count_padding) *
                                                 columns.count(x, g.count_padding));
                    out[(y * g.out.width + x) * g.out.channels + c] = result;
                }
    }
};

template <auto Size, class... Options>
struct lowering<max_pool2d<Size, Options...>> : pooling_lowering<max_pool2d<Size, Options...>> {};
template <auto Size, class... Options>
struct lowering<avg_pool2d<Size, Options...>> : pooling_lowering<avg_pool2d<Size, Options...>> {};
template <auto Size, class... Options>
struct lowering<l2_pool2d<Size, Options...>> : pooling_lowering<l2_pool2d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct lowering<max_pool1d<Size, Options...>> : pooling_lowering<max_pool1d<Size, Options...>> {};
template <std::size_t Size, class... Options>
struct lowering<avg_pool1d<Size, Options...>> : pooling_lowering<avg_pool1d<Size, Options...>> {};
template <>
struct lowering<global_max_pool1d> : pooling_lowering<global_max_pool1d> {};
template <>
struct lowering<global_avg_pool1d> : pooling_lowering<global_avg_pool1d> {};
template <>
struct lowering<global_max_pool2d> : pooling_lowering<global_max_pool2d> {};
template <>
struct lowering<global_avg_pool2d> : pooling_lowering<global_avg_pool2d> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
