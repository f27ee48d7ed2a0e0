// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_transpose.hpp
/// Transposed convolutions: forward each is the gradient of the convolution `over` from its result to its input, and the
/// gradient of its input is that convolution.
#pragma once
#include <archetype/architecture/layers/conv2d_transpose.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/convolution/conv2d_transpose.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

struct transposed_lowering {
    template <class Step>
    static constexpr kernels::window over_window = [] {
        node turned;
        turned.has_window = true;
        turned.window = Step::at.spread_over;
        return window_of(turned);
    }();
    template <class Step>
    static constexpr kernels::conv2d_geometry over{Step::out, Step::in, over_window<Step>, Step::at.groups};
    template <class Step>
    static constexpr kernels::conv2d_backward_geometry forward_geometry{over<Step>, Step::in, Step::out};
    /// The convolution again, from the gradient of the result to that of the input.
    template <class Step>
    static constexpr kernels::conv2d_geometry gradient_geometry{grad_out_image<Step>, grad_in_image<Step>,
                                                                over_window<Step>, Step::at.groups};
    template <class Step>
    static constexpr kernels::conv2d_backward_geometry weight_geometry{
        {grad_out_image<Step>, Step::in, over_window<Step>, Step::at.groups}, Step::in, grad_out_image<Step>};

    template <class Step, class T>
    using order = kernels::conv2d_transposed_weights<over<Step>, T>;
    template <class Step, class T>
    static constexpr std::size_t prepared_size = order<Step, T>::prepared_size;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        order<Step, T>::prepare(logical, prepared);
    }

    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        if constexpr (Prepared) {
            T workspace[kernels::conv2d_backward_input_workspace<forward_geometry<Step>, T> + 1];
            kernels::conv2d_backward_input<forward_geometry<Step>, T>(
                call.in, call.weights, call.out, kernels::bias_epilogue<T, Epilogue>{call.bias, epilogue},
                call.samples, workspace);
        } else {
            kernels::conv2d_transpose_logical<over<Step>>(call.in, call.weights, call.bias, call.out,
                                                          epilogue, call.samples);
        }
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size =
        largest({prepared_size<Step, T>, kernels::conv2d_weights<gradient_geometry<Step>, T>::prepared_size});
    template <class Step, class T>
    static constexpr std::size_t workspace_size =
        largest({kernels::conv2d_backward_input_workspace<forward_geometry<Step>, T>,
                 kernels::conv2d_forward_workspace<gradient_geometry<Step>, T>,
                 kernels::conv2d_backward_weights_workspace<weight_geometry<Step>, T>});

    template <class Step>
    static constexpr const tensor_offsets& offsets =
        parameters_of<typename Step::network>.offsets[Step::now.anchor];
    template <class Step>
    static constexpr bool has_bias = Step::at.parameter_tensors > 1;

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const T* const weights = call.parameters + offsets<Step>[0];
        prepare<Step>(weights, call.prepared);
        const T* const bias = has_bias<Step> ? call.parameters + offsets<Step>[1] : nullptr;
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_backward_input<forward_geometry<Step>, T>(
                call.in, call.prepared, call.out, kernels::bias_epilogue<T, Epilogue>{bias, epilogue},
                samples, call.workspace + thread * call.workspace_stride);
        });
    }

    template <class Step>
    static constexpr bool reads_input = trains<Step>;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::conv2d_backward_geometry g = weight_geometry<Step>;
        if constexpr (trains<Step>)
            call.run(kernels::conv2d_weight_tasks<g, T>, [&](kernels::range tasks, std::size_t thread) {
                kernels::conv2d_backward_weights<g, T>(
                    call.grad_out, call.in, call.gradients + offsets<Step>[0], static_cast<T*>(nullptr),
                    false, call.batch, tasks, call.workspace + thread * call.workspace_stride);
            });
        if constexpr (trains<Step> && has_bias<Step>)
            kernels::bias_gradient<grad_out_image<Step>>(call.grad_out, call.gradients + offsets<Step>[1],
                                                         false, call.batch);
        if (!wants_input_gradient) return;
        using weights = kernels::conv2d_weights<gradient_geometry<Step>, T>;
        const T* read = call.parameters + offsets<Step>[0];
        if constexpr (weights::prepared_size != 0) {
            weights::prepare(read, call.prepared);
            read = call.prepared;
        }
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_forward<gradient_geometry<Step>, T, true>(
                call.grad_out, read, static_cast<const T*>(nullptr), call.grad_in, epilogue, samples,
                call.workspace + thread * call.workspace_stride);
        });
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T* bias) {
        constexpr kernels::image from = Step::in, to = Step::out;
        constexpr kernels::window w = over_window<Step>;
        for (std::size_t i = 0; i < to.size(); ++i)
            out[i] = Step::at.parameter_tensors > 1 ||
                             inference_weights_of<typename Step::network>.steps[Step::index].has_bias()
                         ? bias[i % to.channels]
                         : T{};
        for (std::size_t pixel = 0; pixel < from.height * from.width; ++pixel)
            for (std::size_t k = 0; k < w.kernel_height * w.kernel_width; ++k) {
                const std::size_t y =
                    pixel / from.width * w.stride_height + k / w.kernel_width * w.dilation_height - w.pad_top;
                const std::size_t x =
                    pixel % from.width * w.stride_width + k % w.kernel_width * w.dilation_width - w.pad_left;
                if (y >= to.height || x >= to.width) continue;
                constexpr std::size_t filters = to.channels / Step::at.groups,
                                      depth = from.channels / Step::at.groups;
                for (std::size_t f = 0; f < to.channels; ++f)
                    for (std::size_t c = f / filters * depth; c < (f / filters + 1) * depth; ++c)
                        out[(y * to.width + x) * to.channels + f] +=
                            in[pixel * from.channels + c] *
                            weights[(k * filters + f % filters) * from.channels + c];
            }
    }
};

template <std::size_t Filters, auto Kernel, class... Options>
struct lowering<conv2d_transpose<Filters, Kernel, Options...>> : transposed_lowering {};
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct lowering<conv1d_transpose<Filters, Kernel, Options...>> : transposed_lowering {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
