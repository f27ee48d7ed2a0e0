// SPDX-License-Identifier: BSL-1.0
/// @file stream_form.hpp
/// What a layer must provide to run through time, some rows of a sequence at a time: a specialization of `stream_form`,
/// beside that of `lowering`. Layers that see one row at a time need none.
#pragma once
#include <archetype/architecture/streaming.hpp>
#include <archetype/execution/lowering/all.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What the steps of a stream are those of. Where values wait for one another, and in images, each has its own place.
template <class Net>
inline constexpr purpose stream_goal =
    unchecked_facts<Net>.input.rank == 3 || stream_facts_of<Net, 1>.waits ? purpose::streaming
                                                                          : purpose::inference;
template <class Net>
inline constexpr const auto& stream_plan = plan_of<Net, stream_goal<Net>>();

/// The step at inference of the same layer: that of its weights. `none` for poolings that are part of another there.
template <class Step>
inline constexpr std::size_t inference_index = [] {
    if (Step::goal == purpose::inference || Step::now.copies) return Step::index;
    const auto& plan = inference_plan<typename Step::network>;
    std::size_t s = 0;
    while (s < plan.step_count && (plan.steps[s].copies || plan.steps[s].anchor != Step::now.anchor)) ++s;
    return s == plan.step_count ? none : s;
}();
template <class Step>
using inference_step = step_of<typename Step::network, purpose::inference, inference_index<Step>>;
/// Where a step of a stream finds its weights.
template <class Step>
inline constexpr step_weights stream_weights = [] {
    if constexpr (Step::now.copies || inference_index<Step> == none)
        return step_weights{};
    else
        return inference_weights_of<typename Step::network>.steps[inference_index<Step>];
}();

/// Elements that a vector of `size` takes where vectors of any width are stored whole.
constexpr std::size_t stream_pad(std::size_t size) {
    return has_wide_vectors ? round_up(size, arena_alignment) : size;
}

/// Elements that a step remembers, and their room in memory. Past rows of the input that a window reads
/// (`history_of`) are not among them: streams keep those.
struct stream_state_size {
    std::size_t kept = 0, room = 0;
};

/// How a layer runs in a stream; the defaults, which a form inherits and hides: each row by itself, by the layer's
/// lowering. A `Step` here is one whose values have the rows of a block (`stream_step`), or those of the whole sequence
/// (`Step::whole`).
struct row_stream_form {
    static constexpr bool is_given = true;
    template <class Step>
    static constexpr stream_state_size state_size{};
    /// What is remembered is zeros before the first row.
    static constexpr bool starts_at_zeros = true;
    template <class Step, class T>
    static void start(const T* /* weights */, T* /* state */) {}
    /// visit(first, count) for each piece of what is remembered: `kept` elements, the same on all machines.
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        visit(state, state_size<Step>.kept);
    }

    /// Weights in another order, 0 for none.
    template <class Step, class T>
    static constexpr std::size_t prepared_size = 0;
    template <class Step, class T>
    static void prepare(const T* /* weights */, T* /* prepared */) {}

    /// Makes `rows` rows (a number, or a constant), but for the first `call.missing`, which are not there yet. `call` has
    /// `in()` and `out`, whose rows are `step::in_row` and `step::out_row` apart, `in_row(n)`, `weights`, `bias`, `prepared()`, `state()`, `first_row()` (how many rows came before, `absent_rows` that
    /// never were there among them), `taps(...)`
    /// (past rows) and the `epilogue()` of results: epilogue(value, place{0, 0, row, channel}).
    template <class Call, class Rows>
    ARCHETYPE_INLINE static void run(const Call& call, const Rows& rows) {
        if constexpr (Call::step::has_columns) {  // each row of an image fills vectors
            infer<typename Call::template samples_of<1>>(call, {0, rows});
        } else if constexpr (Call::template is_whole<Rows>) {
            infer<typename Call::step>(call, {0, 1});
        } else {
            // Samples of several rows fill vectors, the others are samples of one row.
            constexpr std::size_t several = !has_wide_vectors || Call::step::out.channels >= 16 ? 1
                                            : Call::block_rows < 16 ? Call::block_rows
                                                                    : 16;
            if constexpr (several > 1)
                infer<typename Call::template samples_of<several>>(call, {0, rows / several});
            infer<typename Call::template samples_of<1>>(call,
                                                         {several > 1 ? rows - rows % several : 0, rows});
        }
    }

private:
    template <class Step, class Call>
    ARCHETYPE_INLINE static void infer(const Call& call, kernels::range samples) {
        lowering_of<Step>::template infer<Step, typename Call::number, false>(
            {call.in(), call.out, call.weights, call.bias, nullptr, samples}, call.template epilogue<Step>());
    }
};

/// A layer that remembers the `layer_facts::state_elements` it tells of, zeros before the first row.
struct state_stream_form : row_stream_form {
    template <class Step>
    static constexpr stream_state_size state_size{Step::at.state_elements, Step::at.state_elements};
    template <class Step, class T, class Visit>
    static void for_state(T* state, const Visit& visit) {
        visit(state, state_size<Step>.kept);
    }
};

/// The epilogue for row `row` of an image, in kernels that take its columns for rows of a sequence.
template <class Epilogue>
struct row_columns_epilogue {
    const Epilogue& next;
    std::size_t row;
    template <class Lanes>
    ARCHETYPE_INLINE auto operator()(const Lanes& value, kernels::place at) const {
        at.y = row;
        return next(value, at);
    }
};

/// The time step of row `r` of a call: rows that never were there do not count.
template <class Call>
ARCHETYPE_INLINE std::size_t step_of_row(const Call& call, std::size_t r) {
    return static_cast<std::size_t>(call.first_row() + r - Call::absent_rows);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET {

/// The form in a stream of a layer of one's own: to be specialized (extend.hpp). Without a specialization its rows do not know
/// of each other.
template <class Layer>
struct stream_form : detail::row_stream_form {
    static constexpr bool is_given = false;
};

}  // namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The form of a layer in a stream: of the library's own layers here, of others in `extend`.
template <class Layer>
struct stream_form : extend::stream_form<Layer> {};

/// The form of a step: of its layer, or a copy.
template <class Step>
struct step_stream_form {
    using type = stream_form<typename Step::layer>;
};
template <class Step>
requires(Step::now.copies) struct step_stream_form<Step> {
    using type = row_stream_form;
};
template <class Step>
using stream_form_of = typename step_stream_form<Step>::type;

/// The first layer of `Net` that remembers past rows and has no form that says how; `none` if there is none.
template <class Net>
inline constexpr std::size_t layer_without_stream_form = [] {
    std::size_t found = none;
    for_each_step<Net, stream_goal<Net>>([&]<class Step>(Step) {
        if (!stream_form_of<Step>::is_given && found == none && !Step::now.copies &&
            (Step::at.state_elements != 0 || Step::at.block != 0 || slides_over_time(Step::at) ||
             Step::at.is_transposed))
            found = Step::now.anchor;
    });
    return found;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
