// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_lines.hpp
/// Recurrent layers in streams by the kernels of whole sequences: where h is projected or sums are normalized, where each
/// column of a frame is a sequence in time, and where each frame has sequences of its own.
#pragma once
#include <archetype/execution/stream/forms/recurrent.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One time step of `Lines` sequences. Their states lie one after the other, then follows room to work in.
template <class Layer, class T, std::size_t Features, std::size_t Lines, class Matrix = const T*>
struct stream_frames {
    using frame = recurrent_frame<Layer, T>;
    using weights_of = recurrent_weights<Layer, T>;
    static constexpr cell_facts facts = Layer::structure;
    using cell = cell_weights<T, Matrix>;
    /// Matrices of other types are read where they are.
    static constexpr bool packed = kernels::lane_count<T> > 1 && std::is_pointer_v<Matrix>;
    static constexpr std::size_t weights_room =
        packed || has_wide_vectors ? weights_of::template forward_size<Features> + weights_of::copied_size
                                   : 0;
    static constexpr std::size_t state_columns = facts.recurrent_blocks * Layer::units;

    static constexpr std::size_t begin_of(std::size_t s) {
        return s == 0 ? 0 : stream_pad(Lines * Layer::results) + (s - 1) * stream_pad(Lines * Layer::units);
    }
    /// Where the rows that a step works on begin.
    struct rows {
        std::size_t gates = 0, read = 0, raw = 0, sums = 0, passed = 0, mask = 0, size = 0;
    };
    static constexpr rows at = [] {
        rows made;
        std::size_t next = begin_of(facts.states);
        const auto reserve = [&next](std::size_t& first, std::size_t size) {
            first = next;
            next += stream_pad(Lines * size);
        };
        reserve(made.gates, frame::row);
        reserve(made.read, facts.reads ? Layer::units : 0);
        reserve(made.raw, Layer::is_projected ? Layer::units : 0);
        reserve(made.sums, Layer::is_normalized ? state_columns : 0);
        reserve(made.passed, Layer::is_normalized ? state_columns : 0);
        reserve(made.mask, Layer::is_masked ? 1 : 0);
        made.size = next;
        return made;
    }();

    static void start(const cell& weights, T* state) {
        for (std::size_t s = 0; s < facts.states; ++s)
            for (std::size_t n = 0; n < Lines; ++n)
                for (std::size_t u = 0; u < Layer::state_units(s); ++u)
                    state[begin_of(s) + n * Layer::state_units(s) + u] =
                        weights.initial_state != nullptr ? weights.initial_state[Layer::state_begin(s) + u]
                                                         : T(0);
    }

    /// @param in, out  of the first line; the others are at these distances
    template <class Epilogue>
    static void step(const cell& weights, const T* in, std::size_t in_distance, T* state, T* out,
                     std::size_t out_distance, const kernels::place& first, const Epilogue& epilogue) {
        using kernels::multiply_rows;  // and what goes with other matrices
        cell_frame<T, facts.states> f;
        f.gates = f.sums.input = state + at.gates;
        f.read = f.sums.read = state + at.read;
        f.raw = state + at.raw;
        f.sums.state = state + at.sums, f.sums.passed = state + at.passed;
        f.mask = state + at.mask;
        for (std::size_t s = 0; s < facts.states; ++s) f.before[s] = f.after[s] = state + begin_of(s);
        if constexpr (Layer::is_masked)
            for (std::size_t n = 0; n < Lines; ++n)
                state[at.mask + n] = skips_step<Layer, Features>(in + n * in_distance) ? T(0) : T(1);
        multiply_rows<Features, frame::columns, packed>(
            kernels::row_grid{1, in_distance, 0, frame::row, 0}, in, weights.kernel, frame::columns,
            Layer::is_normalized ? static_cast<const T*>(nullptr) : weights.bias, f.gates,
            kernels::identity_epilogue{}, {0, Lines});
        frame::template forward<packed>(weights, f, {0, Lines});
        for (std::size_t n = 0; n < Lines; ++n)
            for (std::size_t u = 0; u < Layer::results; u += kernels::lane_count<T>)
                kernels::store_partial(
                    out + n * out_distance + u,
                    kernels::lanes<T>(epilogue(kernels::load(state + n * Layer::results + u),
                                               kernels::place{0, first.y, first.x + n, u})),
                    Layer::results - u < kernels::lane_count<T> ? Layer::results - u
                                                                : kernels::lane_count<T>);
    }
};

template <class Layer, class Step>
inline constexpr std::size_t features_read = features_among<Layer>(Step::at.input.channels());

/// What remembers a state, of one sequence or of one for each column of a frame.
template <class Layer>
struct framed_stream_form : row_stream_form {
    template <class Step>
    static constexpr std::size_t lines = Step::at.input.rank == 3 ? Step::at.input.width() : 1;
    template <class Step, class T>
    using rows_of = stream_frames<Layer, T, features_read<Layer, Step>, lines<Step>>;
    template <class Step, class T>
    static cell_weights<T> cell_of(const T* weights) {
        return recurrent_weights<Layer, T>::folded(weights, Step::at);
    }
    // What is remembered does not depend on the numbers' type.
    template <class Step>
    static constexpr stream_state_size state_size{lines<Step> * Layer::all_states,
                                                  rows_of<Step, float>::at.size};
    static constexpr bool starts_at_zeros = !Layer::has_initial_state;
    template <class Step, class T>
    static void start(const T* weights, T* state) {
        rows_of<Step, T>::start(cell_of<Step>(weights), state);
    }
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        for (std::size_t s = 0; s < Layer::structure.states; ++s)
            visit(state + rows_of<Step, float>::begin_of(s), lines<Step> * Layer::state_units(s));
    }
    template <class Step, class T>
    static constexpr std::size_t prepared_size = rows_of<Step, T>::weights_room;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        if constexpr (rows_of<Step, T>::packed)
            recurrent_weights<Layer, T>::template prepare<features_read<Layer, Step>>(cell_of<Step>(weights),
                                                                                      prepared);
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using Step = typename Call::step;
        using T = typename Call::number;
        using row = rows_of<Step, T>;
        if constexpr (row::packed)
            run_frames<row>(
                call, rows,
                recurrent_weights<Layer, T>::template prepared<features_read<Layer, Step>>(call.prepared()));
        else
            run_frames<row>(call, rows, cell_of<Step>(call.weights));
    }

protected:
    template <class Frames, class Call, class Rows>
    static void run_frames(const Call& call, const Rows& rows, const typename Frames::cell& weights) {
        using Step = typename Call::step;
        const auto epilogue = call.epilogue();
        constexpr bool is_image = Step::at.input.rank == 3;
        for (std::size_t r = call.missing; r < rows; ++r)
            Frames::step(weights, call.in() + r * Step::in_row, Step::in.pixel_stride, call.state(),
                         call.out + r * Step::out_row, Step::out.pixel_stride,
                         is_image ? kernels::place{0, r, 0, 0} : kernels::place{0, 0, r, 0}, epilogue);
    }
};

/// A frame as a sequence.
template <class Step>
struct step_of_frame : Step {
    static constexpr kernels::image in{
        1, Step::in.width, Step::in.channels, Step::in.pixel_stride, Step::in_row, Step::in_row, 0};
    static constexpr bool keeps_columns = Step::at.output.rank == 3;
    static constexpr kernels::image out{1,
                                        keeps_columns ? Step::out.width : 1,
                                        Step::out.channels,
                                        keeps_columns ? Step::out.pixel_stride : Step::out.channels,
                                        Step::out_row,
                                        Step::out_row,
                                        0};
};

/// The matrices of a layer that runs as whole sequences do, in its kernels' order.
template <class Layer>
struct whole_layer_stream_form : row_stream_form {
    template <class T>
    static constexpr bool packed = kernels::lane_count<T> > 1;
    template <class Step, class T>
    static constexpr std::size_t prepared_size =
        packed<T> || has_wide_vectors
            ? recurrent_weights<Layer, T>::template forward_size<features_read<Layer, Step>> +
                  recurrent_weights<Layer, T>::copied_size
            : 0;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        if constexpr (packed<T>)
            recurrent_weights<Layer, T>::template prepare<features_read<Layer, Step>>(
                recurrent_weights<Layer, T>::folded(weights, Step::at), prepared);
    }
};

/// What goes along each frame and remembers nothing behind it.
template <class Layer>
struct frame_by_frame_stream_form : whole_layer_stream_form<Layer> {
    using line = lowering<one_line<Layer>>;
    // A stream's memory for states is where the layer works.
    template <class Step>
    static constexpr stream_state_size state_size{
        0, stream_pad(static_cast<std::size_t>(Step::at.scratch_elements))};
    template <class Step, class T, class Visit>
    static void for_state(T*, const Visit&) {}
    /// A result of a frame is one of the row's.
    template <class Epilogue>
    struct epilogue_of_row {
        const Epilogue& epilogue;
        std::size_t row;
        bool keeps_columns;
        template <class Lanes>
        ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const kernels::place& at) const {
            return epilogue(value, keeps_columns ? kernels::place{0, row, at.x, at.channel}
                                                 : kernels::place{0, 0, row, at.channel});
        }
    };
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        constexpr bool packed = whole_layer_stream_form<Layer>::template packed<T>;
        const T* const weights = packed ? call.prepared() : call.weights;
        each_frame(call, rows, weights, [](const auto& own, const auto& epilogue) {
            line::template infer<step_of_frame<typename Call::step>, T, packed>(own, epilogue);
        });
    }

protected:
    template <class Call, class Rows, class Weights, class Infer>
    static void each_frame(const Call& call, const Rows& rows, const Weights& weights, const Infer& infer) {
        using Step = typename Call::step;
        const auto epilogue = call.epilogue();
        for (std::size_t r = call.missing; r < rows; ++r)
            infer(inference_call<typename Call::number, Weights>{call.in() + r * Step::in_row,
                                                                 call.out + r * Step::out_row,
                                                                 weights,
                                                                 call.bias,
                                                                 call.state(),
                                                                 {0, 1}},
                  epilogue_of_row<decltype(epilogue)>{epilogue, r, Step::at.output.rank == 3});
    }
};

/// Whether a layer goes along time, or along each frame.
template <class Layer, class Step>
inline constexpr bool goes_through_time =
    !Layer::is_along || time_axis_of(Step::at.input, Layer::options.time_axis) == 0;
template <class Layer, class Step>
struct form_of_lines : std::conditional_t<goes_through_time<Layer, Step>, framed_stream_form<Layer>,
                                          frame_by_frame_stream_form<Layer>> {};

/// A block of the reversed layer when all its rows are there. Its results are remembered: where another branch lets its rows go one
/// by one, so do they.
template <class Layer>
struct block_stream_form : whole_layer_stream_form<Layer> {
    using blocks = lowering<Layer>;
    // The layer works around what it remembers.
    template <class Step>
    static constexpr stream_state_size state_size{
        static_cast<std::size_t>(Step::at.state_elements),
        stream_pad(static_cast<std::size_t>(Step::at.scratch_elements))};
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        visit(state + blocks::template in_size<Step>, static_cast<std::size_t>(Step::at.state_elements));
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        using T = typename Call::number;
        constexpr bool packed = whole_layer_stream_form<Layer>::template packed<T>;
        const T* const weights = packed ? call.prepared() : call.weights;
        each_block(call, rows, weights, [](const auto& own, const auto& row) {
            blocks::template run_block<typename Call::step, T, packed>(own, row);
        });
    }

protected:
    template <class Call, class Rows, class Weights, class Run>
    static void each_block(const Call& call, const Rows& rows, const Weights& weights, const Run& run) {
        using Step = typename Call::step;
        using T = typename Call::number;
        const auto epilogue = call.epilogue();
        const T* const results = call.state() + blocks::template in_size<Step>;
        for (std::size_t r = call.missing; r < rows; ++r) {
            const std::size_t row = step_of_row(call, r), first = row / Layer::block * Layer::block;
            if (row == first)
                run(inference_call<T, Weights>{nullptr, nullptr, weights, call.bias, call.state(), {0, 1}},
                    [&](std::size_t i) { return call.in_row(static_cast<std::ptrdiff_t>(first + i)); });
            for (std::size_t u = 0; u < Layer::results; u += kernels::lane_count<T>)
                kernels::store_partial(
                    call.out + r * Step::out_row + u,
                    kernels::lanes<T>(epilogue(kernels::load(results + (row - first) * Layer::results + u),
                                               kernels::place{0, 0, r, u})),
                    Layer::results - u < kernels::lane_count<T> ? Layer::results - u
                                                                : kernels::lane_count<T>);
        }
    }
};

template <class Layer>
requires(Layer::role == layer_role::recurrent && Layer::is_in_blocks) struct stream_form<Layer>
    : block_stream_form<Layer> {
};

template <class Layer>
requires(Layer::role == layer_role::recurrent && !Layer::is_in_blocks &&
         (Layer::is_along || Layer::is_projected || Layer::is_normalized)) struct stream_form<Layer>
    : row_stream_form {
    template <class Step>
    static constexpr stream_state_size state_size = form_of_lines<Layer, Step>::template state_size<Step>;
    static constexpr bool starts_at_zeros = !Layer::has_initial_state;
    template <class Step, class T>
    static void start(const T* weights, T* state) {
        form_of_lines<Layer, Step>::template start<Step>(weights, state);
    }
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        form_of_lines<Layer, Step>::template for_state<Step>(state, visit);
    }
    template <class Step, class T>
    static constexpr std::size_t prepared_size = form_of_lines<Layer, Step>::template prepared_size<Step, T>;
    template <class Step, class T>
    static void prepare(const T* weights, T* prepared) {
        form_of_lines<Layer, Step>::template prepare<Step>(weights, prepared);
    }
    template <class Call, class Rows>
    static void run(const Call& call, const Rows& rows) {
        form_of_lines<Layer, typename Call::step>::run(call, rows);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
