// SPDX-License-Identifier: BSL-1.0
/// @file resample2d.hpp
/// Paddings, resizing to any size, adaptive pooling, pooling over one axis, pixel shuffles as steps.
#pragma once
#include <archetype/architecture/layers/padding2d.hpp>
#include <archetype/architecture/layers/pooling/adaptive_pool2d.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/elementwise/pixel_shuffle.hpp>
#include <archetype/kernels/elementwise/resample2d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Pixel shuffles, and layers of which maps along both axes tell all.
template <class Layer>
concept shuffled = std::same_as<decltype(Layer::order), const shuffle_order>;
template <class Layer>
concept resampled = !shuffled<Layer> && std::same_as<decltype(Layer::rows_of(shape{})), axis_map>;

/// Layers of which `rows_of(shape)` and `columns_of(shape)` tell all.
template <class Layer>
struct resample_lowering : weightless_lowering {
    static constexpr bool largest = [] {
        if constexpr (requires { Layer::result; }) return Layer::result == pool_result::largest;
        return false;
    }();
    template <class T>
    static constexpr T blank = [] {
        if constexpr (requires { Layer::value; }) return static_cast<T>(Layer::value);
        return T(0);
    }();
    template <class Step>
    static constexpr axis_map rows = Layer::rows_of(Step::at.input);
    template <class Step>
    static constexpr axis_map columns = Layer::columns_of(Step::at.input);
    /// Columns are pooled away: rows become the columns of the result.
    template <class Step>
    static constexpr bool turns = Step::at.drops_axis == 2 && Step::at.input.rank == 3;
    template <class Step>
    static constexpr bool drops_channels = Step::at.drops_axis == 1;

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        forward<Step>(call.in, call.out, epilogue, call.samples);
    }
    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            forward<Step>(call.in, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if (!wants_input_gradient) return;
        constexpr kernels::image result = grad_out_image<Step>, to = grad_in_image<Step>;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            if constexpr (drops_channels<Step>) {
                kernels::reduce_channels_backward<largest, Step::in, result, to>(
                    call.in, call.grad_out, call.grad_in, epilogue, samples);
            } else {
                constexpr kernels::image from = turns<Step> ? kernels::column_of<result> : result;
                if constexpr (largest)
                    kernels::resample_maxima_backward<rows<Step>, columns<Step>, Step::in, from, to>(
                        call.in, call.grad_out, call.grad_in, epilogue, samples);
                else
                    kernels::resample2d<rows<Step>, columns<Step>, true, from, to>(
                        call.grad_out, call.grad_in, T(0), epilogue, samples);
            }
        });
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr std::size_t width = Step::in.width, channels = Step::in.channels;
        if constexpr (drops_channels<Step>) {
            for (std::size_t i = 0; i < Step::out.size(); ++i) {
                out[i] = largest ? in[i * channels] : T{};
                for (std::size_t c = 0; c < channels; ++c)
                    out[i] = largest ? kernels::larger(out[i], in[i * channels + c])
                                     : out[i] + in[i * channels + c] / T(channels);
            }
        } else {
            for (std::size_t i = 0; i < Step::out.size(); ++i) {
                const std::size_t pixel = i / channels, c = i % channels;
                const axis_taps down = rows<Step>.taps(pixel / columns<Step>.output),
                                along = columns<Step>.taps(pixel % columns<Step>.output);
                const auto cell = [&](std::size_t r, std::size_t k) {
                    return in[((down.first + r) * width + along.first + k) * channels + c];
                };
                const bool is_blank = down.count == 0 || along.count == 0;
                T made = is_blank ? blank<T> : largest ? cell(0, 0) : T{};
                for (std::size_t r = 0; r < down.count; ++r)
                    for (std::size_t k = 0; k < along.count; ++k)
                        made = largest ? kernels::larger(made, cell(r, k))
                                       : made + cell(r, k) * static_cast<T>(weight(rows<Step>, down, r)) *
                                                    static_cast<T>(weight(columns<Step>, along, k));
                out[i] = made;
            }
        }
    }

private:
    static constexpr double weight(const axis_map& map, const axis_taps& taps, std::size_t i) {
        return taps.weight(i, map.rule == axis_rule::window);
    }
    template <class Step, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        if constexpr (drops_channels<Step>)
            kernels::reduce_channels<largest, Step::in, Step::out>(in, out, epilogue, samples);
        else if constexpr (turns<Step>)
            along<Step, kernels::column_of<Step::out>>(in, out, kernels::column_epilogue<Epilogue>{epilogue},
                                                       samples);
        else
            along<Step, Step::out>(in, out, epilogue, samples);
    }
    template <class Step, kernels::image Out, class T, class Epilogue>
    static void along(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        if constexpr (largest)
            kernels::resample_maxima<rows<Step>, columns<Step>, Step::in, Out>(in, out, epilogue, samples);
        else
            kernels::resample2d<rows<Step>, columns<Step>, false, Step::in, Out>(in, out, blank<T>, epilogue,
                                                                                 samples);
    }
};

template <class Layer>
requires resampled<Layer>
struct lowering<Layer> : resample_lowering<Layer> {
};

template <class Layer>
struct shuffle_lowering : kernel_lowering<shuffle_lowering<Layer>> {
    template <class Step>
    static constexpr bool reads_input = false;
    static constexpr bool by_blocks = Layer::order == shuffle_order::blocks;
    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::pixel_shuffle<by_blocks, In, Out>(in, out, epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::pixel_shuffle<by_blocks, grad_out_image<Step>, grad_in_image<Step>>(
            call.grad_out, call.grad_in, epilogue, samples);
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        constexpr kernels::image small = Layer::enlarges ? Step::in : Step::out,
                                 large = Layer::enlarges ? Step::out : Step::in;
        constexpr std::size_t f = Layer::factor;
        for (std::size_t i = 0; i < large.size(); ++i) {
            const std::size_t c = i % large.channels, x = i / large.channels % large.width,
                              y = i / large.channels / large.width, cell = y % f * f + x % f;
            const std::size_t other = (y / f * small.width + x / f) * small.channels +
                                      (by_blocks ? cell * large.channels + c : c * f * f + cell);
            out[Layer::enlarges ? i : other] = in[Layer::enlarges ? other : i];
        }
    }
};
template <class Layer>
requires shuffled<Layer>
struct lowering<Layer> : shuffle_lowering<Layer> {
};

template <std::size_t Before, std::size_t After, double Value>
struct lowering<channel_padding<Before, After, Value>>
    : kernel_lowering<lowering<channel_padding<Before, After, Value>>> {
    template <class Step>
    static constexpr bool reads_input = false;
    static constexpr auto before = static_cast<std::ptrdiff_t>(Before);
    template <kernels::image In, kernels::image Out, class T, class Epilogue>
    static void forward(const T* in, T* out, const Epilogue& epilogue, kernels::range samples) {
        kernels::shift_channels<before, In, Out>(in, out, static_cast<T>(Value), epilogue, samples);
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue,
                               kernels::range samples) {
        kernels::shift_channels<-before, grad_out_image<Step>, grad_in_image<Step>>(
            call.grad_out, call.grad_in, T(0), epilogue, samples);
    }
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T*, const T*) {
        for (std::size_t i = 0; i < Step::out.size(); ++i) {
            const std::size_t c = i % Step::out.channels - Before, pixel = i / Step::out.channels;
            out[i] = c < Step::in.channels ? in[pixel * Step::in.channels + c] : static_cast<T>(Value);
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
