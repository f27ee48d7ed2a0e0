// SPDX-License-Identifier: BSL-1.0
/// @file stream_object.hpp
/// What all streams are, but for how their weights are given.
#pragma once
#include <archetype/execution/stream/stream_layout.hpp>
#include <archetype/execution/stream/stream_report.hpp>
#include <archetype/kernels/vectors/finite.hpp>

#include <span>
#include <type_traits>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `type::shown` makes the compiler report the first layer without a form.
template <class Net>
struct stream_form_report {
    static constexpr std::size_t found = layer_without_stream_form<Net>,
                                 layer = found == none ? 0 : found + 1,
                                 scope = layer == 0 ? 0 : unchecked_facts<Net>.nodes[found].scope;
    using type = boost::mp11::mp_if_c<layer == 0, no_fault,
                                      has_no_stream_form<layer == 0, at_layer<layer, path_name<Net, scope>()>,
                                                         typename layer_at<Net, layer>::type>>;
};

/// Where each step's weights lie among those that a stream has prepared.
template <class Net, class T, std::size_t Block>
inline constexpr auto stream_weights_of = [] {
    std::array<std::size_t, inference_plan<Net>.step_count + 1> offsets{};
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        constexpr std::size_t size =
            stream_form_of<Step>::template prepared_size<stream_step<Step, Block>, T>;
        offsets[Step::index + 1] = offsets[Step::index] + round_up(size, arena_alignment);
    });
    return offsets;
}();

/// What the layers of a stream remember: past rows, the oldest first, and the states of recurrent layers. One type for
/// blocks of any size and for all machines.
template <class T, std::size_t Elements>
struct stream_state {
    T elements[Elements == 0 ? 1 : Elements];
    std::uint64_t time;  ///< steps done
};

/// Steps of the last call, where each call brings one.
struct one_step {
    constexpr one_step& operator=(std::size_t) { return *this; }
    constexpr operator std::size_t() const { return 1; }
};

/// Weights that an object refers to.
template <class T>
struct referred_weights {
    const T* data;
};
/// Weights that its type names: nothing of them is in the object.
template <const auto& Weights>
struct linked_weights {
    static constexpr const auto* data = Weights.data;
};

/// A stream but for how its weights are given.
template <class Net, class T, std::size_t Block, class Weights>
class stream_object : Weights {
    static_assert(detail::activations_are_expressions<Net>);
    using forms [[maybe_unused]] = typename detail::stream_form_report<Net>::type::shown;
    static constexpr const auto& facts = detail::unchecked_facts<Net>;
    static constexpr const auto& plan = detail::inference_plan<Net>;
    static constexpr const auto& layout = detail::stream_layout_of<Net, Block>;
    static constexpr std::size_t result_value = plan.outputs[0];

public:
    static constexpr std::size_t block = Block;
    static constexpr std::size_t input_channels = facts.input.channels();
    static constexpr std::size_t output_channels = facts.output.channels();
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
    using form_of = detail::stream_form_of<Step>;
    template <class Step>
    using own_step = detail::stream_step<Step, Block>;

    template <class Visit>
    ARCHETYPE_INLINE static void for_steps(const Visit& visit) {
        detail::for_each_step<Net, purpose::inference>(visit);
    }
    template <std::size_t V>
    static constexpr const detail::stream_buffer& buffer_of = layout.buffers[plan.values[V].storage];
    template <std::size_t V>
    static constexpr std::size_t rows_of = buffer_of<V>.rows;

    template <class Step>
    ARCHETYPE_INLINE const T* weights_of() const {
        return Weights::data + detail::inference_weights_of<Net>.steps[Step::index].weights;
    }
    template <class Step>
    T* prepared_of() {
        return prepared_ + detail::stream_weights_of<Net, T, Block>[Step::index];
    }

    /// Zeros are not what such an object begins with.
    static constexpr bool needs_start = [] {
        bool needed = kernels::lane_count<T> != 1;
        detail::for_each_step<Net, purpose::inference>(
            [&]<class Step>(Step) { needed = needed || !form_of<Step>::starts_at_zeros; });
        return needed && std::is_empty_v<Weights>;
    }();
    void start() {
        prepare();
        start_cells();
    }
    void start_cells() {
        for_steps([&]<class Step>(Step) {
            form_of<Step>::template start<own_step<Step>>(weights_of<Step>(),
                                                          memory_ + layout.cells[Step::index]);
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
                        visit(memory_ + buffer.offset +
                                  buffer.row_before(positions_[buffer.ring], 0, back) * buffer.row,
                              buffer.row);
            });
        for_steps([&]<class Step>(Step) {
            if constexpr (form_of<Step>::template state_size<Step>.kept != 0)
                form_of<Step>::template for_state<Step>(memory_ + layout.cells[Step::index], visit);
        });
    }

    template <class Count>
    static constexpr bool is_whole_block = !std::is_same_v<Count, std::size_t>;

    /// Rows of the value that are due in a call of `count` steps (a number, or `Block` as a constant) that begins at this
    /// time. Where every such call has the same number it is a constant.
    template <std::size_t V, class Count>
    ARCHETYPE_INLINE static auto rows_in(std::uint64_t time, Count count) {
        constexpr stream_timing when = layout.timing[V];
        if constexpr (when.period == 1)
            return count;
        else if constexpr (Block == 1)
            return std::size_t{time % when.period == when.phase()};
        else if constexpr (is_whole_block<Count>)
            return std::integral_constant<std::size_t, Block / when.period>{};
        else
            return static_cast<std::size_t>(when.rows_before(time + count) - when.rows_before(time));
    }
    /// Those of them that are not there yet: convolutions without padding wait.
    template <std::size_t V>
    ARCHETYPE_INLINE static std::size_t missing_rows(std::uint64_t time, std::size_t rows) {
        constexpr stream_timing when = layout.timing[V];
        if constexpr (when.latency == 0) {
            return 0;
        } else {
            constexpr std::uint64_t waits = when.latency / when.period;
            const std::uint64_t first = when.rows_before(time);
            if (first >= waits) return 0;
            return waits - first < rows ? static_cast<std::size_t>(waits - first) : rows;
        }
    }

    template <class Count>
    std::span<const T> process(const T* steps, Count count) {
        if constexpr (needs_start)
            if (time_ == 0) start();
        store_input(steps, count);
        for_steps([&]<class Step>(Step) { run_step<Step>(count); });
        const std::span<const T> rows = complete_rows<0>(time_, count);
        advance(count);
        return rows;
    }

    /// Where the newest rows of a value begin.
    template <std::size_t V>
    ARCHETYPE_INLINE T* place_of() {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        constexpr std::size_t first = buffer.offset + plan.values[V].first_channel;
        if constexpr (buffer.ring == none)
            return working_ + first;
        else
            return memory_ + first + positions_[buffer.ring] * buffer.row;
    }

    /// The rows of output `K` that are complete with the call at this time. The plan copies outputs that are read, too: they
    /// are in no ring.
    template <std::size_t K, class Count>
    ARCHETYPE_INLINE std::span<const T> complete_rows(std::uint64_t time, Count count) const {
        constexpr std::size_t v = plan.outputs[K], channels = plan.values[v].extents.channels();
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
        if constexpr (buffer.ring != none && buffer.rows > 1) {
            constexpr std::size_t length = buffer.length(), again = buffer.rows - 1;
            T* const first = memory_ + buffer.offset;
            const std::size_t begin = positions_[buffer.ring], end = begin + rows;
            if (begin < again)
                __builtin_memcpy(first + (length + begin) * buffer.row, first + begin * buffer.row,
                                 ((end < again ? end : again) - begin) * buffer.row * sizeof(T));
            if (end > length)
                __builtin_memcpy(first, first + length * buffer.row, (end - length) * buffer.row * sizeof(T));
        }
    }

    template <class Step, class Count>
    ARCHETYPE_INLINE void run_step(Count count) {
        constexpr std::size_t to = Step::now.to;
        const auto rows = rows_in<to>(time_, count);
        if constexpr (rows_of<to> == 1) {
            if (rows == 0) return;
            run_rows<Step>(std::integral_constant<std::size_t, 1>{});
        } else {
            run_rows<Step>(rows);
        }
    }
    template <class Step, class Rows>
    ARCHETYPE_INLINE void run_rows(const Rows& rows) {
        constexpr std::size_t to = Step::now.to;
        constexpr kernels::image made = own_step<Step>::out;
        constexpr detail::step_weights weights = detail::inference_weights_of<Net>.steps[Step::index];
        const T* const bias = weights.has_bias() ? Weights::data + weights.bias : nullptr;
        T* const out = place_of<to>();
        const std::size_t missing = missing_rows<to>(time_, rows);
        form_of<Step>::run(stream_call<Step>{*this, weights_of<Step>(), bias, out, missing}, rows);
        for (std::size_t r = 0; r < missing; ++r)
            for (std::size_t c = 0; c < made.channels; ++c) out[r * made.pixel_stride + c] = T(0);
        mirror<to>(rows);
    }

    /// What the form of a layer runs on (`stream_form::run`).
    template <class Step>
    struct stream_call {
        using number = T;
        using step = own_step<Step>;
        /// A step whose samples have so many rows.
        template <std::size_t Rows>
        using samples_of = detail::stream_step<Step, Block, Rows>;
        template <class Rows>
        static constexpr bool is_whole = is_whole_block<Rows>;
        static constexpr std::size_t block_rows = rows_of<Step::now.to>;

        stream_object& object;
        const T *weights, *bias;  ///< as inference has them; no bias: null
        T* out;                   ///< row 0, rows are `step::out.pixel_stride` apart
        std::size_t missing;

        /// Row 0 of the input.
        ARCHETYPE_INLINE const T* in() const { return object.template place_of<Step::now.from>(); }
        ARCHETYPE_INLINE T* state() const { return object.memory_ + layout.cells[Step::index]; }
        ARCHETYPE_INLINE const T* prepared() const { return object.template prepared_of<Step>(); }
        /// Of the first rows so many never were there: convolutions before this step waited.
        static constexpr std::uint64_t absent_rows =
            layout.timing[Step::now.to].latency / layout.timing[Step::now.to].period;
        /// Rows before row 0, those that never were there among them.
        ARCHETYPE_INLINE std::uint64_t first_row() const {
            constexpr stream_timing when = layout.timing[Step::now.to];
            if constexpr (when.period == 1)
                return object.time_;
            else
                return when.rows_before(object.time_);
        }
        template <class Own = step>
        ARCHETYPE_INLINE auto epilogue() const {
            return Own::template epilogue<T>(
                [&]<std::size_t V>() -> const T* { return object.template place_of<V>(); });
        }
        /// Row 0 of each tap, the oldest first, `dilation` rows apart.
        template <std::size_t Taps>
        ARCHETYPE_INLINE void taps(const T* (&found)[Taps], std::size_t dilation) const {
            object.template find_taps<Step>(found, dilation);
        }
    };

    template <class Step, std::size_t Taps>
    ARCHETYPE_INLINE void find_taps(const T* (&taps)[Taps], std::size_t dilation) {
        constexpr std::size_t from = Step::now.from;
        constexpr const detail::stream_buffer& buffer = buffer_of<from>;
        constexpr stream_timing read = layout.timing[from], made = layout.timing[Step::now.to];
        // The first of the newest rows that a result is complete with.
        std::size_t first = 0;
        if constexpr (Block != 1 && made.period != read.period)
            first = static_cast<std::size_t>(
                (made.rows_before(time_) * made.period + made.phase() - read.phase()) / read.period -
                read.rows_before(time_));
        if constexpr (buffer.ring == none) {
            taps[0] = place_of<from>() + first * buffer.row;
        } else {
            const T* const base = memory_ + buffer.offset + plan.values[from].first_channel;
            for (std::size_t k = 0; k < Taps; ++k)
                taps[k] =
                    base +
                    buffer.row_before(positions_[buffer.ring], first, (Taps - 1 - k) * dilation) * buffer.row;
        }
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
            const std::size_t end = positions_[buffer.ring] + rows_in<V>(time_, count);
            positions_[buffer.ring] = end >= buffer.length() ? end - buffer.length() : end;
        }
    }

    alignas(detail::read_slack != 0 ? 64 : alignof(T))
        T prepared_[detail::stream_weights_of<Net, T, Block>.back() + detail::read_slack + 1];
    alignas(detail::read_slack != 0 ? 64 : alignof(T)) T memory_[layout.state_elements + detail::read_slack];
    std::size_t positions_[layout.rings + 1];  ///< of the newest rows in each ring
    std::uint64_t time_;                       ///< steps done
    [[no_unique_address]] std::conditional_t<Block == 1, detail::one_step, std::size_t> last_;
    alignas(detail::read_slack != 0 ? 64
                                    : alignof(T)) T working_[layout.working_elements + detail::read_slack];
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
