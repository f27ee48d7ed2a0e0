// SPDX-License-Identifier: BSL-1.0
/// @file counts.hpp
/// The constants of a network, of a named part and of a layer. Counts are 64-bit.
///
/// `parameter_count<net>` is of the whole network, `parameter_count<net, "stage3/block2">` of a named part (a
/// layer without a name of its own goes by its kind: "conv2d", "conv2d_1"), and `facts_of<net>.nodes[i]` has
/// all of layer i.
#pragma once
#include <archetype/architecture/stream_facts.hpp>

namespace archetype {

namespace detail {

/// The function that sums `read(node)` over the layers of a part.
template <class Read>
constexpr auto sum_of(Read read) {
    return [read](const auto& facts, const scope& part) {
        std::uint64_t sum = 0;
        for (std::size_t i = part.first; i < part.last; ++i) sum += read(facts.nodes[i]);
        return sum;
    };
}

}  // namespace detail

/// Shape of one sample that the network (or part) takes.
template <class Net, name Part = "">
inline constexpr auto input_shape =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        return part.first == part.last ? facts.shape_of(part.begin) : facts.nodes[part.first].input;
    });

/// Shape of one sample's result; of a network with side outputs, of its end.
template <class Net, name Part = "">
inline constexpr auto output_shape =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        return facts.shape_of(part.end);
    });

/// Number of layers; a `repeat` counts each time.
template <class Net, name Part = "">
inline constexpr auto layer_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto&,
                                                                                    const scope& part) {
        return part.last - part.first;
    });

/// Trainable parameters: what papers and PyTorch count.
template <class Net, name Part = "">
inline constexpr auto parameter_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return at.count(true); }));

/// Moving statistics, which training updates without gradients.
template <class Net, name Part = "">
inline constexpr auto non_trainable_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return at.count(false); }));

/// Trainable and not: what Keras calls "Total params".
template <class Net, name Part = "">
inline constexpr auto total_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return at.count(true) + at.count(false); }));

/// Multiply-accumulates of contractions (convolution, dense) for one sample; bias and activations not
/// counted.
template <class Net, name Part = "">
inline constexpr auto multiply_accumulate_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return at.multiply_accumulates; }));

/// Two for each multiply-accumulate, and one for each bias addition, activation, comparison or division.
template <class Net, name Part = "">
inline constexpr auto flop_count =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return 2 * at.multiply_accumulates + at.pointwise_operations; }));

/// Bytes of all parameters in single precision.
template <class Net, name Part = "">
inline constexpr auto weight_bytes =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>(
        detail::sum_of([](const node& at) { return 4 * (at.count(true) + at.count(false)); }));

/// Bytes that layers keep from one time step to the next for one sequence, in single precision: states of recurrent
/// layers, the dilation * (kernel - 1) steps before the newest that a convolution or a pooling of windows reads; and, of what
/// can be streamed, the steps of a branch that wait where a later one joins it.
template <class Net, name Part = "">
inline constexpr auto state_bytes =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        constexpr const auto& found = detail::stream_facts_of<Net, 1>;
        std::uint64_t sum = 0;
        for (std::size_t i = part.first; i < part.last; ++i)
            sum += facts.nodes[i].state_elements + (found.first_fault.broken == rule::ok ? found.kept[i] : 0);
        return 4 * sum;
    });

/// Cells at the bottom and right that no window of the layer reads (of a part: of its last layer with a
/// window).
template <class Net, name Part>
inline constexpr auto remainder_of =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        for (std::size_t i = part.last; i-- > part.first;)
            if (facts.nodes[i].has_window) {
                const window_facts& window = facts.nodes[i].window;
                return extent{window.rows.remainder, window.columns.remainder};
            }
        return extent{0, 0};
    });

/// What all layers of one kind hold, as fractions of the network.
struct share {
    double parameters = 0, multiply_accumulates = 0;
};

/// The share of a kind of layer: `share_of<net, "conv2d">.parameters`; of those with one kernel only:
/// `share_of<net, "conv2d", 1, 1>`.
template <class Net, name Kind, std::size_t... Kernel>
requires(sizeof...(Kernel) == 0 || sizeof...(Kernel) == 2) inline constexpr auto share_of = detail::constant<
    Net, "", typename detail::report<Net>::type::shown>([](const auto& facts, const scope&) {
    constexpr std::size_t kernel[] = {Kernel..., 0, 0};
    double of_kind[2]{}, of_all[2]{};
    for (const node& at : facts.nodes) {
        const bool counts = at.kind == Kind.view() &&
                            (kernel[0] == 0 || (at.has_window && at.window.rows.kernel == kernel[0] &&
                                                at.window.columns.kernel == kernel[1]));
        const double own[2] = {static_cast<double>(at.count(true)),
                               static_cast<double>(at.multiply_accumulates)};
        for (int k = 0; k < 2; ++k) {
            of_all[k] += own[k];
            if (counts) of_kind[k] += own[k];
        }
    }
    return share{of_all[0] == 0 ? 0 : of_kind[0] / of_all[0], of_all[1] == 0 ? 0 : of_kind[1] / of_all[1]};
});

}  // namespace archetype
