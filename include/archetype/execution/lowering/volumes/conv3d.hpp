// SPDX-License-Identifier: BSL-1.0
/// @file conv3d.hpp
/// Convolution of volumes: rows of the volume are copied below one another, so that it is a convolution of an image whose kernel has
/// a row for each row of each slice. Weights keep their order.
#pragma once
#include <archetype/architecture/layers/conv3d.hpp>
#include <archetype/execution/lowering/contraction.hpp>
#include <archetype/kernels/images/volume_rows.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An epilogue that is told where the rows of a part lie.
template <class Epilogue>
struct part_epilogue {
    static constexpr bool across_pixels = kernels::runs_across_pixels<Epilogue>;
    const Epilogue& epilogue;
    std::size_t sample, row;
    template <class Value>
    ARCHETYPE_INLINE Value operator()(const Value& value, const kernels::place& at) const {
        return epilogue(value, kernels::place{sample, row + at.y, at.x, at.channel});
    }
};

/// The windows of a layer over the volume that lies as `In`.
template <class Layer, class Step>
inline constexpr kernels::volume_rows volume_rows_of = [] {
    constexpr volume_window window = Layer::window_over(Step::at.input);
    const window_axis &depth = window.depth, &rows = window.rows, &columns = window.columns;
    return kernels::volume_rows{Step::in,
                                depth.input,
                                rows.output,
                                {rows.kernel, columns.kernel, rows.stride, columns.stride, rows.dilation,
                                 columns.dilation, rows.before, columns.before},
                                depth.kernel,
                                depth.stride,
                                depth.dilation,
                                depth.before,
                                columns.after};
}();

template <class Layer>
struct volume_convolution {
    template <class Step>
    static constexpr volume_window window = Layer::window_over(Step::at.input);
    template <class Step>
    static constexpr kernels::volume_rows rows = volume_rows_of<Layer, Step>;
    /// Nothing is copied.
    template <class Step>
    static constexpr bool is_direct = reads_each_row_once(window<Step>);
    /// Rows of results that are computed at once.
    template <class Step, std::size_t Most>
    static constexpr std::size_t count = is_direct<Step>
                                             ? Step::out.height
                                             : volume_rows_at_once(window<Step>, Step::at.input,
                                                                   Step::at.parameters[0].extents.size(),
                                                                   Most);
    template <class Step>
    static constexpr std::size_t inferred = count<Step, volume_elements_at_once>;
    /// More, as each part adds to all gradients of weights.
    template <class Step>
    static constexpr std::size_t trained = count<Step, 2 * volume_elements_at_once>;

    /// The convolution of an image that makes `Count` rows of results.
    template <class Step, std::size_t Count>
    static constexpr kernels::conv2d_geometry part = [] {
        kernels::conv2d_geometry g{Step::in, Step::out, rows<Step>.win, Step::at.groups};
        g.out.height = Count;
        if (is_direct<Step>) return g;
        g.in = rows<Step>.copied(Count);
        g.win.kernel_height = g.win.stride_height = rows<Step>.taps();
        g.win.dilation_height = 1, g.win.pad_top = 0;
        return g;
    }();
    /// For the gradient of weights: where the gradient of the result lies.
    template <class Step>
    static constexpr kernels::conv2d_backward_geometry weight_part = [] {
        kernels::conv2d_backward_geometry g{part<Step, trained<Step>>, grad_out_image<Step>, {}};
        g.grad_out.height = trained<Step>;
        g.grad_in = kernels::dense_image(g.forward.in.height, g.forward.in.width, g.forward.in.channels);
        return g;
    }();
    /// For that of the input: with the zeros that the kernel wants around it.
    template <class Step>
    static constexpr kernels::conv2d_backward_geometry input_part = [] {
        kernels::conv2d_backward_geometry g = weight_part<Step>;
        const kernels::halo around = kernels::backward_halo(g.forward);
        g.grad_out = kernels::halo_image(trained<Step>, Step::out.width, Step::out.channels, around.top,
                                         around.left, around.bottom, around.right);
        return g;
    }();

    template <class Step, class T>
    static constexpr std::size_t prepared_size =
        kernels::conv2d_weights<part<Step, inferred<Step>>, T>::prepared_size;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        kernels::conv2d_weights<part<Step, inferred<Step>>, T>::prepare(logical, prepared);
    }

    /// Some samples forward. `copies` has room for the rows of a part.
    template <class Step, std::size_t Count, bool Biased, bool Prepared, class T, class Epilogue>
    static void forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                        kernels::range samples, T* copies, T* workspace) {
        constexpr kernels::conv2d_geometry g = part<Step, Count>;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t first = 0; first < Step::out.height; first += Count) {
                const T* from = in + n * Step::in.sample_stride;
                if constexpr (!is_direct<Step>) {
                    kernels::copy_volume_rows<rows<Step>>(in, n, first, Count, copies);
                    from = copies;
                }
                T* const to = out + n * Step::out.sample_stride + first * Step::out.row_stride;
                const part_epilogue<Epilogue> finish{epilogue, n, first};
                if constexpr (kernels::has_many_lanes)
                    kernels::conv2d_forward<g, T, Prepared>(from, weights, bias, to, finish, {0, 1},
                                                            workspace);
                else
                    kernels::conv2d_patches_forward<g, kernels::no_pooling, g.out, kernels::patch_pooling::no,
                                                    Biased, activation_chain<>>(from, weights, bias, to,
                                                                                finish, {0, 1});
            }
    }
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(inference_call<T> call, const Epilogue& epilogue) {
        constexpr kernels::conv2d_geometry g = part<Step, inferred<Step>>;
        using order = kernels::conv2d_weights<g, T, Prepared>;
        T workspace[kernels::has_many_lanes ? kernels::conv2d_forward_workspace<g, T> + 1 : 1];
        T weights[!kernels::has_many_lanes || Prepared || order::prepared_size == 0 ? 1
                                                                                    : order::prepared_size];
        if constexpr (kernels::has_many_lanes && !Prepared && order::prepared_size != 0) {
            order::prepare(call.weights, weights);
            call.weights = weights;
        }
        constexpr bool biased = inference_weights_of<typename Step::network>.steps[Step::index].has_bias();
        forward<Step, inferred<Step>, biased, Prepared>(call.in, call.weights, call.bias, call.out, epilogue,
                                                        call.samples, call.scratch, workspace);
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;
    template <class Step>
    static constexpr bool reads_input = trains<Step>;
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size = largest(
        {kernels::has_many_lanes ? kernels::conv2d_weights<part<Step, trained<Step>>, T>::prepared_size : 0,
         kernels::conv2d_transposed_weights<part<Step, trained<Step>>, T>::prepared_size});

    /// Rows that kernels read past the end of, as all that they are given.
    static constexpr std::size_t with_slack(std::size_t size) { return round_up(size + 64, arena_alignment); }
    template <class Step>
    static constexpr std::size_t copies_size = with_slack(
        largest({weight_part<Step>.grad_in.sample_stride, part<Step, trained<Step>>.in.sample_stride}));
    template <class Step>
    static constexpr std::size_t result_copies_size = with_slack(input_part<Step>.grad_out.sample_stride);
    template <class Step, class T>
    static constexpr std::size_t workspace_size =
        copies_size<Step> + result_copies_size<Step> +
        largest({kernels::conv2d_forward_workspace<part<Step, trained<Step>>, T>,
                 kernels::conv2d_backward_input_workspace<input_part<Step>, T>,
                 kernels::conv2d_backward_weights_workspace<weight_part<Step>, T>});

    /// Of a tensor among the network's parameters.
    template <class Step>
    static constexpr std::size_t offset(std::size_t tensor) {
        return parameters_of<typename Step::network>.offsets[Step::now.anchor][tensor];
    }

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const T* const bias = Layer::has_bias ? call.parameters + offset<Step>(1) : nullptr;
        const T* weights = call.parameters + offset<Step>(0);
        using order = kernels::conv2d_weights<part<Step, trained<Step>>, T>;
        if constexpr (kernels::has_many_lanes && order::prepared_size != 0) {
            order::prepare(weights, call.prepared);
            weights = call.prepared;
        }
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            T* const copies = call.workspace + thread * call.workspace_stride;
            forward<Step, trained<Step>, Layer::has_bias, true>(call.in, weights, bias, call.out, epilogue,
                                                                samples, copies, copies + copies_size<Step>);
        });
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        if constexpr (trains<Step>)
            call.run(kernels::conv2d_weight_tasks<weight_part<Step>, T>,
                     [&](kernels::range tasks, std::size_t thread) {
                         weight_gradient<Step>(call, tasks, call.workspace + thread * call.workspace_stride);
                     });
        if (!wants_input_gradient) return;
        kernels::conv2d_transposed_weights<part<Step, trained<Step>>, T>::prepare(
            call.parameters + offset<Step>(0), call.prepared);
        call.run(call.batch, [&](kernels::range samples, std::size_t thread) {
            for (std::size_t n = samples.first; n < samples.last; ++n)
                input_gradient<Step>(call, epilogue, n, call.workspace + thread * call.workspace_stride);
        });
    }

private:
    template <class Step, class T>
    static void weight_gradient(const training_call<T>& call, kernels::range tasks, T* copies) {
        T* const weights = call.gradients + offset<Step>(0);
        T* const bias = Layer::has_bias ? call.gradients + offset<Step>(1) : nullptr;
        constexpr kernels::image from = grad_out_image<Step>;
        for (std::size_t n = 0; n < call.batch; ++n)
            for (std::size_t first = 0; first < Step::out.height; first += trained<Step>) {
                const T* in = call.in + n * Step::in.sample_stride;
                if constexpr (!is_direct<Step>) {
                    kernels::copy_volume_rows<rows<Step>>(call.in, n, first, trained<Step>, copies);
                    in = copies;
                }
                kernels::conv2d_backward_weights<weight_part<Step>, T>(
                    in, call.grad_out + n * from.sample_stride + first * from.row_stride, weights, bias,
                    n + first != 0, 1, tasks, copies + copies_size<Step> + result_copies_size<Step>);
            }
    }
    template <class Step, class T, class Epilogue>
    static void input_gradient(const training_call<T>& call, const Epilogue& epilogue, std::size_t n,
                               T* copies) {
        constexpr kernels::image from = grad_out_image<Step>, to = grad_in_image<Step>;
        constexpr kernels::image all = input_part<Step>.grad_out;
        constexpr kernels::image given{trained<Step>,   from.width,         from.channels, from.pixel_stride,
                                       from.row_stride, from.sample_stride, from.offset};
        T* const results = copies + copies_size<Step>;
        T* const workspace = results + result_copies_size<Step>;
        const kernels::range one{n, n + 1};
        const auto zero = [](const kernels::lanes<T>&, const kernels::place&)
                              ARCHETYPE_INLINE_LAMBDA { return kernels::broadcast(T(0)); };
        if constexpr (!is_direct<Step>) kernels::map<to, to>(call.grad_in, call.grad_in, zero, one);
        for (std::size_t first = 0; first < Step::out.height; first += trained<Step>) {
            kernels::copy_with_ends<given, all>(
                call.grad_out + n * from.sample_stride + first * from.row_stride, results);
            kernels::conv2d_backward_input<input_part<Step>, T>(
                results, call.prepared, copies, kernels::identity_epilogue{}, {0, 1}, workspace);
            if constexpr (!is_direct<Step>)
                kernels::add_volume_rows<rows<Step>, to>(copies, n, first, trained<Step>, call.grad_in);
        }
        if constexpr (is_direct<Step>)
            kernels::map<input_part<Step>.grad_in, to>(copies, call.grad_in + n * to.sample_stride,
                                                       part_epilogue<Epilogue>{epilogue, n, 0}, {0, 1});
        else
            kernels::map<to, to>(call.grad_in, call.grad_in, epilogue, one);
    }

public:
    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T* bias) {
        constexpr bool biased = inference_weights_of<typename Step::network>.steps[Step::index].has_bias();
        constexpr volume_window w = window<Step>;
        constexpr std::size_t channels = Step::in.channels, filters = Step::out.channels,
                              inputs = channels / Step::at.groups, group_filters = filters / Step::at.groups;
        const auto cell = [](const window_axis& axis, std::size_t o, std::size_t k) {
            return o * axis.stride + k * axis.dilation - axis.before;
        };
        for (std::size_t o = 0; o < Step::out.height * Step::out.width; ++o) {
            const std::size_t x = o % w.columns.output, y = o / w.columns.output % w.rows.output,
                              z = o / w.columns.output / w.rows.output;
            for (std::size_t f = 0; f < filters; ++f) {
                T sum = biased ? bias[f] : T{};
                const T* tap = weights + f;
                for (std::size_t i = 0; i < w.depth.kernel; ++i)
                    for (std::size_t j = 0; j < w.rows.kernel; ++j)
                        for (std::size_t k = 0; k < w.columns.kernel; ++k, tap += inputs * filters) {
                            const std::size_t slice = cell(w.depth, z, i), row = cell(w.rows, y, j),
                                              column = cell(w.columns, x, k);
                            if (slice >= w.depth.input || row >= w.rows.input || column >= w.columns.input)
                                continue;
                            const T* const pixel =
                                in + ((slice * w.rows.input + row) * w.columns.input + column) * channels +
                                f / group_filters * inputs;
                            for (std::size_t c = 0; c < inputs; ++c) sum += pixel[c] * tap[c * filters];
                        }
                out[o * filters + f] = sum;
            }
        }
    }
};

template <std::size_t Filters, auto Kernel, class... Options>
struct lowering<conv3d<Filters, Kernel, Options...>>
    : volume_convolution<conv3d<Filters, Kernel, Options...>> {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
