// SPDX-License-Identifier: BSL-1.0
/// @file stream.hpp
/// A network that runs through time sample by sample: no heap, no locks, no exceptions.
#pragma once
#include <archetype/execution/stream/stream_recurrent.hpp>

#include <span>
#include <type_traits>

namespace archetype {

namespace detail {

/// The convolution (or dense layer) of a step for one block.
template <class Step, class T, std::size_t Block>
struct stream_contraction {
    using network = typename Step::network;
    using own = stream_step<Step, Block>;
    static constexpr const node& at = Step::at;
    static constexpr const window_axis& time = at.window.columns;
    static constexpr bool slides = at.has_window;
    static constexpr kernels::conv2d_geometry whole = contraction_lowering::geometry<Step>;
    static constexpr kernels::stream_geometry geometry{
        .rows = own::out.width,
        .taps = slides ? time.kernel : 1,
        .inputs = own::in.channels,
        .filters = own::out.channels,
        .groups = at.groups,
        .in_step = own::in.pixel_stride * (slides ? time.stride : 1),
        .out_step = own::out.pixel_stride,
        .channels_first = !whole.depthwise() && kernels::conv2d_weights<whole, T>::sliding,
        .packed = kernels::lane_count<T> > 1};
    static constexpr std::size_t room = read_slack != 0 ? kernels::stream_weights_room<[] {
        kernels::stream_geometry packed = geometry;
        packed.packed = true;
        return packed;
    }()>
                                                        : 0;
};

/// Where each step's weights lie among those that a stream has prepared.
template <class Net, class T, std::size_t Block>
inline constexpr auto stream_weights_of = [] {
    std::array<std::size_t, inference_plan<Net>.step_count + 1> offsets{};
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        std::size_t size = 0;
        if constexpr (!Step::now.copies && Step::at.role == layer_role::contraction)
            size = stream_contraction<Step, T, Block>::room;
        else if constexpr (!Step::now.copies && Step::at.role == layer_role::recurrent)
            size = stream_recurrent<typename Step::layer, T, Step::in.channels>::room;
        offsets[Step::index + 1] = offsets[Step::index] + round_up(size, arena_alignment);
    });
    return offsets;
}();

/// What a stream remembers.
template <class T, std::size_t Elements, std::size_t Rings>
struct stream_state_of {
    alignas(read_slack != 0 ? 64 : alignof(T)) T elements[Elements + read_slack];
    std::size_t positions[Rings + 1];  ///< of the newest block in each ring
    std::uint64_t time;                ///< steps done
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
    /// Every call gives `Block` rows.
    static constexpr bool is_steady = timing == stream_timing{};
    /// What a call returns: rows of channels, those of the whole sequence in their order.
    using result = std::span<const T, is_steady ? Block * output_channels : std::dynamic_extent>;
    /// What the layers remember, to be kept and given back to `reset`.
    using state_type = detail::stream_state_of<T, layout.state_elements, layout.rings>;

    /// An object of zeros: where that is not how a stream begins, it prepares itself before the first step.
    stream_object() requires std::is_empty_v<Weights>
    = default;
    explicit stream_object(Weights weights) : Weights(weights) {
        prepare();
        reset();
    }

    /// Forgets all: zeros before the first step, recurrent layers in their initial state.
    void reset() {
        for (T& element : state_.elements) element = T(0);
        for (std::size_t& position : state_.positions) position = 0;
        state_.time = 0;
        start_cells();
    }
    /// Goes on from a state that `state()` gave, such as one at rest.
    void reset(const state_type& rest) {
        if constexpr (needs_start) prepare();
        state_ = rest;
    }
    const state_type& state() const { return state_; }

    /// The next `Block` time steps. The results that are complete with them: a view into this object, valid until the next
    /// call. Without strides and with causal convolutions these are `Block` rows.
    result operator()(std::span<const T, input_size> steps) {
        if constexpr (needs_start)
            if (state_.time == 0) start();
        store_input(steps.data());
        for_steps([&]<class Step>(Step) { run<Step>(); });
        const std::span<const T> rows = complete_rows<0>(state_.time);
        advance();
        if constexpr (is_steady)
            return result(rows.data(), Block * output_channels);
        else
            return rows;
    }
    /// The same for networks with one input and one output channel, such as audio effects.
    T operator()(T sample) requires(Block == 1 && input_channels == 1 && output_channels == 1 && is_steady) {
        return (*this)(std::span<const T, 1>(&sample, 1))[0];
    }
    /// Output `K` of the last call, which stays until the next one: 0 is what it returned, side outputs follow in their
    /// order, each with the rows that are complete. Nothing before the first call.
    template <std::size_t K>
    std::span<const T> output() const {
        static_assert(K < std::size(plan.outputs), "archetype: the network has fewer outputs");
        if (state_.time == 0) return {};
        return complete_rows<K>(state_.time - Block);
    }

private:
    template <class Step>
    static constexpr bool is_recurrent = !Step::now.copies && Step::at.role == layer_role::recurrent;
    template <class Step>
    static constexpr bool is_contraction = !Step::now.copies && Step::at.role == layer_role::contraction;
    template <class Step>
    using recurrent = detail::stream_recurrent<typename Step::layer, T, Step::in.channels>;
    template <class Step>
    using contraction = detail::stream_contraction<Step, T, Block>;

    template <class Visit>
    ARCHETYPE_INLINE static void for_steps(const Visit& visit) {
        detail::for_each_step<Net, purpose::inference>(visit);
    }
    template <std::size_t V>
    static constexpr const detail::stream_buffer& buffer_of = layout.buffers[plan.values[V].storage];
    template <std::size_t V>
    static constexpr std::size_t rows_of = buffer_of<V>.rows;

    template <class Step>
    detail::cell_weights<T> cell_weights_of() const {
        return detail::recurrent_weights<typename Step::layer, T>::folded(
            Weights::data + detail::inference_weights_of<Net>.steps[Step::index].weights, Step::at);
    }
    template <class Step>
    T* prepared_of() {
        return prepared_ + detail::stream_weights_of<Net, T, Block>[Step::index];
    }

    /// Zeros are not what such an object begins with.
    static constexpr bool needs_start = [] {
        bool needed = kernels::lane_count<T> != 1;
        detail::for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            if constexpr (is_recurrent<Step>) needed = needed || Step::layer::has_initial_state;
        });
        return needed && std::is_empty_v<Weights>;
    }();
    void start() {
        prepare();
        start_cells();
    }
    void start_cells() {
        for_steps([&]<class Step>(Step) {
            if constexpr (is_recurrent<Step>)
                recurrent<Step>::start(cell_weights_of<Step>(), state_.elements + layout.cells[Step::index]);
        });
    }
    void prepare() {
        for_steps([&]<class Step>(Step) {
            const T* const own = Weights::data + detail::inference_weights_of<Net>.steps[Step::index].weights;
            if constexpr (is_recurrent<Step>)
                recurrent<Step>::prepare(cell_weights_of<Step>(), prepared_of<Step>());
            else if constexpr (is_contraction<Step>) {
                if constexpr (contraction<Step>::geometry.packed)
                    kernels::pack_stream_weights<contraction<Step>::geometry>(own, prepared_of<Step>());
            }
        });
    }

    /// Where the newest block of a value begins.
    template <std::size_t V>
    ARCHETYPE_INLINE T* place_of() {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        constexpr std::size_t first = buffer.offset + plan.values[V].first_channel;
        if constexpr (buffer.ring == none)
            return working_ + first;
        else
            return state_.elements + first + state_.positions[buffer.ring] * buffer.row;
    }

    /// The rows of output `K` that are complete with the call at this time. The plan copies outputs that are read, too: they
    /// are in no ring.
    template <std::size_t K>
    ARCHETYPE_INLINE std::span<const T> complete_rows(std::uint64_t time) const {
        constexpr std::size_t v = plan.outputs[K], channels = plan.values[v].extents.channels();
        static_assert(buffer_of<v>.ring == none && buffer_of<v>.row == channels);
        if (!is_due<v>(time)) return {};
        const std::size_t first = missing_rows<v>(time);
        return {working_ + buffer_of<v>.offset + first * channels, (rows_of<v> - first) * channels};
    }

    /// The call at this time completes rows of the value.
    template <std::size_t V>
    ARCHETYPE_INLINE static bool is_due(std::uint64_t time) {
        constexpr stream_timing when = layout.timing[V];
        if constexpr (Block != 1 || when.period == 1)
            return true;
        else
            return time % when.period == when.phase();
    }
    /// Rows of the block that are not there yet at the beginning: convolutions without padding wait.
    template <std::size_t V>
    ARCHETYPE_INLINE static std::size_t missing_rows(std::uint64_t time) {
        constexpr stream_timing when = layout.timing[V];
        if constexpr (when.latency == 0) {
            return 0;
        } else {
            const std::uint64_t now = time + (Block == 1 ? 0 : when.phase());
            if (now >= when.latency) return 0;
            const std::uint64_t missing = (when.latency - now + when.period - 1) / when.period;
            return missing < rows_of<V> ? static_cast<std::size_t>(missing) : rows_of<V>;
        }
    }

    void store_input(const T* steps) {
        T* const to = place_of<0>();
        if constexpr (buffer_of<0>.row == input_channels)
            __builtin_memcpy(to, steps, input_size * sizeof(T));
        else
            for (std::size_t r = 0; r < Block; ++r)
                __builtin_memcpy(to + r * buffer_of<0>.row, steps + r * input_channels,
                                 input_channels * sizeof(T));
        mirror<0>();
    }

    /// The first block of a ring stands at its end, too.
    template <std::size_t V>
    ARCHETYPE_INLINE void mirror() {
        constexpr const detail::stream_buffer& buffer = buffer_of<V>;
        if constexpr (buffer.ring != none && buffer.rows > 1) {
            if (state_.positions[buffer.ring] != 0) return;
            T* const first = state_.elements + buffer.offset;
            __builtin_memcpy(first + buffer.length() * buffer.row, first,
                             buffer.rows * buffer.row * sizeof(T));
        }
    }

    template <class Step>
    ARCHETYPE_INLINE void run() {
        constexpr std::size_t to = Step::now.to;
        if (!is_due<to>(state_.time)) return;
        using own = detail::stream_step<Step, Block>;
        const auto epilogue =
            own::template epilogue<T>([&]<std::size_t V>() -> const T* { return place_of<V>(); });
        constexpr detail::step_weights weights = detail::inference_weights_of<Net>.steps[Step::index];
        const T* const bias = weights.has_bias() ? Weights::data + weights.bias : nullptr;
        T* const out = place_of<to>();
        const std::size_t missing = missing_rows<to>(state_.time);
        if constexpr (is_recurrent<Step>) {
            const T* const in = place_of<Step::now.from>();
            const detail::cell_weights<T> cell = cell_weights_of<Step>();
            for (std::size_t r = missing; r < rows_of<to>; ++r)
                recurrent<Step>::step(
                    prepared_of<Step>(), cell, in + r * own::in.pixel_stride,
                    state_.elements + layout.cells[Step::index], out + r * own::out.pixel_stride, r,
                    (state_.time / (Block == 1 ? layout.timing[to].period : 1) + r) % 2 != 0, epilogue);
        } else if constexpr (is_contraction<Step>) {
            constexpr const auto& geometry = contraction<Step>::geometry;
            const T* taps[geometry.taps];
            find_taps<Step>(taps);
            const T* const from = geometry.packed ? prepared_of<Step>() : Weights::data + weights.weights;
            kernels::stream_product<geometry>(taps, from, bias, out, epilogue);
        } else {
            detail::lowering_of<Step>::template infer<own, T, false>(
                {place_of<Step::now.from>(), out, Weights::data + weights.weights, bias, nullptr, {0, 1}},
                epilogue);
        }
        for (std::size_t r = 0; r < missing; ++r)
            for (std::size_t c = 0; c < own::out.channels; ++c) out[r * own::out.pixel_stride + c] = T(0);
        mirror<to>();
    }

    /// Row 0 of each tap.
    template <class Step, std::size_t Taps>
    ARCHETYPE_INLINE void find_taps(const T* (&taps)[Taps]) {
        constexpr std::size_t from = Step::now.from;
        constexpr const detail::stream_buffer& buffer = buffer_of<from>;
        // The first row of the block that a result is complete with.
        constexpr std::size_t first =
            Block == 1 ? 0
                       : (layout.timing[Step::now.to].phase() - layout.timing[from].phase()) /
                             layout.timing[from].period;
        if constexpr (buffer.ring == none) {
            taps[0] = place_of<from>() + first * buffer.row;
        } else {
            const T* const base = state_.elements + buffer.offset + plan.values[from].first_channel;
            constexpr std::size_t dilation = Taps == 1 ? 0 : contraction<Step>::time.dilation;
            for (std::size_t k = 0; k < Taps; ++k)
                taps[k] = base +
                          buffer.row_before(state_.positions[buffer.ring], first, (Taps - 1 - k) * dilation) *
                              buffer.row;
        }
    }

    void advance() {
        [&]<std::size_t... V>(std::index_sequence<V...>) { (advance_ring<V>(), ...); }
        (std::make_index_sequence<plan.value_count>{});
        state_.time += Block;
    }
    template <std::size_t V>
    ARCHETYPE_INLINE void advance_ring() {
        constexpr const detail::stream_buffer& buffer = layout.buffers[V];
        if constexpr (buffer.ring != none) {
            if (!is_due<V>(state_.time)) return;
            std::size_t& position = state_.positions[buffer.ring];
            position = position + buffer.rows == buffer.length() ? 0 : position + buffer.rows;
        }
    }

    alignas(detail::read_slack != 0 ? 64 : alignof(T))
        T prepared_[detail::stream_weights_of<Net, T, Block>.back() + detail::read_slack + 1];
    state_type state_;
    alignas(detail::read_slack != 0 ? 64
                                    : alignof(T)) T working_[layout.working_elements + detail::read_slack];
};

}  // namespace detail

/// Runs `Net`, whose input is a sequence {time, features}, one block of `Block` time steps at a time; how long the
/// network's own sequence is does not matter. Results are those of a whole sequence bit for bit. Networks of single vectors
/// {features} run too: their time steps do not know of each other.
/// Everything is in the object: weights in the order of the machine's vectors (without vectors they are read where they
/// are), what layers remember, working memory. Make it static where the stack is small.
template <class Net, class T = float, std::size_t Block = 1>
class stream : detail::stream_report<Net, Block>::type {
public:
    template <class... Arguments>
    constexpr explicit stream(Arguments&&...) {}
};

template <class Net, class T, std::size_t Block>
requires(Block != 0 && streamable<Net, Block>) class stream<Net, T, Block>
    : public detail::stream_object<Net, T, Block, detail::referred_weights<T>> {
public:
    /// Refers to `weights`, which must stay. Weights made for another architecture do not compile.
    template <std::uint64_t Architecture, std::size_t Count, unsigned Format>
    explicit stream(const constant_weights<Architecture, Count, T, Format>& weights)
        : detail::stream_object<Net, T, Block, detail::referred_weights<T>>({weights.data}) {
        static_assert(detail::same_architecture<Net, Architecture>,
                      "archetype: these constant weights were written for another architecture");
        static_assert(detail::same_count<Net, Architecture, Count>,
                      "archetype: the number of constant weights does not fit the architecture");
    }
};

}  // namespace archetype
