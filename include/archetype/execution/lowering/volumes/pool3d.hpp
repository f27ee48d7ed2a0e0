// SPDX-License-Identifier: BSL-1.0
/// @file pool3d.hpp
/// Poolings of volumes. Global ones are those of the image that their slices make.
#pragma once
#include <archetype/architecture/layers/pooling/pool3d.hpp>
#include <archetype/execution/lowering/pooling.hpp>
#include <archetype/kernels/pooling/pool3d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
struct volume_pooling : kernel_lowering<volume_pooling<Layer>> {
    static constexpr bool largest_wins = Layer::result == pool_result::largest;
    static constexpr kernels::pool_axis axis_of(const window_axis& axis) {
        return {axis.input, axis.output, axis.kernel, axis.stride, axis.dilation, axis.before, axis.after};
    }
    template <class Step>
    static constexpr kernels::pool3d geometry = [] {
        constexpr volume_window window = Layer::window_over(Step::at.input);
        return kernels::pool3d{
            Step::in,
            Step::out,
            axis_of(window.depth),
            axis_of(window.rows),
            axis_of(window.columns),
            !Layer::options.has(option::same) && !Layer::options.has(option::exclude_padding)};
    }();

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        kernels::pool3d_forward<geometry<Step>, largest_wins>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::pool3d_forward<geometry<Step>, largest_wins>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step>
    static constexpr bool reads_input = largest_wins;
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::pool3d_backward<geometry<Step>, largest_wins, grad_out_image<Step>, grad_in_image<Step>>(
            call.in, call.grad_out, call.grad_in, epilogue, samples);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr kernels::pool3d g = geometry<Step>;
        constexpr std::size_t channels = Step::in.channels;
        kernels::for_windows3d(g, [&](std::size_t z, std::size_t y, std::size_t x) {
            for (std::size_t c = 0; c < channels; ++c) {
                T result{};
                bool first = true;
                kernels::for_cells3d(g, z, y, x, [&](std::size_t row, std::size_t column) {
                    const T cell = in[(row * g.columns.in + column) * channels + c];
                    if (!largest_wins)
                        result += cell;
                    else if (first || !(cell <= result))  // a NaN stays
                        result = result != result ? result : cell;
                    first = false;
                });
                if (!largest_wins) result /= static_cast<T>(g.count(z, y, x));
                out[((z * g.rows.out + y) * g.columns.out + x) * channels + c] = result;
            }
        });
    }
};

template <auto Size, class... Options>
struct lowering<max_pool3d<Size, Options...>> : volume_pooling<max_pool3d<Size, Options...>> {};
template <auto Size, class... Options>
struct lowering<avg_pool3d<Size, Options...>> : volume_pooling<avg_pool3d<Size, Options...>> {};
template <>
struct lowering<global_max_pool3d> : pooling_lowering<global_max_pool3d> {};
template <>
struct lowering<global_avg_pool3d> : pooling_lowering<global_avg_pool3d> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
