// SPDX-License-Identifier: BSL-1.0
/// @file narrow_rows.hpp
/// How rows of a stream are made with weights of 8 bits and real numbers: sums are those of the whole sequence, bit for bit.
#pragma once
#include <archetype/execution/integers/weight_quantized_inference.hpp>
#include <archetype/execution/stream/stream_parts.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The forms of a stream whose weights are `int8_weights`.
struct narrow_kind {};

template <class Step>
inline constexpr int8_tensors narrow_tensors_of = [] {
    if constexpr (Step::now.copies || inference_index<Step> == none)
        return int8_tensors{};
    else
        return int8_weights_of<typename Step::network>.steps[inference_index<Step>];
}();
template <class Step>
inline constexpr bool has_narrow_matrix = [] {
    for (const int8_tensor& tensor : narrow_tensors_of<Step>.tensors)
        if (tensor.is_matrix()) return true;
    return false;
}();

/// The weights of a step with matrices of 8 bits.
template <class Step>
struct narrow_step_weights {
    int8_weights_view view;
    static constexpr const int8_tensors& own = narrow_tensors_of<Step>;
    ARCHETYPE_INLINE kernels::int8_columns<float> matrix(std::size_t i) const {
        return view.matrix(own.tensors[i]);
    }
    ARCHETYPE_INLINE const float* vector(std::size_t i) const { return view.vector(own.tensors[i]); }
};

/// Where a step finds its weights and bias.
template <class Step>
ARCHETYPE_INLINE auto narrow_weights_of(const int8_weights_view& view) {
    if constexpr (has_narrow_matrix<Step>)
        return narrow_step_weights<Step>{view};
    else
        return narrow_tensors_of<Step>.count == 0 ? nullptr : view.vector(narrow_tensors_of<Step>.tensors[0]);
}
template <class Step>
ARCHETYPE_INLINE const float* narrow_bias_of(const int8_weights_view& view) {
    constexpr int8_tensors own = narrow_tensors_of<Step>;
    return stream_weights<Step>.has_bias() ? view.vector(own.tensors[own.count - 1]) : nullptr;
}
/// What an object refers to, or what its type names.
struct referred_narrow_weights {
    using kind = narrow_kind;
    int8_weights_view view;
    template <class Step>
    ARCHETYPE_INLINE auto weights_of() const {
        return narrow_weights_of<Step>(view);
    }
    template <class Step>
    ARCHETYPE_INLINE const float* bias_of() const {
        return narrow_bias_of<Step>(view);
    }
};
template <const auto& Weights>
struct linked_narrow_weights {
    using kind = narrow_kind;
    template <class Step>
    ARCHETYPE_INLINE static auto weights_of() {
        return narrow_weights_of<Step>({Weights.weights, Weights.numbers});
    }
    template <class Step>
    ARCHETYPE_INLINE static const float* bias_of() {
        return narrow_bias_of<Step>({Weights.weights, Weights.numbers});
    }
};

/// A form of real numbers with weights that are read where they are, by a layer that begins at nothing.
template <class Form>
struct with_narrow_weights : Form {
    template <class Step, class>
    static constexpr std::size_t prepared_size = 0;
    template <class Step, class Weights>
    static void prepare(const Weights&, float*) {}
    template <class Step, class Weights>
    static void start(const Weights&, float*) {}
};

/// Layers whose rows do not know of each other: by the form that runs whole sequences.
struct narrow_row_form : with_narrow_weights<row_stream_form> {
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using row = typename Call::template samples_of<1>;
        const narrow_call<row, inference_index<row>> narrow{
            call.weights.view, call.in(), call.out, call.bias, nullptr, {call.missing, rows}};
        integer_form_of<row>::template infer_narrow<row>(narrow, call.template epilogue<row>());
    }
};

/// Convolutions and dense layers: panels of 8-bit weights, in the order of the kernel for small processors.
struct narrow_contraction_form : with_narrow_weights<contraction_stream_form> {
    template <class Step>
    struct product : stream_contraction<Step, float> {
        static constexpr kernels::stream_geometry geometry = [] {
            kernels::stream_geometry made = stream_contraction<Step, float>::geometry;
            made.channels_first = false;
            made.narrow = true;
            return made;
        }();
    };
    template <class Step, class>
    static constexpr std::size_t prepared_size = (stream_contraction<Step, float>::room + sizeof(float) - 1) /
                                                 sizeof(float);
    template <class Step, class Weights>
    static void prepare(const Weights& weights, float* prepared) {
        if constexpr (product<Step>::geometry.packed)
            kernels::pack_stream_weights<product<Step>::geometry, float>(
                weights.matrix(0).weights, reinterpret_cast<std::int8_t*>(prepared));
    }
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        using own = product<typename Call::step>;
        const auto matrix = call.weights.matrix(0);
        const std::int8_t* weights = matrix.weights;
        if constexpr (own::geometry.packed) weights = reinterpret_cast<const std::int8_t*>(call.prepared());
        run_product<own>(call, rows, weights, kernels::stream_scales<float>{matrix.scales, call.bias});
    }
};

/// Transposed convolutions, whose weights stay as they are: with the sums of the kernel that reads them so.
struct narrow_transposed_form : with_narrow_weights<transposed_stream_form> {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        constexpr kernels::stream_spread spread = [] {
            kernels::stream_spread made = geometry<typename Call::step, float>;
            made.order = kernels::spread_order::apart;
            made.packed = false;
            return made;
        }();
        run_spread<spread>(call, rows, static_cast<const float*>(call.weights));
    }
};

/// The weights of a recurrent layer.
template <class Layer, class Weights>
ARCHETYPE_INLINE cell_weights<float, kernels::int8_columns<float>> narrow_cell_of(const Weights& weights) {
    return recurrent_weights<Layer, float>::template as_they_are<kernels::int8_columns<float>>(
        [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA { return weights.matrix(i); },
        [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA { return weights.vector(i); });
}

/// What remembers a state: one step of the whole sequence's after another.
template <class Layer>
struct narrow_framed_form : with_narrow_weights<framed_stream_form<Layer>> {
    template <class Step>
    using frames =
        stream_frames<Layer, float, features_read<Layer, Step>,
                      framed_stream_form<Layer>::template lines<Step>, kernels::int8_columns<float>>;
    template <class Step, class Weights>
    static void start(const Weights& weights, float* state) {
        frames<Step>::start(narrow_cell_of<Layer>(weights), state);
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        framed_stream_form<Layer>::template run_frames<frames<typename Call::step>>(
            call, rows, narrow_cell_of<Layer>(call.weights));
    }
};
/// What goes along each frame.
template <class Layer>
struct narrow_frame_by_frame_form : with_narrow_weights<frame_by_frame_stream_form<Layer>> {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        const auto weights = narrow_cell_of<Layer>(call.weights);
        frame_by_frame_stream_form<Layer>::each_frame(
            call, rows, weights.kernel, [&](const auto& own, const auto& epilogue) {
                lowering<one_line<Layer>>::template infer_with<step_of_frame<typename Call::step>, float,
                                                               false>(own, weights, epilogue);
            });
    }
};
/// What goes back from the end of each block.
template <class Layer>
struct narrow_block_form : with_narrow_weights<block_stream_form<Layer>> {
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        const auto weights = narrow_cell_of<Layer>(call.weights);
        block_stream_form<Layer>::each_block(
            call, rows, weights.kernel, [&](const auto& own, const auto& row) {
                return lowering<Layer>::template run_block_with<typename Call::step, float, false>(
                    own, weights, row);
            });
    }
};

template <class Step>
struct narrow_form {
    using type = narrow_row_form;
};
template <class Step>
requires std::is_base_of_v<contraction_stream_form, stream_form_of<Step>>
struct narrow_form<Step> {
    using type = narrow_contraction_form;
};
template <class Step>
requires(Step::layer::role == layer_role::recurrent) struct narrow_form<Step> {
    using layer = typename Step::layer;
    using type =
        std::conditional_t<layer::is_in_blocks, narrow_block_form<layer>,
                           std::conditional_t<goes_through_time<layer, Step>, narrow_framed_form<layer>,
                                              narrow_frame_by_frame_form<layer>>>;
};
template <class Step>
requires has_narrow_matrix<Step>
struct stream_form_with<Step, narrow_kind> : narrow_form<Step> {
};
template <class Step>
requires std::is_base_of_v<transposed_stream_form, stream_form_of<Step>>
struct stream_form_with<Step, narrow_kind> {
    using type = narrow_transposed_form;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
