// SPDX-License-Identifier: BSL-1.0
/// @file stream_object.hpp
/// What all streams are, but for how their weights are given.
#pragma once
#include <archetype/execution/stream/stream_parts.hpp>
#include <archetype/kernels/vectors/finite.hpp>

#include <span>
#include <type_traits>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A stream but for how its weights are given.
template <class Net, class T, std::size_t Block, class Weights>
class stream_object : Weights {
    static_assert(std::is_integral_v<T> || detail::activations_are_expressions<Net>);
    using forms [[maybe_unused]] = typename detail::stream_form_report<Net, stream_number<T>>::type::shown;
    static constexpr const auto& facts = detail::unchecked_facts<Net>;
    static constexpr const auto& plan = detail::stream_plan<Net>;
    using kind = typename detail::stream_kind<T, Weights>::type;
    static constexpr const auto& layout = detail::stream_layout_of<Net, Block, kind>;
    static constexpr std::size_t result_value = plan.outputs[0];

public:
    static constexpr std::size_t block = Block;
    /// Numbers of one time step, and of one row of results.
    static constexpr std::size_t input_channels = detail::step_size(facts.input);
    static constexpr std::size_t output_channels = detail::step_size(facts.output);
    static constexpr std::size_t input_size = Block * input_channels;
    /// When results are there.
    static constexpr stream_timing timing = layout.timing[result_value];
    /// Steps that it takes from its beginning.
    static constexpr std::uint64_t most_steps = stream_steps_of<Net>;
    /// Every call gives `Block` rows.
    static constexpr bool is_steady = timing == stream_timing{} && most_steps == no_last_step;
    /// Audio effects: one number in, one out.
    static constexpr bool takes_one_number =
        Block == 1 && input_channels == 1 && output_channels == 1 && is_steady;
    /// What a call returns: rows of channels, those of the whole sequence in their order.
    using result = std::span<const T, is_steady ? Block * output_channels : std::dynamic_extent>;
    /// What the layers remember, to be kept and given back to `reset`: the same for blocks of any size.
    using state_type = detail::stream_state<T, layout.kept_elements>;

    /// An object of zeros: where that is not how a stream begins, it prepares itself before the first step.
    stream_object() requires std::is_empty_v<Weights>
    = default;
    explicit stream_object(Weights weights) : Weights(weights) {
        prepare();
        reset();
    }

    /// Forgets all: zeros before the first step, recurrent layers in their initial state.
    void reset() {
        for (T& element : memory_) element = T(0);
        for (T& element : working_) element = T(0);
        begin_at(0);
        start_cells();
    }
    /// Goes on from a state that `state()` gave, such as one at rest, or that of a stream with other blocks.
    void reset(const state_type& rest) {
        if constexpr (needs_start) prepare();
        begin_at(rest.time);
        const T* from = rest.elements;
        for_kept([&](T* row, std::size_t count) {
            __builtin_memcpy(row, from, count * sizeof(T));
            from += count;
        });
    }
    /// A copy of what the layers remember.
    state_type state() const {
        state_type kept{};
        T* to = kept.elements;
        const_cast<stream_object*>(this)->for_kept([&](const T* row, std::size_t count) {
            __builtin_memcpy(to, row, count * sizeof(T));
            to += count;
        });
        kept.time = time_;
        return kept;
    }
    /// Nothing of what is remembered is infinite or NaN. A sample that is NaN stays in recurrent layers, and with them in all
    /// results, until `reset`. Reads the state once.
    bool is_finite() const {
        bool all = true;
        if constexpr (std::is_integral_v<T>) return all;
        const_cast<stream_object*>(this)->for_kept(
            [&](const T* row, std::size_t count) { all = kernels::all_finite(row, count) && all; });
        return all;
    }

    /// Time steps that are still to come before trained positions end; `no_last_step` where nothing ends.
    std::uint64_t steps_left() const {
        if constexpr (most_steps == no_last_step)
            return no_last_step;
        else
            return time_ < most_steps ? most_steps - time_ : 0;
    }

    /// The next `Block` time steps. The results that are complete with them: a view into this object, valid until the next
    /// call. Without strides and with causal convolutions these are `Block` rows. Where `steps_left()` is less, nothing is
    /// done and the view has no data (`data() == nullptr`).
    result operator()(std::span<const T, input_size> steps) {
        if constexpr (most_steps != no_last_step)
            if (Block > steps_left()) return {};
        const std::span<const T> rows = process(steps.data(), std::integral_constant<std::size_t, Block>{});
        if constexpr (is_steady)
            return result(rows.data(), Block * output_channels);
        else
            return rows;
    }
    /// The same for networks with one input and one output channel, such as audio effects.
    T operator()(T sample) requires takes_one_number { return (*this)(std::span<const T, 1>(&sample, 1))[0]; }

    /// What is no block is one error.
    template <detail::no_steps<T, input_size> Given>
    requires(!takes_one_number || !std::is_arithmetic_v<Given>) result operator()(const Given&) {
        using shown [[maybe_unused]] = detail::steps_report<T, input_size, Given>;
        return result(static_cast<const T*>(nullptr), is_steady ? Block * output_channels : 0);
    }

    /// Whether `run` takes this many numbers: whole time steps, from one to `Block`.
    static constexpr bool accepts(std::size_t numbers) {
        return numbers != 0 && numbers <= input_size && numbers % input_channels == 0;
    }
    /// The next time steps, from one to `Block` of them, as a plug-in's host brings them. The results that are complete with
    /// them: a view into this object, valid until the next call; perhaps none yet, in networks with strides. Calls may
    /// bring different numbers, and alternate with calls of whole blocks; the results are the same bits.
    /// Where `accepts(steps.size())` is false, or `steps_left()` is less, nothing is done and the view has no data
    /// (`data() == nullptr`).
    [[nodiscard]] std::span<const T> run(std::span<const T> steps) {
        if (!accepts(steps.size()) || steps.size() / input_channels > steps_left()) return {};
        return process(steps.data(), std::size_t{steps.size() / input_channels});
    }
    template <detail::no_steps<T, std::dynamic_extent> Given>
    std::span<const T> run(const Given&) {
        using shown [[maybe_unused]] = detail::steps_report<T, input_size, Given>;
        return {};
    }

    /// Output `K` of the last call, which stays until the next one: 0 is what it returned, side outputs follow in their
    /// order, each with the rows that are complete. Nothing before the first call.
    template <std::size_t K>
    std::span<const T> output() const {
        static_assert(K < std::size(plan.outputs), "archetype: the network has fewer outputs");
        if (time_ == 0 || last_ == 0) return {};
        return complete_rows<K>(time_ - last_, std::size_t(last_));
    }

private:
    template <class Step>
    using form_of = detail::stream_form_in<Step, kind>;
    template <class Step>
    using own_step = detail::stream_step<Step, Block, kind>;

    template <class Visit>
    ARCHETYPE_INLINE static void for_steps(const Visit& visit) {
        detail::for_each_step<Net, detail::stream_goal<Net>>(visit);
    }
    template <std::size_t V>
    static constexpr const detail::stream_buffer& buffer_of = layout.buffers[plan.values[V].storage];
    template <std::size_t V>
    static constexpr std::size_t rows_of = detail::rows_of_block(layout.timing[V], Block);

    template <class Step>
    ARCHETYPE_INLINE auto weights_of() const {
        return detail::stream_weights_in<Step, T>(static_cast<const Weights&>(*this));
    }
    template <class Step>
    T* prepared_of() {
        return prepared_ + detail::stream_weights_of<Net, T, Block, kind>[Step::index];
    }

    /// Zeros are not what such an object begins with.
    static constexpr bool needs_start = [] {
        bool needed = !std::is_integral_v<T> && kernels::lane_count<T> != 1;
        detail::for_each_step<Net, detail::stream_goal<Net>>(
            [&]<class Step>(Step) { needed = needed || !form_of<Step>::starts_at_zeros; });
        return needed && std::is_empty_v<Weights>;
    }();
    void start() {
        prepare();
        start_cells();
    }
    void start_cells() {
        for_steps([&]<class Step>(Step) {
            T* const state = memory_ + layout.cells[Step::index];
            if constexpr (std::is_integral_v<T>)
                form_of<Step>::template start<Weights::order>(weights_of<Step>(), state);
            else
                form_of<Step>::template start<own_step<Step>>(weights_of<Step>(), state);
        });
    }
    void prepare() {
        for_steps([&]<class Step>(Step) {
            form_of<Step>::template prepare<own_step<Step>>(weights_of<Step>(), prepared_of<Step>());
        });
    }

    void begin_at(std::uint64_t time) {
        for (std::size_t& position : positions_) position = 0;
        time_ = time;
        last_ = 0;
    }
    /// visit(elements, their number) for each piece of what is remembered: the past rows of rings, the oldest first, then
    /// what layers remember.
    template <class Visit>
    void for_kept(const Visit& visit) {
        detail::for_each_number<plan.value_count>(
            [&]<std::size_t Value>(std::integral_constant<std::size_t, Value>) {
                constexpr const detail::stream_buffer& buffer = layout.buffers[Value];
                if constexpr (buffer.ring != none)
                    for (std::size_t back = buffer.history; back != 0; --back)
                        visit(memory_ + buffer.offset + buffer.before +
                                  buffer.row_before(positions_[buffer.ring], 0, back) * buffer.row,
                              buffer.kept_row);
            });
        for_steps([&]<class Step>(Step) {
            if constexpr (form_of<Step>::template state_size<Step>.kept != 0)
                form_of<Step>::template for_state<Step>(memory_ + layout.cells[Step::index], visit);
        });
    }

    template <class Count>
    static constexpr bool is_whole_block = !std::is_same_v<Count, std::size_t>;

    /// Rows that are due at `When` in a call of `count` steps (a number, or `Block` as a constant) that begins at this time.
    /// Where every such call has the same number it is a constant.
    template <stream_timing When, class Count>
    ARCHETYPE_INLINE static auto rows_due(std::uint64_t time, Count count) {
        if constexpr (When.period == 1 && When.rows == 1)
            return count;
        else if constexpr (is_whole_block<Count> && (When.period == 1 || Block != 1))
            return std::integral_constant<std::size_t, detail::rows_of_block(When, Block)>{};
        else if constexpr (When.period == 1)
            return std::size_t{count * When.rows};
        else if constexpr (Block == 1)
            return time % When.period == std::integral_constant<std::size_t, When.phase()>::value
                       ? When.rows
                       : std::size_t{};
        else
            return static_cast<std::size_t>(rows_before<When>(time + count) - rows_before<When>(time));
    }
    template <std::size_t V, class Count>
    ARCHETYPE_INLINE static auto rows_in(std::uint64_t time, Count count) {
        return rows_due<layout.timing[V]>(time, count);
    }
    /// Those of them that are not there yet: convolutions without padding wait.
    template <std::size_t V>
    ARCHETYPE_INLINE static std::size_t missing_rows(std::uint64_t time, std::size_t rows) {
        constexpr stream_timing when = layout.timing[V];
        constexpr std::uint64_t absent = when.absent_rows();
        if constexpr (absent == 0) {
            return 0;
        } else {
            const std::uint64_t first = rows_before<when>(time);
            if (first >= absent) return 0;
            return absent - first < rows ? static_cast<std::size_t>(absent - first) : rows;
        }
    }
    /// Which of the newest rows of a value row 0 of a call of a step that makes `To` needs; below 0 an earlier one.
    template <std::size_t V, std::size_t To, detail::row_way Way = detail::row_way{}>
    ARCHETYPE_INLINE std::ptrdiff_t row_for() const {
        static_assert(Way.spread == 1);
        constexpr stream_timing own = buffer_of<V>.timing, made = layout.timing[To];
        constexpr auto from = static_cast<std::ptrdiff_t>(Way.ahead + own.absent_rows()) -
                              static_cast<std::ptrdiff_t>(made.absent_rows() * Way.stride);
        if constexpr (own.period == made.period && own.phase() == made.phase() &&
                      own.rows == made.rows * Way.stride)
            return from;
        else if constexpr (Block == 1 && own.rows == 1 && made.rows == 1 && own.period <= made.period)
            return -std::integral_constant<std::ptrdiff_t, detail::rows_kept_for(made, Way, own)>::value;
        else
            return from + static_cast<std::ptrdiff_t>(rows_before<made>(time_) * Way.stride -
                                                      rows_before<own>(time_));
    }

    template <class Count>
    std::span<const T> process(const T* steps, Count count) {
        if constexpr (needs_start)
            if (time_ == 0) start();
        store_input(steps, count);
        clear_late_parts(count);
        for_steps([&]<class Step>(Step) { run_step<Step>(count); });
        const std::span<const T> rows = complete_rows<0>(time_, count);
        advance(count);
        return rows;
    }

    /// Where row `at` of the newest of a value begins, or of those that came before.
    template <std::size_t V>
    ARCHETYPE_INLINE T* place_of_row(std::ptrdiff_t at, std::size_t back = 0) {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        constexpr const value& v = plan.values[V];
        constexpr std::size_t first =
            buffer.offset + v.first_channel + (v.extents.rank == 3 ? v.left * v.pixel_channels : 0);
        if constexpr (buffer.ring == none)
            return working_ + first + at * static_cast<std::ptrdiff_t>(buffer.row);
        else
            return memory_ + first + buffer.row_before(positions_[buffer.ring], at, back) * buffer.row;
    }
    /// Where the rows of `V` begin that rows of `To` go with.
    template <std::size_t V, std::size_t To = V>
    ARCHETYPE_INLINE T* place_of() {
        return place_of_row<V>(row_for<V, To>());
    }

    /// The rows of output `K` that are complete with the call at this time. The plan copies outputs that are read, too: they
    /// are in no ring.
    template <std::size_t K, class Count>
    ARCHETYPE_INLINE std::span<const T> complete_rows(std::uint64_t time, Count count) const {
        constexpr std::size_t v = plan.outputs[K], channels = detail::step_size(plan.values[v].extents);
        static_assert(buffer_of<v>.ring == none && buffer_of<v>.row == channels);
        const std::size_t rows = rows_in<v>(time, count), first = missing_rows<v>(time, rows);
        return {working_ + buffer_of<v>.offset + first * channels, (rows - first) * channels};
    }

    template <class Count>
    void store_input(const T* steps, Count count) {
        T* const to = place_of<0>();
        if constexpr (buffer_of<0>.row == input_channels)
            __builtin_memcpy(to, steps, count * input_channels * sizeof(T));
        else
            for (std::size_t r = 0; r < count; ++r)
                __builtin_memcpy(to + r * buffer_of<0>.row, steps + r * input_channels,
                                 input_channels * sizeof(T));
        mirror<0>(count);
    }

    /// Of `rows` new rows of a ring those at its beginning stand behind it, too, and those that went behind it stand at its
    /// beginning.
    template <std::size_t V>
    ARCHETYPE_INLINE void mirror(std::size_t rows) {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        if constexpr (buffer.ring != none && buffer.run > 1)
            mirror_from<V>(buffer.row_before(positions_[buffer.ring], row_for<V, V>(), 0), rows);
    }
    template <std::size_t V>
    ARCHETYPE_INLINE void mirror_from(std::size_t begin, std::size_t rows) {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        constexpr std::size_t length = buffer.length(), again = buffer.run - 1;
        T* const first = memory_ + buffer.offset;
        const std::size_t end = begin + rows;
        if (begin < again)
            __builtin_memcpy(first + (length + begin) * buffer.row, first + begin * buffer.row,
                             ((end < again ? end : again) - begin) * buffer.row * sizeof(T));
        if (end > length)
            __builtin_memcpy(first, first + length * buffer.row, (end - length) * buffer.row * sizeof(T));
    }

    /// Of concatenations some parts come later than others: zeros until then, not what stood there before.
    template <class Count>
    ARCHETYPE_INLINE void clear_late_parts(Count count) {
        detail::for_each_number<plan.value_count>([&]<std::size_t V>(
            std::integral_constant<std::size_t, V>) __attribute__((always_inline)) {
            if constexpr (plan.values[V].is_part() && !(layout.timing[V] == buffer_of<V>.timing)) {
                constexpr const detail::stream_buffer& buffer = buffer_of<V>;
                const std::size_t rows = rows_due<buffer.timing>(time_, count);
                T* const to = place_of_row<V>(0);
                for (std::size_t r = 0; r < rows; ++r) clear_row<V>(to + r * buffer.row);
                if constexpr (buffer.run > 1) mirror_from<V>(positions_[buffer.ring], rows);
            }
        });
    }
    /// Zeros for the cells of one row of a value.
    template <std::size_t V>
    static void clear_row(T* row) {
        constexpr const value& v = plan.values[V];
        constexpr std::size_t columns = v.extents.rank == 3 ? v.extents.width() : 1;
        for (std::size_t x = 0; x < columns; ++x)
            for (std::size_t c = 0; c < v.extents.channels(); ++c) row[x * v.pixel_channels + c] = T(0);
    }

    template <class Step, class Count>
    ARCHETYPE_INLINE void run_step(Count count) {
        constexpr std::size_t to = Step::now.to;
        const auto rows = rows_in<to>(time_, count);
        if constexpr (rows_of<to> == layout.timing[to].rows) {  // all of them or none
            if (rows == 0) return;
            run_rows<Step>(std::integral_constant<std::size_t, rows_of<to>>{});
        } else {
            run_rows<Step>(rows);
        }
    }
    template <class Step, class Rows>
    ARCHETYPE_INLINE void run_rows(const Rows& rows) {
        constexpr std::size_t to = Step::now.to;
        T* const out = place_of<to>();
        const std::size_t missing = missing_rows<to>(time_, rows);
        if constexpr (std::is_integral_v<T>)
            form_of<Step>::run(stream_call<Step>{{}, *this, weights_of<Step>(), out, missing}, rows);
        else
            form_of<Step>::run(
                stream_call<Step>{{detail::stream_bias_in<Step, T>(static_cast<const Weights&>(*this))},
                                  *this,
                                  weights_of<Step>(),
                                  out,
                                  missing},
                rows);
        for (std::size_t r = 0; r < missing; ++r) clear_row<to>(out + r * own_step<Step>::out_row);
        mirror<to>(rows);
    }

    /// What the form of a layer runs on (`stream_form::run`).
    template <class Step>
    struct stream_call : stream_call_bias<T> {
        using number = T;
        using weights_type = Weights;
        using step = own_step<Step>;
        /// A step whose samples have so many rows.
        template <std::size_t Rows>
        using samples_of = detail::stream_step<Step, Block, kind, Rows>;
        template <class Rows>
        static constexpr bool is_whole = is_whole_block<Rows>;
        static constexpr std::size_t block_rows = rows_of<Step::now.to>;

        stream_object& object;
        decltype(std::declval<const stream_object&>()
                     .template weights_of<Step>()) weights;  ///< as inference has them
        T* out;                                              ///< row 0, rows are `step::out_row` apart
        std::size_t missing;

        /// What row 0 is made of, rows are `step::in_row` apart.
        ARCHETYPE_INLINE const T* in() const {
            return object.template place_of<Step::now.from, Step::now.to>();
        }
        /// Row 0 of value `V` that goes with row 0 of the results, whose rows are `row_of<V>` apart.
        template <std::size_t V>
        ARCHETYPE_INLINE const T* place_beside() const {
            return object.template place_of<V, Step::now.to>();
        }
        template <std::size_t V>
        static constexpr std::size_t row_of = buffer_of<V>.row;
        ARCHETYPE_INLINE T* state() const { return object.memory_ + layout.cells[Step::index]; }
        ARCHETYPE_INLINE const T* prepared() const { return object.template prepared_of<Step>(); }
        /// Of the first rows so many never were there: convolutions before this step waited.
        static constexpr std::uint64_t absent_rows = layout.timing[Step::now.to].absent_rows();
        /// Rows before row 0, those that never were there among them.
        ARCHETYPE_INLINE std::uint64_t first_row() const {
            constexpr stream_timing when = layout.timing[Step::now.to];
            return rows_before<when>(object.time_);
        }
        /// Row `n` of the input, counted from its first; those before it are zeros.
        ARCHETYPE_INLINE const T* in_row(std::ptrdiff_t n) const {
            constexpr stream_timing own = buffer_of<Step::now.from>.timing;
            constexpr auto absent = static_cast<std::ptrdiff_t>(own.absent_rows());
            return object.template place_of_row<Step::now.from>(
                n + absent - static_cast<std::ptrdiff_t>(rows_before<own>(object.time_)));
        }
        template <class Own = step>
        ARCHETYPE_INLINE auto epilogue() const {
            return Own::template epilogue<T>([&]<std::size_t V>() -> const T* { return place_beside<V>(); });
        }
        /// Row 0 of each tap, the oldest first, `dilation` rows apart.
        template <std::size_t Taps>
        ARCHETYPE_INLINE void taps(const T* (&found)[Taps], std::size_t dilation) const {
            object.template find_taps<Step>(found, dilation);
        }
    };

    template <class Step, std::size_t Taps>
    ARCHETYPE_INLINE void find_taps(const T* (&taps)[Taps], std::size_t dilation) {
        constexpr detail::row_way way = detail::row_way_of(Step::at);
        const std::ptrdiff_t first = row_for<Step::now.from, Step::now.to, way>();
        for (std::size_t k = 0; k < Taps; ++k)
            taps[k] = place_of_row<Step::now.from>(first, (Taps - 1 - k) * dilation);
    }

    template <class Count>
    void advance(Count count) {
        detail::for_each_number<plan.value_count>([&]<std::size_t V>(std::integral_constant<std::size_t, V>)
                                                      __attribute__((always_inline)) {
                                                          advance_ring<V>(count);
                                                      });
        time_ += count;
        last_ = count;
    }
    template <std::size_t V, class Count>
    ARCHETYPE_INLINE void advance_ring(Count count) {
        constexpr const detail::stream_buffer& buffer = layout.buffers[V];
        if constexpr (buffer.ring != none) {
            const std::size_t end = positions_[buffer.ring] + rows_due<buffer.timing>(time_, count);
            positions_[buffer.ring] = end >= buffer.length() ? end - buffer.length() : end;
        }
    }

    /// Forms of integers keep numbers of 32 bits among those that layers remember.
    static constexpr std::size_t alignment = detail::read_slack != 0 ? 64
                                             : std::is_integral_v<T> ? 4
                                                                     : alignof(T);
    alignas(alignment)
        T prepared_[detail::stream_weights_of<Net, T, Block, kind>.back() + detail::read_slack + 1];
    alignas(alignment) T memory_[detail::length_with_slack(layout.state_elements)];
    std::size_t positions_[layout.rings + 1];  ///< of the newest rows in each ring
    std::uint64_t time_;                       ///< steps done
    [[no_unique_address]] std::conditional_t<Block == 1, detail::one_step, std::size_t> last_;
    alignas(alignment) T working_[detail::length_with_slack(layout.working_elements)];
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
