// SPDX-License-Identifier: BSL-1.0
/// @file integer_rows.hpp
/// How the layers of a network in 8 or 16 bits run through time: what the form with integers does to a whole sequence is done
/// to some of its rows, so that nothing is computed otherwise.
#pragma once
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/stream/stream_layout.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The layer whose step makes value `v` of a plan, through copies and slices; `none` for the input.
template <class Plan>
constexpr std::size_t maker_of(const Plan& plan, std::size_t v) {
    while (plan.values[v].is_view()) v = plan.values[v].view_of;
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        if (now.to != v) continue;
        return now.copies ? maker_of(plan, now.from) : now.anchor;
    }
    return none;
}
/// Copies for the same layer of what the same layer made.
template <class Plan>
constexpr bool copies_alike(const Plan& plan, std::size_t s, std::size_t anchor, std::size_t maker) {
    return plan.steps[s].copies && plan.steps[s].anchor == anchor &&
           maker_of(plan, plan.steps[s].from) == maker;
}
/// The step of `other` that copies what step `s` of `plan` does, the first for the first; `none` if there is none.
template <class Plan, class Other>
constexpr std::size_t same_copy(const Plan& plan, std::size_t s, const Other& other) {
    const std::size_t anchor = plan.steps[s].anchor, maker = maker_of(plan, plan.steps[s].from);
    std::size_t before = 0, found = 0;
    for (std::size_t i = 0; i < s; ++i) before += copies_alike(plan, i, anchor, maker);
    for (; found < other.step_count; ++found)
        if (copies_alike(other, found, anchor, maker) && before-- == 0) return found;
    return none;
}

/// The step at inference whose integers a step of a stream reads; `none` for copies and poolings that are none there.
template <class Step>
inline constexpr std::size_t integer_index = [] {
    using network = typename Step::network;
    if constexpr (Step::goal == purpose::inference)
        return Step::index;
    else if constexpr (Step::now.copies)
        return same_copy(stream_plan<network>, Step::index, inference_plan<network>);
    else
        return inference_index<Step>;
}();
/// The step at inference that pools on the fly what a step of a stream pools.
template <class Step>
inline constexpr std::size_t pooling_index = [] {
    const auto& plan = inference_plan<typename Step::network>;
    std::size_t s = 0;
    while (s < plan.step_count && plan.steps[s].pool != Step::now.anchor) ++s;
    return s;
}();

/// A step without the pooling that it does on the fly.
constexpr step without_pooling(step now) {
    now.pool = none;
    now.pool_activation_first = now.pool_activation_last = none;
    return now;
}

/// What step `Whole` of inference does, to rows of a stream.
template <class Whole, kernels::image In, kernels::image Out, kernels::image Operand>
struct integer_rows_step : Whole {
    using whole = Whole;
    static constexpr step now = without_pooling(Whole::now);
    static constexpr kernels::image in = In, out = Out, operand = Operand;
};

/// The rows of its input that one or several rows of a layer's results read, one after the other: as many as the window has
/// taps, or all that the windows of neighbours cover.
struct row_window {
    window_axis rows;                 ///< of time, in a window of rows that are all there
    std::size_t count = 1;            ///< rows of the window
    std::size_t left = 0, right = 0;  ///< zeros beside them
    bool has_columns = false;
    kernels::image image{};
};

/// @tparam Step  whose `in` is an image of rows of the stream
/// @tparam Whole  the step at inference
/// @param results  rows that are made at once
template <class Step, class Whole>
constexpr row_window window_of_rows(std::size_t results) {
    constexpr const node& at = Step::at;
    constexpr const window_axis &time = time_window(at), &columns = at.window.columns;
    constexpr bool multiplies = at.role == layer_role::contraction;
    row_window made;
    made.has_columns = at.input.rank == 3;
    made.rows = time;
    made.rows.before = made.rows.after = 0;
    if (results == 1) made.rows.dilation = made.rows.stride = 1;
    made.count = (results - 1) * made.rows.stride + made.rows.reach();
    if (made.has_columns && multiplies) {
        made.left = columns.before;
        made.right = overhang(columns, columns.output);
    }
    const std::size_t width = made.has_columns ? Step::in.width + made.left + made.right : made.count,
                      channels = Step::in.channels, height = made.has_columns ? made.count : 1;
    // Weights are packed for runs of a patch: where the whole sequence has one for each tap, the window has, too.
    const std::size_t dilation = made.has_columns ? columns.dilation : made.rows.dilation;
    std::size_t pixel = channels;
    if (multiplies && at.groups == 1 && dilation == 1 &&
        (columns.dilation != 1 || Whole::in.pixel_stride != channels))
        pixel += 4;
    made.image = {height, width, channels, pixel, width * pixel, height * width * pixel, 0};
    return made;
}

/// `integer_rows_step` for a layer whose window slides over time; `Window` rows, none of which is padding.
template <class Whole, row_window Window, kernels::image Out, kernels::image Operand>
struct integer_window_step : integer_rows_step<Whole, Window.image, Out, Operand> {
    static constexpr node at = [] {
        node changed = Whole::at;
        window_axis& columns = changed.window.columns;
        if (Window.has_columns) {
            changed.window.rows = Window.rows;
            columns.before = columns.after = 0;
        } else {
            columns = Window.rows;
        }
        return changed;
    }();
};
/// The same for a pooling, which knows where its padding is.
template <class Whole, row_window Window, kernels::image Out, kernels::image Operand>
struct integer_pooling_step : integer_rows_step<Whole, Window.image, Out, Operand> {
    static constexpr kernels::pool2d pooling = [] {
        kernels::pool2d g = lowering<typename Whole::layer>::template geometry<Whole::in, Whole::out>;
        g.in = Window.image;
        g.out = Out;
        if (Window.has_columns) {
            g.win.kernel_height = Window.rows.kernel;
            g.win.stride_height = Window.rows.stride;
            g.win.dilation_height = Window.rows.dilation;
            g.win.pad_top = g.pad_bottom = 0;
        } else {
            g.win.kernel_width = Window.rows.kernel;
            g.win.stride_width = Window.rows.stride;
            g.win.dilation_width = Window.rows.dilation;
            g.win.pad_left = g.pad_right = 0;
        }
        return g;
    }();
};

/// The form of a step in a stream of integers.
template <class Own>
struct integer_stream_form : row_stream_form {
    using network = typename Own::network;
    static constexpr bool copies_plainly = Own::now.copies && integer_index<Own> == none,
                          pools_alone = !Own::now.copies && integer_index<Own> == none;
    using whole = step_of<network, purpose::inference,
                          pools_alone      ? pooling_index<Own>
                          : copies_plainly ? 0
                                           : integer_index<Own>>;
    using form = integer_form_of<whole>;
    static constexpr const node& at = Own::at;
    static constexpr bool slides = !Own::now.copies && slides_over_time(at),
                          makes_rows = !Own::now.copies && (at.is_transposed || at.repeats_cells);
    static constexpr std::size_t remembered = [] {
        if constexpr (pools_alone || Own::now.copies)
            return std::size_t{};
        else
            return std::size_t{form::template remembered<whole>};
    }();

    template <class Step>
    static constexpr stream_state_size state_size{remembered, remembered};
    static constexpr bool starts_at_zeros = remembered == 0;
    template <weight_order Order, class T>
    static void start(const std::int32_t* words, T* state) {
        if constexpr (remembered != 0)
            form::start(integer_call<whole, Order, T>{words, nullptr, nullptr, nullptr},
                        static_cast<void*>(state));
    }
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        visit(state, remembered);
    }
    template <class Step, class T>
    static void prepare(const std::int32_t*, T*) {}

    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        // Several neighbours at once, as kernels take them, then single ones.
        constexpr std::size_t most = Call::block_rows < 16 ? Call::block_rows : 16;
        constexpr std::size_t several =
            remembered != 0 || Call::step::has_columns || makes_rows || !overlaps(most) ? 1 : most;
        std::size_t r = call.missing;
        if constexpr (several > 1)
            for (; r + several <= rows; r += several) run_some<several>(call, r);
        for (; r < rows; ++r) run_some<1>(call, r);
    }

private:
    /// Whether `results` neighbours read fewer rows together than one after the other: not with holes between taps.
    static constexpr bool overlaps(std::size_t results) {
        if (!slides) return true;
        const window_axis& time = time_window(at);
        return (results - 1) * time.stride + time.reach() <= results * time.kernel;
    }
    template <class Call>
    static constexpr weight_order order = Call::weights_type::order;
    template <class T>
    static constexpr T* no_scratch = [] {
        static_assert(whole::at.scratch_elements == 0, "a layer that needs scratch has no form in streams");
        return nullptr;
    }();

    /// The other value of a join, as it lies beside `Rows` rows.
    template <class Call, std::size_t Rows>
    static constexpr kernels::image operand_image = [] {
        using some = typename Call::template samples_of<Rows>;
        if constexpr (Own::now.operand_count == 0)
            return kernels::image{};
        else
            return some::template image_as<stream_plan<network>.operands[Own::now.operand_first]>(
                operand_shape<network>(Own::now, 0));
    }();
    template <class Call>
    ARCHETYPE_INLINE static auto operand_of(const Call& call, std::size_t r) {
        const typename Call::number* place = nullptr;
        if constexpr (Own::now.operand_count != 0) {
            constexpr std::size_t v = stream_plan<network>.operands[Own::now.operand_first];
            place = call.template place_beside<v>() + r * Call::template row_of<v>;
        }
        return place;
    }

    /// `Rows` rows of results from row `r` of the call on.
    template <std::size_t Rows, class Call>
    static void run_some(const Call& call, std::size_t r) {
        using T = typename Call::number;
        using some = typename Call::template samples_of<Rows>;
        T* const out = call.out + r * Call::step::out_row;
        [[maybe_unused]] const T* const operand = operand_of(call, r);
        constexpr kernels::image beside = operand_image<Call, Rows>;
        if constexpr (slides) {
            slide<Rows>(call, r, out, operand);
        } else if constexpr (makes_rows) {
            make_row<integer_rows_step<whole, some::in, some::out, beside>>(call, r, out, operand);
        } else {
            const T* const in = call.in() + r * Call::step::in_row;
            if constexpr (copies_plainly) {
                copy_quantized<some::in, some::out>(in, out);
            } else if constexpr (remembered != 0) {
                using step = integer_rows_step<whole, some::in, some::out, beside>;
                const integer_call<step, order<Call>, T> row{call.weights, in, out, nullptr};
                form::run_row(row, static_cast<void*>(call.state()));
                finish_integer_step(row, operand);
            } else {
                run_integer_step<integer_rows_step<whole, some::in, some::out, beside>, order<Call>>(
                    call.weights, in, out, no_scratch<T>, operand);
            }
        }
    }

    /// One of several rows that are made of one, or of the rows before it: `Step` has one row.
    template <class Step, class Call, class T>
    static void make_row(const Call& call, std::size_t r, T* out, const T* operand) {
        const std::size_t n = step_of_row(call, r);
        if constexpr (at.is_transposed) {
            const integer_call<Step, order<Call>, T> row{call.weights, nullptr, out, nullptr};
            form::run_spread(
                row,
                [&](std::size_t from) -> const T* {
                    return from == static_cast<std::size_t>(-1)
                               ? nullptr
                               : call.in_row(static_cast<std::ptrdiff_t>(from));
                },
                n);
            finish_integer_step(row, operand);
        } else {
            constexpr std::size_t times = row_way_of(at).spread;
            run_integer_step<Step, order<Call>>(call.weights,
                                                call.in_row(static_cast<std::ptrdiff_t>(n / times)), out,
                                                no_scratch<T>, operand);
        }
    }

    template <std::size_t Rows, class Call>
    static void slide(const Call& call, std::size_t r, typename Call::number* out,
                      const typename Call::number* operand) {
        using T = typename Call::number;
        using some = typename Call::template samples_of<Rows>;
        constexpr row_window window = window_of_rows<some, whole>(Rows);
        constexpr kernels::image beside = operand_image<Call, Rows>;
        constexpr const window_axis& time = time_window(at);
        // Rows before the first are padding.
        std::size_t absent = 0;
        if constexpr (time.before != 0) {
            const std::size_t begin = step_of_row(call, r) * time.stride,
                              spread = Rows == 1 ? time.dilation : 1;
            if (begin < time.before) absent = (time.before - begin + spread - 1) / spread;
        }
        alignas(read_slack != 0 ? 64 : 4) T rows[window.image.sample_stride + read_slack];
        if constexpr (at.role == layer_role::contraction) {
            gather<Rows, window>(call, r, absent, static_cast<T>(zero_point<T>(call.weights)), rows);
            run_integer_step<integer_window_step<whole, window, some::out, beside>, order<Call>>(
                call.weights, rows, out, no_scratch<T>, operand);
        } else {
            pool<Rows, window, beside>(call, r, absent, rows, out, operand);
        }
    }

    template <class T>
    ARCHETYPE_INLINE static std::int32_t zero_point(const std::int32_t* words) {
        if constexpr (pools_alone)
            return 0;  // of no padding
        else
            return block_of<T>(words).zero_point(whole::now.from);
    }

    /// Copies the rows of a window; those that are absent, and the columns beside the image, are `blank`.
    template <std::size_t Rows, row_window Window, class Call, class T>
    static void gather(const Call& call, std::size_t r, std::size_t absent, T blank, T* to) {
        constexpr window_axis time = time_window(at);
        constexpr std::size_t taps = Rows == 1 ? time.kernel : time.reach(),
                              row = Window.has_columns ? Window.image.row_stride : Window.image.pixel_stride,
                              in_row = Call::step::in_row;
        const T* found[taps];
        call.taps(found, Rows == 1 ? time.dilation : 1);
        if constexpr (Window.left + Window.right != 0 || time.before != 0)
            if (Window.left + Window.right != 0 || absent != 0)
                for (std::size_t i = 0; i < Window.image.sample_stride; ++i) to[i] = blank;
        for (std::size_t k = absent; k < Window.count; ++k) {
            const T* const from =
                (k < taps ? found[k] : found[taps - 1] + (k + 1 - taps) * in_row) + r * time.stride * in_row;
            copy_row<Window, Call>(from, to + k * row + Window.left * Window.image.pixel_stride);
        }
    }
    template <row_window Window, class Call, class T>
    ARCHETYPE_INLINE static void copy_row(const T* from, T* to) {
        using one = typename Call::template samples_of<1>;
        constexpr kernels::image in = one::in;
        constexpr std::size_t width = Window.has_columns ? in.width : 1;
        if constexpr (width == 1 ||
                      (in.pixel_stride == in.channels && Window.image.pixel_stride == in.channels))
            __builtin_memcpy(to, from, width * in.channels * sizeof(T));
        else
            for (std::size_t x = 0; x < width; ++x)
                __builtin_memcpy(to + x * Window.image.pixel_stride, from + x * in.pixel_stride,
                                 in.channels * sizeof(T));
    }

    /// Of a pooling: padding that does not count makes windows shorter.
    template <std::size_t Rows, row_window Window, kernels::image Beside, class Call, class T>
    static void pool(const Call& call, std::size_t r, std::size_t absent, T* rows, T* out, const T* operand) {
        using layer = typename Own::layer;
        using some = typename Call::template samples_of<Rows>;
        constexpr bool largest = layer::result == pool_result::largest;
        constexpr bool counts_padding = lowering<layer>::template geometry<Own::in, Own::out>.count_padding,
                       shortens = !largest && !counts_padding && time_window(at).before != 0;
        if constexpr (shortens && Rows != 1) {
            for (std::size_t i = 0; i < Rows; ++i) run_some<1>(call, r + i);
        } else {
            gather<Rows, Window>(
                call, r, absent,
                largest ? std::numeric_limits<T>::min() : static_cast<T>(zero_point<T>(call.weights)), rows);
            bool is_done = false;
            if constexpr (shortens)
                for_each_number<Window.count - 1>([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
                    if (absent != I + 1) return;
                    constexpr row_window shorter = shortened<Window>(I + 1);
                    constexpr std::size_t row =
                        Window.has_columns ? Window.image.row_stride : Window.image.pixel_stride;
                    pool_window<shorter, some::out, Beside>(call, rows + (I + 1) * row, out, operand);
                    is_done = true;
                });
            if (!is_done) pool_window<Window, some::out, Beside>(call, rows, out, operand);
        }
    }
    template <row_window Window>
    static constexpr row_window shortened(std::size_t by) {
        row_window made = Window;
        made.rows.kernel -= by;
        made.count -= by;
        (made.has_columns ? made.image.height : made.image.width) -= by;
        return made;
    }
    template <row_window Window, kernels::image Out, kernels::image Beside, class Call, class T>
    static void pool_window(const Call& call, const T* rows, T* out, const T* operand) {
        if constexpr (pools_alone) {
            using step = integer_pooling_step<Own, Window, Out, Beside>;
            using made = integer_call<whole, order<Call>, T>;
            kernels::int8_pool2d<step::pooling, Own::layer::result == pool_result::largest>(
                rows, out, 0, made{call.weights, rows, out, nullptr}.second_table());
        } else {
            run_integer_step<integer_pooling_step<whole, Window, Out, Beside>, order<Call>>(
                call.weights, rows, out, no_scratch<T>, operand);
        }
    }
};

template <class Step>
struct stream_form_with<Step, std::int8_t> {
    using type = integer_stream_form<Step>;
};
template <class Step>
struct stream_form_with<Step, std::int16_t> {
    using type = integer_stream_form<Step>;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
