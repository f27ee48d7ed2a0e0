// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_winograd.hpp
/// Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering, forward and both gradients (Lavin and Gray 2016,
/// arXiv:1509.09308): fewer products than by the definition, 4 for 9 with tiles of 2 x 2 results, 9 for 36 with 4 x 4.
#pragma once
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>
#include <archetype/kernels/convolution/ways/winograd_gradient.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A convolution that the kernels below run: 3 x 3, stride and dilation 1, one group.
constexpr bool is_winograd(const conv2d_geometry& g) {
    return g.win == window{3, 3, 1, 1, 1, 1, g.win.pad_top, g.win.pad_left} && g.groups == 1;
}

/// How `conv2d_winograd_forward` runs: `Tile` x `Tile` results at a time (2 or 4), `most` tiles in a group.
/// @tparam Turned  the gradient of the input, with the filters turned around
template <conv2d_geometry G, std::size_t Tile, class T, bool Turned = false>
struct conv2d_winograd_weights {
    static_assert(is_winograd(G) && (Tile == 2 || Tile == 4));
    static constexpr std::size_t inputs = Turned ? G.out.channels : G.in.channels,
                                 filters = Turned ? G.in.channels : G.out.channels;
    static constexpr const image& result = Turned ? G.in : G.out;
    static constexpr std::size_t tiles =
        (result.height + Tile - 1) / Tile * ((result.width + Tile - 1) / Tile);
    static constexpr detail::tile_shape tile = detail::choose_tile<T>(tiles < 60 ? tiles : 60, filters);
    static constexpr std::size_t panel_width = tile.vectors * lane_count<T>;
    static constexpr std::size_t prepared_size =
        detail::winograd_weights_size<T, Tile>(inputs, filters, panel_width);

    /// Reads the `G.weights_size()` logical weights, writes `prepared_size` elements: the filters' points.
    static void prepare(const T* logical_weights, T* prepared) {
        detail::winograd_prepare<T, Tile, Turned>(logical_weights, inputs, filters, panel_width, prepared);
    }
    /// Elements of workspace for groups of `most` tiles.
    static constexpr std::size_t workspace(std::size_t most) {
        return detail::winograd_extents<T, Tile, tile>(result.height, result.width, inputs, filters)
            .workspace(most);
    }
};

/// out = epilogue(convolution of `in` + bias) for the samples of a range; the arguments are those of `conv2d_forward`.
/// Errors: docs/reference/winograd.md.
/// @param weights    what `conv2d_winograd_weights<G, Tile, T>::prepare` made
/// @param most       tiles in a group
/// @param workspace  `conv2d_winograd_weights<G, Tile, T>::workspace(most)` elements, or of all tiles if they are fewer
template <conv2d_geometry G, std::size_t Tile, class T, class Epilogue = identity_epilogue>
void conv2d_winograd_forward(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue,
                             range samples, std::size_t most, T* workspace) {
    static constexpr detail::winograd_convolution all = detail::winograd_forward(G);
    detail::run_winograd<T, Tile, conv2d_winograd_weights<G, Tile, T>::tile>(
        all, in, weights, bias, out, epilogue, samples, most, workspace);
}

/// grad_in = epilogue(gradient with respect to the convolution's input); the arguments are those of `conv2d_backward_input`.
/// @param weights    what `conv2d_winograd_weights<G.forward, Tile, T, true>::prepare` made
/// @param workspace  `conv2d_winograd_weights<G.forward, Tile, T, true>::workspace(most)` elements
template <conv2d_backward_geometry G, std::size_t Tile, class T, class Epilogue = identity_epilogue>
void conv2d_winograd_backward_input(const T* grad_out, const T* weights, T* grad_in, const Epilogue& epilogue,
                                    range samples, std::size_t most, T* workspace) {
    static constexpr detail::winograd_convolution all = detail::winograd_backward(G);
    detail::run_winograd<T, Tile, conv2d_winograd_weights<G.forward, Tile, T, true>::tile>(
        all, grad_out, weights, static_cast<const T*>(nullptr), grad_in, epilogue, samples, most, workspace);
}

/// How `conv2d_winograd_backward_weights` is cut into tasks, and what workspace a thread needs.
template <conv2d_backward_geometry G, std::size_t Tile, class T>
struct conv2d_winograd_gradient {
    static constexpr detail::tile_shape tile =
        detail::choose_tile<T>(G.forward.in.channels, G.forward.out.channels);
    static constexpr detail::winograd_convolution convolution = [] {
        detail::winograd_convolution c = detail::winograd_forward(G.forward);
        c.result = G.grad_out;
        return c;
    }();
    static constexpr detail::winograd_gradient_plan<T, Tile, tile> plan{convolution};
    static constexpr std::size_t tasks = plan.tasks, workspace = plan.workspace();
};

/// Gradients with respect to the weights and bias; the arguments are those of `conv2d_backward_weights`.
template <conv2d_backward_geometry G, std::size_t Tile, class T>
void conv2d_winograd_backward_weights(const T* in, const T* grad_out, T* grad_weights, T* grad_bias,
                                      bool accumulate, std::size_t batch, range tasks, T* workspace) {
    using gradient = conv2d_winograd_gradient<G, Tile, T>;
    constexpr std::size_t filters = G.forward.out.channels, panel = gradient::plan.panel_width,
                          of_task = gradient::plan.task_filters;
    if (grad_bias != nullptr)
        for (std::size_t f = tasks.first * of_task; f < tasks.last * of_task && f < filters; f += panel)
            detail::sum_positions<T, gradient::tile.vectors>(grad_out + G.grad_out.offset + f, G.grad_out,
                                                             batch, filters - f < panel ? filters - f : panel,
                                                             accumulate, grad_bias + f);
    detail::run_winograd_gradient<T, Tile, gradient::tile>(gradient::convolution, in, grad_out, grad_weights,
                                                           accumulate, batch, tasks, workspace);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
