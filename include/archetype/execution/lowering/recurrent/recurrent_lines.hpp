// SPDX-License-Identifier: BSL-1.0
/// @file recurrent_lines.hpp
/// Recurrent layers with `time_axis`: each line of an image or a volume along an axis is a sequence. Inference sees the lines
/// where they lie, as samples at other distances; training copies them one after the other.
#pragma once
#include <archetype/execution/lowering/recurrent/recurrent.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The layer for one sequence.
template <class Layer>
struct one_line : Layer {
    static constexpr bool is_along = false;
};

/// From a cell to the next one along an axis of a value.
struct axis_move {
    std::size_t y = 0, x = 0;  ///< of its image
    constexpr std::size_t distance(const kernels::image& of) const {
        return y * of.row_stride + x * of.pixel_stride;
    }
};
constexpr axis_move move_along(const shape& of, std::size_t axis) {
    if (axis + 2 == of.rank) return {0, 1};
    return {axis + 3 == of.rank ? 1 : of[axis + 1], 0};
}

/// Where the lines of a value lie: `inner` of them that are neighbours, `outer` times, of `steps` cells each.
struct line_moves {
    std::size_t outer = 1, inner = 1, steps = 1;
    axis_move to_outer{}, to_inner{}, to_step{};
    constexpr std::size_t lines() const { return outer * inner; }
    constexpr kernels::place place_of(std::size_t sample, std::size_t o, std::size_t i, std::size_t t,
                                      std::size_t channel) const {
        return {sample, o * to_outer.y + i * to_inner.y + t * to_step.y,
                o * to_outer.x + i * to_inner.x + t * to_step.x, channel};
    }
    constexpr std::size_t offset_of(const kernels::image& of, std::size_t sample, std::size_t o,
                                    std::size_t i, std::size_t t) const {
        return sample * of.sample_stride + of.offset + o * to_outer.distance(of) + i * to_inner.distance(of) +
               t * to_step.distance(of);
    }
};
/// Of the axes of `of` that stand for those of `in` but for time, which `of` may lack.
constexpr line_moves lines_of(const shape& of, const shape& in, std::size_t time) {
    line_moves made;
    std::size_t lines[2]{}, count = 0;  // axes of `of`
    const bool has_time = of.rank == in.rank;
    for (std::size_t a = 0; a + 1 < in.rank; ++a)
        if (a != time) lines[count++] = a - (has_time || a < time ? 0 : 1);
    if (count > 0) made.inner = of[lines[count - 1]], made.to_inner = move_along(of, lines[count - 1]);
    if (count > 1) made.outer = of[lines[0]], made.to_outer = move_along(of, lines[0]);
    if (has_time) made.steps = of[time], made.to_step = move_along(of, time);
    return made;
}

/// Lines as samples of an image, wherever they lie.
constexpr kernels::image line_image(const line_moves& moves, const kernels::image& of) {
    return {1,
            moves.steps,
            of.channels,
            moves.to_step.distance(of),
            moves.steps * of.channels,
            moves.to_inner.distance(of),
            0};
}

/// What is done to results, which lines make.
template <class Epilogue>
struct line_epilogue {
    const Epilogue& epilogue;
    const line_moves& moves;
    std::size_t sample, outer;
    template <class Lanes>
    ARCHETYPE_INLINE Lanes operator()(const Lanes& value, const kernels::place& at) const {
        return epilogue(value, moves.place_of(sample, outer, at.sample, at.x, at.channel));
    }
};

template <class Step>
inline constexpr std::size_t time_of_lines = time_axis_of(Step::at.input, Step::layer::options.time_axis);
template <class Step>
inline constexpr line_moves lines_read = lines_of(Step::at.input, Step::at.input, time_of_lines<Step>);
template <class Step>
inline constexpr line_moves lines_made = lines_of(Step::at.output, Step::at.input, time_of_lines<Step>);
/// Steps whose samples are lines: where they lie, and one after the other.
template <class Step>
struct lying_lines : Step {
    static constexpr kernels::image in = line_image(lines_read<Step>, Step::in),
                                    out = line_image(lines_made<Step>, Step::out);
};
template <class Step>
struct copied_lines : Step {
    static constexpr kernels::image in = kernels::dense_image(1, lines_read<Step>.steps, Step::in.channels),
                                    out = kernels::dense_image(1, lines_made<Step>.steps, Step::out.channels);
};
template <class Step>
inline constexpr kernels::image grad_out_image<copied_lines<Step>> = copied_lines<Step>::out;
template <class Step>
inline constexpr kernels::image grad_in_image<copied_lines<Step>> = copied_lines<Step>::in;

template <class Layer>
requires(Layer::role == layer_role::recurrent && Layer::is_along) struct lowering<Layer> {
    using line = lowering<one_line<Layer>>;
    template <class Step>
    using lying = lying_lines<Step>;
    template <class Step>
    using copied = copied_lines<Step>;

    template <class Step, class T>
    static constexpr std::size_t prepared_size = line::template prepared_size<lying<Step>, T>;
    template <class Step, class T>
    static void prepare(const T* logical, T* prepared) {
        line::template prepare<lying<Step>, T>(logical, prepared);
    }
    template <class Step, class T, bool Prepared, class Epilogue>
    static void infer(const inference_call<T>& call, const Epilogue& epilogue) {
        each_line<Step>(call, epilogue, [](const auto& own, const auto& behind) {
            line::template infer<lying<Step>, T, Prepared>(own, behind);
        });
    }
    template <class Step, class T, bool Prepared, class Call, class Matrix, class Epilogue>
    static void infer_with(const Call& call, const cell_weights<T, Matrix>& weights,
                           const Epilogue& epilogue) {
        each_line<Step>(call, epilogue, [&](const auto& own, const auto& behind) {
            line::template infer_with<lying<Step>, T, Prepared>(own, weights, behind);
        });
    }

    template <class Step>
    static constexpr std::size_t saved_size = 0;
    static constexpr bool skips_frozen = true;
    /// Copies of a line: its input, the gradient of that, its results or their gradient.
    template <class Step>
    static constexpr std::size_t in_size = copied<Step>::in.size();
    template <class Step>
    static constexpr std::size_t out_size = copied<Step>::out.size();
    template <class Step>
    static constexpr std::size_t saved_sample_size = lines_read<Step>.lines() *
                                                     (2 * in_size<Step> + out_size<Step> +
                                                      line::template saved_sample_size<copied<Step>>);
    template <class Step, class T>
    static constexpr std::size_t training_prepared_size =
        line::template training_prepared_size<copied<Step>, T>;
    template <class Step, class T>
    static constexpr std::size_t workspace_size = line::template workspace_size<copied<Step>, T>;

    template <class Step, class T, class Epilogue>
    static void train(const training_call<T>& call, const Epilogue& epilogue) {
        const training_call<T> own =
            call_of_copies<in_size<Step>, out_size<Step>>(call, lines_read<Step>.lines());
        copy<Step::in, lines_read<Step>>(call, call.in, const_cast<T*>(own.in));
        line::template train<copied<Step>>(own, kernels::identity_epilogue{});
        spread<Step::out, lines_made<Step>>(call, own.out, call.out, epilogue);
    }
    template <class Step, class T, class Epilogue>
    static void backward(const training_call<T>& call, const Epilogue& epilogue, bool wants_input_gradient) {
        const training_call<T> own =
            call_of_copies<in_size<Step>, out_size<Step>>(call, lines_read<Step>.lines());
        copy<grad_out_image<Step>, lines_made<Step>>(call, call.grad_out, const_cast<T*>(own.grad_out));
        line::template backward<copied<Step>>(own, kernels::identity_epilogue{}, wants_input_gradient);
        if (wants_input_gradient)
            spread<grad_in_image<Step>, lines_read<Step>>(call, own.grad_in, call.grad_in, epilogue);
    }

    template <class Step, class T>
    static constexpr void reference(const T* in, T* out, const T* weights, const T*) {
        reference_observed<Step>(in, out, weights, [](const T*) {});
    }
    template <class Step, class T, class Observer>
    static constexpr void reference_observed(const T* in, T* out, const T* weights, const Observer& observe) {
        constexpr kernels::image from = image_of(value{}, Step::at.input),
                                 to = image_of(value{}, Step::at.output);
        std::array<T, in_size<Step>> sequence{};
        std::array<T, out_size<Step>> results{};
        for (std::size_t o = 0; o < lines_read<Step>.outer; ++o)
            for (std::size_t i = 0; i < lines_read<Step>.inner; ++i) {
                for (std::size_t k = 0; k < in_size<Step>; ++k)
                    sequence[k] =
                        in[lines_read<Step>.offset_of(from, 0, o, i, k / from.channels) + k % from.channels];
                line::template reference_observed<copied<Step>>(sequence.data(), results.data(), weights,
                                                                observe);
                for (std::size_t k = 0; k < out_size<Step>; ++k)
                    out[lines_made<Step>.offset_of(to, 0, o, i, k / to.channels) + k % to.channels] =
                        results[k];
            }
    }

private:
    template <class Step, class Call, class Epilogue, class Run>
    static void each_line(const Call& call, const Epilogue& epilogue, const Run& run) {
        for (std::size_t n = call.samples.first; n < call.samples.last; ++n)
            for (std::size_t o = 0; o < lines_read<Step>.outer; ++o) {
                Call own = call;
                own.in += lines_read<Step>.offset_of(Step::in, n, o, 0, 0);
                own.out += lines_made<Step>.offset_of(Step::out, n, o, 0, 0);
                own.samples = {0, lines_read<Step>.inner};
                run(own, line_epilogue<Epilogue>{epilogue, lines_made<Step>, n, o});
            }
    }

    /// visit(place in the value, place in the copy, sample, outer, inner, step) for each cell of some samples.
    template <kernels::image Of, line_moves Moves, class Visit>
    static void each_cell(kernels::range samples, const Visit& visit) {
        std::size_t at = samples.first * Moves.lines() * Moves.steps * Of.channels;
        for (std::size_t n = samples.first; n < samples.last; ++n)
            for (std::size_t o = 0; o < Moves.outer; ++o)
                for (std::size_t i = 0; i < Moves.inner; ++i)
                    for (std::size_t t = 0; t < Moves.steps; ++t, at += Of.channels)
                        visit(Moves.offset_of(Of, n, o, i, t), at, Moves.place_of(n, o, i, t, 0));
    }
    template <kernels::image Of, line_moves Moves, class T>
    static void copy(const training_call<T>& call, const T* from, T* to) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            each_cell<Of, Moves>(samples, [&](std::size_t cell, std::size_t at, const kernels::place&) {
                __builtin_memcpy(to + at, from + cell, Of.channels * sizeof(T));
            });
        });
    }
    template <kernels::image Of, line_moves Moves, class T, class Epilogue>
    static void spread(const training_call<T>& call, const T* from, T* to, const Epilogue& epilogue) {
        call.run(call.batch, [&](kernels::range samples, std::size_t) {
            each_cell<Of, Moves>(samples, [&](std::size_t cell, std::size_t at, kernels::place where) {
                for (std::size_t c = 0; c < Of.channels; c += kernels::lane_count<T>) {
                    where.channel = c;
                    const std::size_t left = Of.channels - c;
                    kernels::store_partial(to + cell + c,
                                           kernels::lanes<T>(epilogue(kernels::load(from + at + c), where)),
                                           left < kernels::lane_count<T> ? left : kernels::lane_count<T>);
                }
            });
        });
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
