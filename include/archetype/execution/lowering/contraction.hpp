// SPDX-License-Identifier: BSL-1.0
/// @file contraction.hpp
/// Convolution and dense layers.
#pragma once
#include <archetype/architecture/layers/conv1d.hpp>
#include <archetype/architecture/layers/conv2d.hpp>
#include <archetype/architecture/layers/dense.hpp>
#include <archetype/architecture/layers/depthwise_conv2d.hpp>
#include <archetype/architecture/winograd_cost.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/patches.hpp>
#include <archetype/execution/lowering/pooling.hpp>
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/convolution/conv2d_pool_forward.hpp>
#include <archetype/kernels/convolution/conv2d_winograd.hpp>
#include <archetype/kernels/convolution/dense_backward.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Winograd's filtering in place of the direct kernels, for steps with `at.winograd` where weights are prepared. Asked for without a
/// name for the question: compilers would keep one for each step.
template <class Step, kernels::conv2d_backward_geometry Backward, class T>
struct winograd_lowering {
    static constexpr kernels::conv2d_geometry geometry = Backward.forward;
    static constexpr std::size_t tile = Step::at.winograd;
    static constexpr std::size_t most = winograd_group(tile, geometry.in.channels, geometry.out.channels);
    using forward = kernels::conv2d_winograd_weights<geometry, tile, T>;
    using turned = kernels::conv2d_winograd_weights<geometry, tile, T, true>;
    using gradient = kernels::conv2d_winograd_gradient<Backward, tile, T>;

    static constexpr std::size_t prepared_size = forward::prepared_size;
    static void prepare(const T* logical, T* prepared) { forward::prepare(logical, prepared); }

    template <class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        static_assert(forward::workspace(most < forward::tiles ? most : forward::tiles) <=
                      winograd_scratch(Step::at));
        kernels::conv2d_winograd_forward<geometry, tile, T>(call.in, call.weights, call.bias, call.out,
                                                            epilogue, call.samples, most, call.scratch);
    }

    static constexpr std::size_t training_prepared_size =
        largest({forward::prepared_size, turned::prepared_size});
    static constexpr std::size_t workspace_size =
        largest({forward::workspace(most), turned::workspace(most), gradient::workspace});

    template <class Epilogue>
    static void train(const training_call<T>& call, const T* weights, const T* bias,
                      const Epilogue& epilogue) {
        forward::prepare(weights, call.prepared);
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_winograd_forward<geometry, tile, T>(
                call.in, call.prepared, bias, call.out, epilogue, samples, most,
                call.workspace + thread * call.workspace_stride);
        });
    }
    static void weight_gradient(const training_call<T>& call, T* weights, T* bias) {
        call.run(gradient::tasks, [&](kernels::range tasks, std::size_t thread) {
            kernels::conv2d_winograd_backward_weights<Backward, tile, T>(
                call.in, call.grad_out, weights, bias, false, call.batch, tasks,
                call.workspace + thread * call.workspace_stride);
        });
    }
    template <class Epilogue>
    static void input_gradient(const training_call<T>& call, const T* weights, const Epilogue& epilogue) {
        turned::prepare(weights, call.prepared);
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_winograd_backward_input<Backward, tile, T>(
                call.grad_out, call.prepared, call.grad_in, epilogue, samples, most,
                call.workspace + thread * call.workspace_stride);
        });
    }
};

struct contraction_lowering {
    template <class Step>
    static constexpr kernels::conv2d_geometry geometry = geometry_of(Step::at, Step::in, Step::out);
    template <class Step>
    static constexpr kernels::conv2d_backward_geometry backward_geometry{geometry<Step>, grad_out_image<Step>,
                                                                         grad_in_image<Step>};

    /// What inference runs at once: the whole image, or as many rows as one row of a pooling on the fly reads.
    template <class Step>
    static constexpr kernels::conv2d_geometry inferred = [] {
        kernels::conv2d_geometry some = geometry<Step>;
        if constexpr (Step::now.pool != none) {
            constexpr const node& pool = unchecked_facts<typename Step::network>.nodes[Step::now.pool];
            some.out = kernels::dense_image(pool.window.rows.kernel, some.out.width, some.out.channels);
        }
        return some;
    }();
    template <class Step, class T>
    using filtering = winograd_lowering<Step, backward_geometry<Step>, T>;
    template <class Step, class T>
    static constexpr std::size_t prepared_size = [] {
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            return filtering<Step, T>::prepared_size;
        else
            return kernels::conv2d_weights<inferred<Step>, T>::prepared_size;
    }();
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            filtering<Step, T>::prepare(logical, prepared);
        else
            kernels::conv2d_weights<inferred<Step>, T>::prepare(logical, prepared);
    }

    /// The whole result by the direct kernels for many lanes.
    template <class Step>
    static constexpr bool is_direct =
        kernels::has_many_lanes&& Step::at.winograd == 0 && Step::now.pool == none;
    /// Several threads can make the results of one sample: what lies in the plan's scratch is one thread's.
    template <class Step, class T>
    static constexpr bool can_share = is_direct<Step>&& kernels::conv2d_can_share<geometry<Step>, T>;
    /// What its companions are told (interleaved_steps.hpp).
    template <class Step, class T>
    static constexpr bool tells_of_input =
        is_direct<Step>&& kernels::conv2d_tells_of_input<geometry<Step>, T>;
    template <class Step, class T>
    static constexpr bool tells_of_results =
        is_direct<Step>&& kernels::conv2d_tells_of_results<geometry<Step>, T>;
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(inference_call<T> call, const Epilogue& epilogue) {
        if constexpr (!kernels::has_many_lanes)
            infer_in_patches<Step>(call, epilogue);
        else if constexpr (Prepared && Step::at.winograd != 0)
            filtering<Step, T>::infer(call, epilogue);
        else
            infer_in_rows<Step, T, Prepared>(call, epilogue);
    }
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer_in_rows(inference_call<T> call, const Epilogue& epilogue) {
        using order = kernels::conv2d_weights<inferred<Step>, T, Prepared>;
        // Small enough for the stack: the rows that the convolution spreads over lanes, and its few weights.
        T workspace[kernels::conv2d_forward_workspace<inferred<Step>, T> + 1];
        T weights[Prepared || order::prepared_size == 0 ? 1 : order::prepared_size];
        if constexpr (!Prepared && order::prepared_size != 0) {
            order::prepare(call.weights, weights);
            call.weights = weights;
        }
        if constexpr (Step::now.pool == none)
            kernels::conv2d_forward<geometry<Step>, T, Prepared>(call.in, call.weights, call.bias, call.out,
                                                                 epilogue, call.samples, workspace, call.part,
                                                                 call.by);
        else
            infer_and_pool<Step, T, Prepared>(call, workspace);
    }

    /// The pooling on the fly, of one row of results.
    template <class Step, kernels::image Row>
    static constexpr kernels::pool2d pooling =
        lowering<boost::mp11::mp_at_c<layers_of<typename Step::network>, Step::now.pool>>::template geometry<
            inferred<Step>.out, Row>;
    template <class Step>
    static constexpr bool pools_mean_or_largest =
        boost::mp11::mp_at_c<layers_of<typename Step::network>, Step::now.pool>::result !=
        pool_result::l2_norm;
    template <class Step, class T, kernels::image Row>
    static constexpr bool pools_in_registers =
        kernels::lane_count<T> > 1 &&
        pools_mean_or_largest<Step>&& kernels::conv2d_pools<inferred<Step>, pooling<Step, Row>, T>;

    /// A few rows of the convolution, then the row of the pooling that reads them; the rest never reaches memory.
    template <class Step, class T, bool Prepared>
    static void infer_and_pool(const inference_call<T>& call, T* workspace) {
        using net = typename Step::network;
        static constexpr const node& pool = unchecked_facts<net>.nodes[Step::now.pool];
        using pool_layer = boost::mp11::mp_at_c<layers_of<net>, Step::now.pool>;
        static constexpr kernels::image stored =
            image_of(inference_plan<net>.values[Step::now.to], pool.output);
        static constexpr kernels::image row = [] {
            kernels::image one = stored;
            one.height = 1;
            one.offset = 0;
            return one;
        }();
        constexpr std::size_t step =
            pool.window.rows.stride * Step::at.window.rows.stride * Step::in.row_stride;
        for (std::size_t n = call.samples.first; n < call.samples.last; ++n)
            for (std::size_t y = 0; y < stored.height; ++y) {
                const T* const in = call.in + n * Step::in.sample_stride + y * step;
                T* const out = call.out + n * stored.sample_stride + stored.offset + y * stored.row_stride;
                if constexpr (pools_in_registers<Step, T, row>) {
                    kernels::conv2d_pool_forward<inferred<Step>, pooling<Step, row>,
                                                 pool_layer::result == pool_result::largest>(
                        in, call.weights, call.bias, out, typename Step::activations{},
                        typename Step::pool_activations{}, workspace);
                } else {
                    kernels::conv2d_forward<inferred<Step>, T, Prepared>(
                        in, call.weights, call.bias, call.scratch, typename Step::activations{},
                        kernels::range{0, 1}, workspace);
                    lowering<pool_layer>::template forward<inferred<Step>.out, row>(
                        call.scratch, out, typename Step::pool_activations{}, kernels::range{0, 1});
                }
            }
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;
    /// One lane, and one pixel: the backward pass reads the logical weights, and their gradient may be made row by row
    /// (`backward_but_weights`, then `gradient_row` for each of the inputs).
    template <class Step>
    static constexpr bool is_small_dense =
        !kernels::has_many_lanes && Step::at.groups == 1 && Step::in.height * Step::in.width == 1 &&
        Step::out.height * Step::out.width == 1 && !Step::at.has_window;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size = [] {
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            return filtering<Step, T>::training_prepared_size;
        else if constexpr (is_small_dense<Step>)
            return std::size_t{0};
        else
            return largest(
                {kernels::has_many_lanes ? kernels::conv2d_weights<geometry<Step>, T>::prepared_size : 0,
                 kernels::conv2d_transposed_weights<geometry<Step>, T>::prepared_size});
    }();
    template <class Step, class T>
    static constexpr std::size_t workspace_size = [] {
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            return filtering<Step, T>::workspace_size;
        else
            return largest({kernels::conv2d_forward_workspace<geometry<Step>, T>,
                            kernels::conv2d_backward_input_workspace<backward_geometry<Step>, T>,
                            kernels::conv2d_backward_weights_workspace<backward_geometry<Step>, T>});
    }();

    template <class Step>
    static constexpr const auto& offsets = parameters_of<typename Step::network>.offsets[Step::now.anchor];
    template <class Step>
    static constexpr bool has_bias = Step::at.parameter_tensors > 1;

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        train_with<Step>(call, call.parameters + offsets<Step>[0], epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void train_with(const training_call<T>& call, const T* weights, const Epilogue& epilogue) {
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            filtering<Step, T>::train(
                call, weights, has_bias<Step> ? call.parameters + offsets<Step>[1] : nullptr, epilogue);
        else if constexpr (!kernels::has_many_lanes)
            train_in_patches<Step>(call, weights, epilogue);
        else
            train_in_rows<Step>(call, weights, epilogue);
    }
    /// As at inference.
    template <class Step, class T, class Epilogue>
    static void train_in_patches(const training_call<T>& call, const T* weights, const Epilogue& epilogue) {
        const T* const bias = has_bias<Step> ? call.parameters + offsets<Step>[1] : nullptr;
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            kernels::conv2d_patches_forward<geometry<Step>, kernels::no_pooling, Step::out,
                                            kernels::patch_pooling::no, has_bias<Step>, activation_chain<>>(
                call.in, weights, bias, call.out, epilogue, samples);
        });
    }
    template <class Step, class T, class Epilogue>
    static void train_in_rows(const training_call<T>& call, const T* weights, const Epilogue& epilogue) {
        const T* const bias = has_bias<Step> ? call.parameters + offsets<Step>[1] : nullptr;
        using order = kernels::conv2d_weights<geometry<Step>, T>;
        if constexpr (order::prepared_size != 0) {
            prepare_for_training<order>(call, weights);
            weights = call.prepared;
        }
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_forward<geometry<Step>, T, true>(call.in, weights, bias, call.out, epilogue,
                                                             samples,
                                                             call.workspace + thread * call.workspace_stride);
        });
    }

    template <class Order, class T>
    static void prepare_for_training(const training_call<T>& call, const T* weights) {
        call.run(
            Order::prepare_tasks,
            [&](kernels::range tasks, std::size_t) { Order::prepare(weights, call.prepared, tasks); },
            Order::prepared_size / Order::prepare_tasks);
    }

    template <class Step>
    static constexpr bool reads_input = trains<Step>;
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        backward_with<Step>(call, call.parameters + offsets<Step>[0], call.gradients + offsets<Step>[0],
                            epilogue, wants_input_gradient);
    }
    template <class Step, class T, class Epilogue>
    static void backward_with(const training_call<T>& call, const T* weights, T* weight_gradients,
                              const Epilogue& epilogue, bool wants_input_gradient) {
        constexpr kernels::conv2d_backward_geometry g = backward_geometry<Step>;
        if constexpr (trains<Step>) {
            T* const bias = has_bias<Step> ? call.gradients + offsets<Step>[1] : nullptr;
            if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
                filtering<Step, T>::weight_gradient(call, weight_gradients, bias);
            else
                call.run(kernels::conv2d_weight_tasks<g, T>, [&](kernels::range tasks, std::size_t thread) {
                    kernels::conv2d_backward_weights<g, T>(call.in, call.grad_out, weight_gradients, bias,
                                                           false, call.batch, tasks,
                                                           call.workspace + thread * call.workspace_stride);
                });
        }
        if (!wants_input_gradient) return;
        backward_input_with<Step>(call, weights, epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void backward_input_with(const training_call<T>& call, const T* weights,
                                    const Epilogue& epilogue) {
        constexpr kernels::conv2d_backward_geometry g = backward_geometry<Step>;
        if constexpr (kernels::has_many_lanes && Step::at.winograd != 0)
            return filtering<Step, T>::input_gradient(call, weights, epilogue);
        else if constexpr (is_small_dense<Step>)
            return kernels::dense_backward_input<g.grad_out, g.grad_in>(call.grad_out, weights, call.grad_in,
                                                                        epilogue, {0, call.batch});
        else
            prepare_for_training<kernels::conv2d_transposed_weights<geometry<Step>, T>>(call, weights);
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            kernels::conv2d_backward_input<g, T>(call.grad_out, call.prepared, call.grad_in, epilogue,
                                                 samples, call.workspace + thread * call.workspace_stride);
        });
    }

    /// `backward` of a small dense layer, without the gradient of its weights.
    template <class Step, class T, class Epilogue>
    static void backward_but_weights(const training_call<T>& call, const Epilogue& epilogue,
                                     bool wants_input_gradient) {
        if constexpr (has_bias<Step>)
            kernels::dense_gradient_bias<grad_out_image<Step>>(call.grad_out, call.batch,
                                                               call.gradients + offsets<Step>[1]);
        if (wants_input_gradient)
            backward_input_with<Step>(call, call.parameters + offsets<Step>[0], epilogue);
    }
    /// Row `input` of the gradient of its weights.
    template <class Step, class T>
    static void gradient_row(const T* in, const T* grad_out, std::size_t input, std::size_t batch, T* to) {
        kernels::dense_gradient_row<Step::in, grad_out_image<Step>>(in, grad_out, input, batch, to);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T* bias) {
        constexpr bool biased = inference_weights_of<typename Step::network>.steps[Step::index].has_bias();
        constexpr kernels::conv2d_geometry g = geometry<Step>;
        for (std::size_t y = 0; y < g.out.height; ++y)
            for (std::size_t x = 0; x < g.out.width; ++x)
                for (std::size_t f = 0; f < g.out.channels; ++f) {
                    T sum = biased ? bias[f] : T{};
                    const std::size_t first = f / g.group_filters() * g.group_inputs();
                    for (std::size_t ky = 0; ky < g.win.kernel_height; ++ky)
                        for (std::size_t kx = 0; kx < g.win.kernel_width; ++kx) {
                            const std::size_t row =
                                y * g.win.stride_height + ky * g.win.dilation_height - g.win.pad_top;
                            const std::size_t column =
                                x * g.win.stride_width + kx * g.win.dilation_width - g.win.pad_left;
                            if (row >= g.in.height || column >= g.in.width) continue;
                            const T* pixel = in + (row * g.in.width + column) * g.in.channels + first;
                            const T* tap =
                                weights + (ky * g.win.kernel_width + kx) * g.group_inputs() * g.out.channels +
                                f;
                            for (std::size_t c = 0; c < g.group_inputs(); ++c)
                                sum += pixel[c] * tap[c * g.out.channels];
                        }
                    out[(y * g.out.width + x) * g.out.channels + f] = sum;
                }
    }
};

template <std::size_t Filters, auto Kernel, class... Options>
struct lowering<conv2d<Filters, Kernel, Options...>> : contraction_lowering {};
template <auto Kernel, class... Options>
struct lowering<depthwise_conv2d<Kernel, Options...>> : contraction_lowering {};
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct lowering<conv1d<Filters, Kernel, Options...>> : contraction_lowering {};
template <std::size_t Kernel, class... Options>
struct lowering<depthwise_conv1d<Kernel, Options...>> : contraction_lowering {};
template <std::size_t Units, class... Options>
struct lowering<dense<Units, Options...>> : contraction_lowering {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
