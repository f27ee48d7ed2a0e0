// SPDX-License-Identifier: BSL-1.0
/// @file contraction.hpp
/// Convolutions over time and dense layers in streams: products with rows of the past.
#pragma once
#include <archetype/execution/lowering/stream_form.hpp>
#include <archetype/kernels/time/stream_product.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The product of a step for one block.
template <class Step, class T>
struct stream_contraction {
    static constexpr const node& at = Step::at;
    static constexpr const window_axis& time = at.window.columns;
    static constexpr bool slides = at.has_window;
    static constexpr kernels::conv2d_geometry whole = contraction_lowering::geometry<typename Step::whole>;
    static constexpr kernels::stream_geometry geometry{
        .rows = Step::out.width,
        .taps = slides ? time.kernel : 1,
        .inputs = Step::in.channels,
        .filters = Step::out.channels,
        .groups = at.groups,
        .in_step = Step::in.pixel_stride * (slides ? time.stride : 1),
        .out_step = Step::out.pixel_stride,
        .channels_first = !whole.depthwise() && kernels::conv2d_weights<whole, T>::sliding,
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
            kernels::pack_stream_weights<stream_contraction<Step, T>::geometry>(weights, prepared);
    }
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        using product = stream_contraction<typename Call::step, T>;
        const T* taps[product::geometry.taps];
        call.taps(taps, product::geometry.taps == 1 ? 0 : product::time.dilation);
        kernels::stream_product<product::geometry>(taps,
                                                   product::geometry.packed ? call.prepared() : call.weights,
                                                   call.bias, call.out, rows, call.epilogue());
    }
};

template <std::size_t Filters, std::size_t Kernel, class... Options>
struct stream_form<conv1d<Filters, Kernel, Options...>> : contraction_stream_form {};
template <std::size_t Kernel, class... Options>
struct stream_form<depthwise_conv1d<Kernel, Options...>> : contraction_stream_form {};
template <std::size_t Units, class... Options>
struct stream_form<dense<Units, Options...>> : contraction_stream_form {};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
