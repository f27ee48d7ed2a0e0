// SPDX-License-Identifier: BSL-1.0
/// @file stream_layout.hpp
/// Where a stream keeps the values of its network: rings of past rows where a convolution reads them, else the rows of
/// one block, in memory that is used again.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/stream/forms/all.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Rows of values that share memory (`value::storage`).
struct stream_buffer {
    std::size_t row = 0;      ///< elements between rows
    std::size_t rows = 1;     ///< of one block
    std::size_t history = 0;  ///< rows before the block that are read; with any it is a ring
    std::size_t ring = none;  ///< its number among the rings
    stream_timing timing{};
    std::uint64_t offset = 0;  ///< in the state of the stream (ring), or in its working memory

    /// Rows of the ring.
    constexpr std::size_t length() const { return history + rows; }
    /// Rows in memory. The first rows of a ring stand once more behind it, so that neither a block nor a tap is cut
    /// wherever it begins.
    constexpr std::size_t room() const { return ring == none ? rows : length() + rows - 1; }
    /// The first of `length()` rows that a tap reads, `back` rows before row `at` of the block at `position`.
    constexpr std::size_t row_before(std::size_t position, std::size_t at, std::size_t back) const {
        const std::size_t found = position + length() + at - back;
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

/// What each step remembers.
template <class Net>
inline constexpr auto stream_states_of = [] {
    std::array<stream_state_size, inference_plan<Net>.step_count + 1> sizes{};
    for_each_step<Net, purpose::inference>(
        [&]<class Step>(Step) { sizes[Step::index] = stream_form_of<Step>::template state_size<Step>; });
    return sizes;
}();

template <class Net, std::size_t Block>
constexpr auto lay_out_stream() {
    constexpr const auto& plan = inference_plan<Net>;
    constexpr const auto& facts = unchecked_facts<Net>;
    stream_layout<plan.value_count, plan.step_count> layout;
    // g++ 12 takes elements that are made together for one: what is written to one shows in its neighbours.
    for (stream_buffer& buffer : layout.buffers) buffer = stream_buffer{};
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        layout.timing[now.to] =
            now.copies ? layout.timing[now.from] : stream_facts_of<Net, Block>.timing[now.anchor];
        for (std::size_t v = now.to; plan.values[v].is_part(); v = plan.values[v].whole)
            layout.timing[plan.values[v].whole] = layout.timing[now.to];
    }
    for (std::size_t v = 0; v < plan.value_count; ++v)
        if (plan.values[v].is_view()) layout.timing[v] = layout.timing[plan.values[v].view_of];
    std::array<std::size_t, plan.value_count> first{}, last{};
    for (std::size_t v = 0; v < plan.value_count; ++v) first[v] = plan.step_count, last[v] = 0;
    const auto use = [&](std::size_t v, std::size_t s) {
        const std::size_t at = plan.values[v].storage;
        first[at] = s < first[at] ? s : first[at];
        last[at] = s > last[at] ? s : last[at];
    };
    use(0, 0);
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const step& now = plan.steps[s];
        use(now.from, s);
        use(now.to, s);
        for (std::size_t i = 0; i < now.operand_count; ++i) use(plan.operands[now.operand_first + i], s);
        const node& at = facts.nodes[now.anchor];
        stream_buffer& source = layout.buffers[plan.values[now.from].storage];
        if (!now.copies && history_of(at) > source.history) source.history = history_of(at);
        const stream_state_size& state = stream_states_of<Net>[s];
        layout.cells[s] = layout.state_elements;
        layout.kept_elements += state.kept;
        layout.state_elements += round_up(state.room, arena_alignment);
    }
    for (const std::size_t v : plan.outputs) use(v, plan.step_count);
    piece pieces[plan.value_count]{};
    std::array<std::size_t, plan.value_count> owner{};
    std::size_t count = 0;
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        if (plan.values[v].storage != v || first[v] > last[v]) continue;
        stream_buffer& buffer = layout.buffers[v];
        buffer.row = plan.values[v].pixel_channels;
        buffer.timing = layout.timing[v];
        buffer.rows = Block == 1 ? 1 : Block / buffer.timing.period;
        if (buffer.history != 0) {
            buffer.ring = layout.rings++;
            layout.kept_elements += buffer.history * buffer.row;
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

template <class Net, std::size_t Block>
inline constexpr auto stream_layout_of = lay_out_stream<Net, Block>();

/// Rows of a value, as kernels see them: those of one block, or `Rows` of them as one sample of several.
template <class Net, std::size_t Block, std::size_t Value, std::size_t Rows = none>
inline constexpr kernels::image stream_image = [] {
    constexpr const value& v = inference_plan<Net>.values[Value];
    constexpr const stream_buffer& buffer = stream_layout_of<Net, Block>.buffers[v.storage];
    constexpr std::size_t rows = Rows == none ? buffer.rows : Rows;
    return kernels::image{1, rows, v.extents.channels(), buffer.row, rows * buffer.row, rows * buffer.row, 0};
}();

/// A step whose values have the rows of one block instead of the whole sequence; or samples of `Rows` rows, for calls that
/// bring any number of them.
template <class Step, std::size_t Block, std::size_t Rows = none>
struct stream_step : Step {
    using whole = Step;
    using network = typename Step::network;
    static constexpr kernels::image in = stream_image<network, Block, Step::now.from, Rows>;
    static constexpr kernels::image out = stream_image<network, Block, Step::now.to, Rows>;

    template <class T, class PlaceOf>
    static auto epilogue(const PlaceOf& place_of) {
        if constexpr (Step::now.join == none) {
            return typename Step::activations{};
        } else {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                constexpr const auto& plan = inference_plan<network>;
                using join = boost::mp11::mp_at_c<layers_of<network>, Step::now.join>;
                return joined_epilogue<
                    T, join, comes_after_operand<join>(Step::now.join_position), typename Step::activations,
                    typename Step::join_activations,
                    kernels::stretch(
                        stream_image<network, Block, plan.operands[Step::now.operand_first + I], Rows>,
                        stream_image<network, Block, Step::now.to, Rows>)...>{
                    {place_of.template operator()<plan.operands[Step::now.operand_first + I]>()...}};
            }
            (std::make_index_sequence<Step::now.operand_count>{});
        }
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
