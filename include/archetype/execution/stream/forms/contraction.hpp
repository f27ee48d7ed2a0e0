// SPDX-License-Identifier: BSL-1.0
/// @file contraction.hpp
/// Convolutions over time and dense layers in streams: products with rows of the past.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_product.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The product of a step: for one block of a sequence, or for one row of an image, whose columns are then its rows.
template <class Step, class T>
struct stream_contraction {
    static constexpr const node& at = Step::at;
    static constexpr bool slides = at.has_window, has_columns = Step::has_columns;
    static constexpr const window_axis& time = time_window(at);
    static constexpr const window_axis& columns = at.window.columns;
    static constexpr kernels::conv2d_geometry whole = contraction_lowering::inferred<inference_step<Step>>;
    /// Taps in a row of an image.
    static constexpr std::size_t row_taps = slides && has_columns ? columns.kernel : 1,
                                 time_taps = slides ? time.kernel : 1;
    static constexpr kernels::stream_geometry geometry{
        .rows = Step::out.width,
        .taps = time_taps * row_taps,
        .inputs = Step::in.channels,
        .filters = Step::out.channels,
        .groups = at.groups,
        .in_step = Step::in.pixel_stride * (slides ? columns.stride : 1),
        .out_step = Step::out.pixel_stride,
        .channels_first = !whole.depthwise() && kernels::conv2d_weights<whole, T>::sliding,
        .tap_rows = has_columns ? time_taps : 1,
        .packed = kernels::lane_count<T> > 1};
    static constexpr std::size_t room = has_wide_vectors ? kernels::stream_weights_room<[] {
        kernels::stream_geometry packed = geometry;
        packed.packed = true;
        return packed;
    }()>
                                                         : 0;
};

struct contraction_stream_form : row_stream_form {
    template <class Step, class T>
    static constexpr std::size_t prepared_size = stream_contraction<Step, T>::room;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        if constexpr (stream_contraction<Step, T>::geometry.packed)
            kernels::pack_stream_weights<stream_contraction<Step, T>::geometry, T>(weights, prepared);
    }
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using product = stream_contraction<typename Call::step, T>;
        run_product<product>(call, rows, product::geometry.packed ? call.prepared() : call.weights,
                             call.bias);
    }

protected:
    template <class Product, class Call, class Rows, class Weight, class Filters>
    ARCHETYPE_INLINE static void run_product(const Call& call, const Rows& rows, const Weight* weights,
                                             const Filters& filters) {
        using T = typename Call::number;
        const T* taps[Product::time_taps];
        call.taps(taps, Product::time_taps == 1 ? 0 : Product::time.dilation);
        if constexpr (!Product::has_columns)
            kernels::stream_product<Product::geometry>(taps, weights, filters, call.out, rows,
                                                       call.epilogue());
        else
            for (std::size_t r = call.missing; r < rows; ++r)
                run_row<Product>(call, taps, weights, filters, r);
    }

private:
    /// One row of an image.
    template <class product, class Call, class T, std::size_t Taps, class Weight, class Filters>
    static void run_row(const Call& call, const T* const (&rows)[Taps], const Weight* weights,
                        const Filters& filters, std::size_t r) {
        using step = typename Call::step;
        constexpr auto pixel = static_cast<std::ptrdiff_t>(step::in.pixel_stride);
        const T* taps[product::geometry.taps];
        for (std::size_t k = 0; k < product::geometry.taps; ++k) {
            const T* const row =
                rows[k / product::row_taps] + r * (product::slides ? product::time.stride : 1) * step::in_row;
            taps[k] = row;
            if constexpr (product::slides)
                taps[k] += (static_cast<std::ptrdiff_t>(k % product::row_taps * product::columns.dilation) -
                            static_cast<std::ptrdiff_t>(product::columns.before)) *
                           pixel;
        }
        const auto epilogue = call.epilogue();
        kernels::stream_product<product::geometry>(
            taps, weights, filters, call.out + r * step::out_row,
            std::integral_constant<std::size_t, product::geometry.rows>{},
            row_columns_epilogue<decltype(epilogue)>{epilogue, r});
    }
};

template <std::size_t Filters, std::size_t Kernel, class... Options>
struct stream_form<conv1d<Filters, Kernel, Options...>> : contraction_stream_form {};
template <std::size_t Kernel, class... Options>
struct stream_form<depthwise_conv1d<Kernel, Options...>> : contraction_stream_form {};
template <std::size_t Filters, auto Kernel, class... Options>
struct stream_form<conv2d<Filters, Kernel, Options...>> : contraction_stream_form {};
template <auto Kernel, class... Options>
struct stream_form<depthwise_conv2d<Kernel, Options...>> : contraction_stream_form {};
template <std::size_t Units, class... Options>
struct stream_form<dense<Units, Options...>> : contraction_stream_form {};

/// As the convolution whose other weights are zero.
template <auto Kernel, auto Table, class... Options>
struct stream_form<conv2d_table<Kernel, Table, Options...>> : contraction_stream_form {
    using floating = lowering<conv2d_table<Kernel, Table, Options...>>;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        if constexpr (stream_contraction<Step, T>::geometry.packed) {
            T all[floating::all_weights + 4 * kernels::lane_count<T>];
            floating::expand(weights, all);
            contraction_stream_form::prepare<Step>(static_cast<const T*>(all), prepared);
        }
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using product = stream_contraction<typename Call::step, T>;
        if constexpr (product::geometry.packed) {
            contraction_stream_form::run(call, rows);
        } else {
            T all[floating::all_weights + 4 * kernels::lane_count<T>];
            floating::expand(call.weights, all);
            run_product<product>(call, rows, static_cast<const T*>(all), call.bias);
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
