// SPDX-License-Identifier: BSL-1.0
/// @file stream_layout.hpp
/// Where a stream keeps the values of its network: rings of past rows where a convolution reads them, else the rows of
/// one block, in memory that is used again.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/stream/forms/all.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Rows of values that share memory (`value::storage`). Row n of each of them is at the same place, whenever it comes.
struct stream_buffer {
    std::size_t row = 0;                   ///< elements between rows
    std::size_t before = 0, kept_row = 0;  ///< of a row: elements of a halo, then those that are remembered
    std::size_t rows = 1;                  ///< of one block, of the value that comes first
    std::size_t run = 1;                   ///< that are read or written one after the other
    std::size_t history = 0;               ///< rows before the block that are read, or written late
    std::size_t ring = none;   ///< its number among the rings: past rows, or a halo that stays zeros
    stream_timing timing{};    ///< of the value that comes first
    std::uint64_t offset = 0;  ///< in the state of the stream (ring), or in its working memory

    /// Rows of the ring.
    constexpr std::size_t length() const { return history + rows; }
    /// Rows in memory. The first rows of a ring stand once more behind it, so that neither a block nor a tap is cut
    /// wherever it begins.
    constexpr std::size_t room() const { return ring == none ? rows : length() + run - 1; }
    /// The first of `length()` rows that a tap reads, `back` rows before row `at` of the block at `position`.
    constexpr std::size_t row_before(std::size_t position, std::ptrdiff_t at, std::size_t back) const {
        const std::size_t found = position + length() + static_cast<std::size_t>(at) - back;
        return found >= length() ? found - length() : found;
    }
};

template <std::size_t Values, std::size_t Steps>
struct stream_layout {
    std::array<stream_buffer, Values> buffers{};   ///< by storage
    std::array<stream_timing, Values> timing{};    ///< by value
    std::array<std::uint64_t, Steps + 1> cells{};  ///< what each step remembers, in the state of the stream
    std::uint64_t state_elements = 0, working_elements = 0;
    std::uint64_t kept_elements = 0;  ///< of a state that is taken out: the same for blocks of any size
    std::size_t rings = 0;
};

/// The form of a step in a stream that computes with numbers of a kind: `void` for real numbers, or std::int8_t and
/// std::int16_t (integer_rows.hpp).
template <class Step, class Number>
struct stream_form_with {
    using type = stream_form_of<Step>;
};
template <class Step, class Number>
using stream_form_in = typename stream_form_with<Step, Number>::type;
template <class T>
using stream_number = std::conditional_t<std::is_integral_v<T>, T, void>;

/// What each step remembers.
template <class Net, class Number>
inline constexpr auto stream_states_of = [] {
    std::array<stream_state_size, stream_plan<Net>.step_count + 1> sizes{};
    for_each_step<Net, stream_goal<Net>>([&]<class Step>(Step) {
        sizes[Step::index] = stream_form_in<Step, Number>::template state_size<Step>;
    });
    return sizes;
}();

/// Rows of a value that come in a whole block.
constexpr std::size_t rows_of_block(const stream_timing& when, std::size_t block) {
    return block == 1 ? when.rows : block / when.period * when.rows;
}

/// One row of `a` is there before the same row of `b`.
constexpr bool some_come_before(const stream_timing& a, const stream_timing& b) {
    for (std::size_t n = 0; n < a.rows * b.period + b.rows * a.period; ++n)
        if (a.time_of(n) < b.time_of(n)) return true;
    return false;
}

/// When each value of the plan is there.
template <class Net, std::size_t Block>
constexpr auto stream_value_timing() {
    constexpr const auto& plan = stream_plan<Net>;
    std::array<stream_timing, plan.value_count> timing{};
    bool known[plan.value_count]{};
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        const std::size_t last = now.join != none ? now.join : now.anchor;
        stream_timing when = timing[now.from];
        if (!now.copies) when = stream_facts_of<Net, Block>.timing[last];
        timing[now.to] = when;
        for (std::size_t v = now.to; plan.values[v].is_part(); v = plan.values[v].whole) {
            const std::size_t whole = plan.values[v].whole;
            if (known[whole])
                wait_for(timing[whole], timing[v]);
            else
                timing[whole] = timing[v];
            known[whole] = true;
        }
        for (std::size_t v = 0; v < plan.value_count; ++v)
            if (plan.values[v].is_view()) timing[v] = timing[plan.values[v].view_of];
    }
    return timing;
}

template <class Net, std::size_t Block, class Number>
constexpr auto lay_out_stream() {
    constexpr const auto& plan = stream_plan<Net>;
    constexpr const auto& facts = unchecked_facts<Net>;
    stream_layout<plan.value_count, plan.step_count> layout;
    // g++ 12 takes elements that are made together for one: what is written to one shows in its neighbours.
    for (stream_buffer& buffer : layout.buffers) buffer = stream_buffer{};
    layout.timing = stream_value_timing<Net, Block>();
    std::array<std::size_t, plan.value_count> first{}, last{};
    for (std::size_t v = 0; v < plan.value_count; ++v) first[v] = plan.step_count, last[v] = 0;
    const auto use = [&](std::size_t v, std::size_t s) {
        const std::size_t at = plan.values[v].storage;
        first[at] = s < first[at] ? s : first[at];
        last[at] = s > last[at] ? s : last[at];
    };
    // A buffer goes with the first value that lies in it.
    const auto begin = [&](std::size_t v) {
        stream_buffer& buffer = layout.buffers[plan.values[v].storage];
        const bool is_first = first[plan.values[v].storage] == plan.step_count;
        if (is_first || (some_come_before(layout.timing[v], buffer.timing) &&
                         !some_come_before(buffer.timing, layout.timing[v])))
            buffer.timing = layout.timing[v];
    };
    begin(0);
    use(0, 0);
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        begin(plan.steps[s].to);
        use(plan.steps[s].to, s);
    }
    // Rows of `v` that a step reads or writes whose results come at `when`.
    const auto keep = [&](std::size_t v, const stream_timing& when, const row_way& way, std::size_t more) {
        stream_buffer& buffer = layout.buffers[plan.values[v].storage];
        const std::size_t history = rows_kept_for(when, way, buffer.timing) + more,
                          rows = rows_of_block(when, Block),
                          run = way.spread == 1 ? (rows - 1) * way.stride + 1 : rows / way.spread + 1;
        buffer.history = history > buffer.history ? history : buffer.history;
        buffer.run = run > buffer.run ? run : buffer.run;
    };
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        const stream_timing& when = layout.timing[now.to];
        use(now.from, s);
        const node& at = facts.nodes[now.anchor];
        if (now.copies)
            keep(now.from, when, {}, 0);
        else
            keep(now.from, when, row_way_of(at), history_of(at));
        keep(now.to, when, {}, 0);
        for (std::size_t i = 0; i < now.operand_count; ++i) {
            use(plan.operands[now.operand_first + i], s);
            keep(plan.operands[now.operand_first + i], when, {}, 0);
        }
        const stream_state_size& state = stream_states_of<Net, Number>[s];
        layout.cells[s] = layout.state_elements;
        layout.kept_elements += state.kept;
        layout.state_elements += round_up(state.room, arena_alignment);
    }
    for (const std::size_t v : plan.outputs) use(v, plan.step_count);
    piece pieces[plan.value_count]{};
    std::array<std::size_t, plan.value_count> owner{};
    std::size_t count = 0;
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        const value& stored = plan.values[v];
        if (stored.storage != v || first[v] > last[v]) continue;
        stream_buffer& buffer = layout.buffers[v];
        const bool has_columns = stored.extents.rank == 3;
        const std::size_t halo = has_columns ? stored.left + stored.right : 0;
        buffer.kept_row = stored.pixel_channels * (has_columns ? stored.extents.width() : 1);
        buffer.before = has_columns ? stored.left * stored.pixel_channels : 0;
        buffer.row = buffer.kept_row + halo * stored.pixel_channels;
        buffer.rows = rows_of_block(buffer.timing, Block);
        if (buffer.rows > buffer.run) buffer.run = buffer.rows;
        if (buffer.history != 0 || halo != 0) {
            buffer.ring = layout.rings++;
            layout.kept_elements += buffer.history * buffer.kept_row;
            buffer.offset = layout.state_elements;
            layout.state_elements += round_up(buffer.room() * buffer.row, arena_alignment);
        } else {
            owner[count] = v;
            pieces[count++] = {round_up(buffer.rows * buffer.row, arena_alignment), first[v], last[v]};
        }
    }
    layout.working_elements = place(pieces, count);
    for (std::size_t i = 0; i < count; ++i) layout.buffers[owner[i]].offset = pieces[i].offset;
    return layout;
}

template <class Net, std::size_t Block, class Number>
inline constexpr auto stream_layout_of = lay_out_stream<Net, Block, Number>();

/// `rows` rows of a value in `buffer`, as kernels see them that take it to have the shape `extents`. Its first element is
/// where the first row begins.
constexpr kernels::image stream_image(const value& v, const stream_buffer& buffer, const shape& extents,
                                      std::size_t rows) {
    if (extents.rank != 3)
        return {1, rows, extents.channels(), buffer.row, rows * buffer.row, rows * buffer.row, 0};
    const bool in_whole = v.pixel_channels != v.extents.channels() && v.pixel_channels != 0;
    const std::size_t pixel = in_whole ? v.pixel_channels : extents.channels();
    return {rows, extents.width(), extents.channels(), pixel, buffer.row, rows * buffer.row, 0};
}

/// A step whose values have the rows of one block instead of the whole sequence; or samples of `Rows` rows, for calls that
/// bring any number of them.
template <class Step, std::size_t Block, class Number, std::size_t Rows = none>
struct stream_step : Step {
    using network = typename Step::network;
    static constexpr const auto& plan = stream_plan<network>;
    static constexpr const auto& layout = stream_layout_of<network, Block, Number>;
    static constexpr std::size_t rows =
        Rows == none ? rows_of_block(layout.timing[Step::now.to], Block) : Rows;
    /// Rows are those of an image: {time, features, channels}, before or behind the step.
    static constexpr bool has_columns = Step::taken.rank == 3 || Step::result.rank == 3;
    template <std::size_t Value>
    static constexpr kernels::image image_as(const shape& extents) {
        return stream_image(plan.values[Value], layout.buffers[plan.values[Value].storage], extents, rows);
    }
    static constexpr kernels::image in = image_as<Step::now.from>(Step::taken),
                                    out = image_as<Step::now.to>(Step::result);
    /// Elements between rows.
    static constexpr std::size_t in_row = layout.buffers[plan.values[Step::now.from].storage].row,
                                 out_row = layout.buffers[plan.values[Step::now.to].storage].row;

    template <class T, class PlaceOf>
    static auto epilogue(const PlaceOf& place_of) {
        if constexpr (Step::now.join == none) {
            return typename Step::activations{};
        } else {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                using join = boost::mp11::mp_at_c<layers_of<network>, Step::now.join>;
                return joined_epilogue<T, join, comes_after_operand<join>(Step::now.join_position),
                                       typename Step::activations, typename Step::join_activations,
                                       kernels::stretch(image_as<plan.operands[Step::now.operand_first + I]>(
                                                            operand_shape<network>(Step::now, I)),
                                                        out)...>{
                    {place_of.template operator()<plan.operands[Step::now.operand_first + I]>()...}};
            }
            (std::make_index_sequence<Step::now.operand_count>{});
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
