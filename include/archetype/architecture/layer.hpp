// SPDX-License-Identifier: BSL-1.0
/// @file layer.hpp
/// What a layer says of itself: a type with `kind`, `role` and `describe(shape)`, which computes on values.
#pragma once
#include <archetype/architecture/window.hpp>
#include <concepts>
#include <initializer_list>

namespace archetype {

/// How a layer is executed, which decides what may be fused with what.
enum class layer_role {
    contraction,    ///< multiplies with weights: convolution, dense
    pooling,        ///< a window without weights
    normalization,  ///< batch_norm: folded into the contraction before it at inference
    pointwise,      ///< one expression for each element
    rows,           ///< softmax: each row on its own
    recurrent,      ///< goes through time and keeps a state
    lookup,         ///< reads rows of a table: embedding
    operand,        ///< joins with weights of its own
    rearrangement,  ///< moves elements: slice, permute, channel_shuffle
    alias,          ///< moves no data at inference: flatten, reshape, dropout
    join,           ///< makes one result of several: add, concatenate
    source,         ///< a further input of the network
};

/// A function that the library knows by what it computes, not by a layer's name: it may end a network below a loss, or
/// have a form of its own in 8 bits.
enum class known_function { none, relu, leaky_relu, elu, sigmoid, tanh, softmax, log_softmax };

/// What a join computes.
enum class join_kind { none, sum, product, mean, maximum, concatenation, difference, quotient, minimum };

namespace detail {
/// Where the elements of a rearrangement come from. Axes are rows, columns and channels: cell i of axis `a` of the result is
/// cell first[a] + i * step[a] of axis from[a] of the input; with groups, result channel i is channel
/// i % groups * (channels / groups) + i / groups.
struct axis_moves {
    std::size_t from[3]{0, 1, 2};
    std::ptrdiff_t first[3]{}, step[3]{1, 1, 1};
    std::size_t groups = 1;
};
}  // namespace detail

/// How a parameter starts.
enum class initial { zeros, ones, weights, number };

/// One parameter tensor of a layer.
struct parameter {
    text_view name{};  ///< as Keras calls it: kernel, bias, gamma, beta, moving_mean, moving_variance
    shape extents{};   ///< as Keras stores it: [rows][columns][channels in][filters], [in][out], [channels]
    bool trainable = true;
    initial start = initial::zeros;
    std::uint64_t fan_in = 0, fan_out = 0;        ///< for Glorot's and He's initializers
    double l1 = 0, l2 = 0;                        ///< factors of the penalties l1 |w| and l2 w^2 in training
    std::uint64_t ones_first = 0, ones_last = 0;  ///< elements that start at 1, whatever `start` says
    double number = 0;                            ///< where `initial::number` starts
};

/// Parameter tensors of one layer, at most.
inline constexpr std::size_t max_parameter_tensors = 7;

/// Cells along one axis, from the first to the last; none if `last` is below.
struct cells_read {
    std::ptrdiff_t first = 0, last = -1;
};

/// What becomes of a layer for one input shape.
struct layer_facts {
    rule broken = rule::ok;
    shape output{};
    window_facts window{};       ///< over the input
    window_facts spread_over{};  ///< that window, seen as a convolution from the output to the input
    extent enlarges{1};          ///< results for each cell of the input
    extent shrinks{1};           ///< cells for each result, over `enlarges`
    /// Which cells of an axis (`rows` or columns) of the input a range of results reads, where nothing else here tells.
    cells_read (*reads_cells)(const shape& in, bool rows, cells_read results) = nullptr;
    /// The same for slices of a volume; all three then count the cells of the padding, too.
    cells_read (*reads_slices)(const shape& in, cells_read results) = nullptr;
    std::size_t drops_axis =
        0;            ///< 1: channels are pooled away and the axes before follow, 2: columns, 3: rows
    extent reads{1};  ///< without a window: neighbouring cells that a result depends on
    std::ptrdiff_t moves_down = 0, moves_right = 0;  ///< without a window: how far cells move
    std::size_t groups = 1;
    std::uint64_t normalizes = 0;  ///< of `rows`: how many values share a mean or a mean square
    std::size_t parameter_tensors = 0;
    parameter parameters[max_parameter_tensors]{};
    std::size_t filter_stride = 1;  ///< between the weights of neighbouring filters in a contraction's kernel
    /// The filter that a weight of the kernel belongs to, where no stride tells.
    std::size_t (*filter_of)(const layer_facts& facts, std::uint64_t weight) = nullptr;
    double epsilon = 0, momentum = 0, rate = 0;  ///< of a normalization; of a dropout
    std::uint64_t state_elements = 0;            ///< kept from one time step to the next
    std::uint64_t scratch_elements = 0;          ///< needed for one sample while inference runs the layer
    bool may_filter = false;   ///< its lowering knows Winograd's filtering, and its window fits
    std::size_t winograd = 0;  ///< the side of a tile of that; 0: none
    std::size_t block = 0,
                block_reach = 0;   ///< results of so many steps read so many steps behind the first of them
    std::uint64_t most_steps = 0;  ///< that a stream may bring it; 0: any number
    known_function function = known_function::none;
    join_kind joins = join_kind::none;
    std::size_t axis = 2;        ///< of a concatenation: rows, columns or channels
    detail::axis_moves moves{};  ///< of a rearrangement
    double variant = 0;  ///< what else tells layers of one kind apart at inference: a slope, a divisor rule
    std::uint64_t multiply_accumulates = 0;  ///< of contractions
    std::uint64_t pointwise_operations =
        0;  ///< bias, activation, pooling, normalization: additions, comparisons, function calls
    // Together, so that no room is lost between them.
    bool has_window = false;
    bool is_transposed = false;  ///< each input is spread over a window of the output
    bool sees_everything =
        false;  ///< each output depends on the whole input (dense, global pooling, softmax)
    bool sees_all_rows = false, sees_all_columns = false;  ///< each output depends on all of an axis
    /// Without a window: makes each row of an image of that row alone, all alike.
    bool makes_rows_alone = false;
    bool repeats_cells = false;    ///< without a window: each cell is `enlarges` of the result
    bool sees_one_pixel = false;   ///< a pooling whose results depend on the channels of one pixel alone
    bool keeps_channels = false;   ///< no result depends on another channel
    bool knows_places = false;     ///< its parameters belong to places: it is not the same at every time step
    bool looks_ahead = false;      ///< in a stream its window waits for later steps
    bool counts_steps = false;     ///< knows its places by counting: a stream can, too
    bool reads_backwards = false;  ///< goes through time from its end
    bool acts_in_training_only = false;  ///< an alias at inference
    bool treats_batch_as_one = false;    ///< of a noise of training: all samples have the same
    bool gradient_reads_result =
        false;  ///< in training nothing may be added to the result, nor done to it in place

    constexpr void add(const parameter& tensor) { parameters[parameter_tensors++] = tensor; }
};

namespace detail {
/// What `describe` starts from: to copy it costs compilers less than to make another.
inline constexpr layer_facts blank_facts{};
}  // namespace detail

namespace detail {
inline constexpr std::size_t no_tensor = static_cast<std::size_t>(-1);
/// Which of a layer's tensors has the name, `no_tensor` if none has.
constexpr std::size_t tensor_named(const layer_facts& facts, text_view name) {
    for (std::size_t i = 0; i < facts.parameter_tensors; ++i)
        if (facts.parameters[i].name == name) return i;
    return no_tensor;
}
}  // namespace detail

/// The facts of a layer that is wrong.
constexpr layer_facts broken_layer(rule why) {
    layer_facts facts;
    facts.broken = why;
    return facts;
}

namespace detail {
/// A `layer_facts::variant` of several numbers: 52 bits of their FNV-1a hash.
constexpr double fingerprint(std::initializer_list<double> numbers) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const double number : numbers)
        hash = (hash ^ __builtin_bit_cast(std::uint64_t, number)) * 0x100000001b3u;
    return static_cast<double>(hash >> 12);
}
}  // namespace detail

namespace detail {
/// The extents of a shape as rows, columns and channels.
struct image_extents {
    std::size_t of[3];
    constexpr explicit image_extents(const shape& in) : of{in.height(), in.width(), in.channels()} {}
};
/// A rearrangement that leaves elements where they are in memory: it moves axes of one cell only.
constexpr bool moves_nothing(const layer_facts& facts, const shape& in) {
    const axis_moves& moves = facts.moves;
    const image_extents result(facts.output), given(in);
    if (moves.groups != 1 && moves.groups != in.channels()) return false;
    std::size_t before = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::size_t from = moves.from[axis];
        if (moves.first[axis] != 0 || result.of[axis] != given.of[from]) return false;
        if (result.of[axis] == 1) continue;
        if (moves.step[axis] != 1 || from < before) return false;
        before = from;
    }
    return true;
}
/// It takes neighbouring rows, columns or channels, in their order.
constexpr bool takes_neighbours(const layer_facts& facts) {
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (facts.moves.from[axis] != axis || facts.moves.step[axis] != 1) return false;
    return facts.moves.groups == 1;
}
/// Each of its results comes from the row and column where it is: it moves channels only.
constexpr bool moves_channels_only(const layer_facts& facts, const shape& in) {
    const axis_moves& moves = facts.moves;
    for (std::size_t axis = 0; axis < 2; ++axis)
        if (moves.from[axis] != axis || moves.first[axis] != 0 || moves.step[axis] != 1) return false;
    return facts.output.height() == in.height() && facts.output.width() == in.width();
}
}  // namespace detail

/// A layer type.
template <class T>
concept layer = requires(const shape& in) {
    { T::kind } -> std::convertible_to<text_view>;
    { T::role } -> std::convertible_to<layer_role>;
    { T::describe(in) } -> std::same_as<layer_facts>;
};

}  // namespace archetype
