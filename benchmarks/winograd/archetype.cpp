// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// Convolutions by Winograd's filtering and directly, forward and both gradients. Commands are WHAT WAY LAYER: forward, input,
/// weights or sum, by direct or winograd, of a layer from 0 on; `tile LAYER` is the side of a tile.
#include "problem.hpp"

#include <archetype/architecture/winograd_cost.hpp>
#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/convolution/conv2d_winograd.hpp>
#include <memory>
#include <utility>

namespace kernels = archetype::kernels;
using namespace winograd;
using namespace peers;

namespace {

using commands_type = std::map<std::string, std::function<void(std::ostream&)>>;

template <std::size_t Layer>
struct problem {
    static constexpr std::size_t size = layers[Layer].size, channels = layers[Layer].channels;
    static constexpr kernels::conv2d_geometry forward{kernels::halo_image(size, size, channels, 1, 1, 1, 1),
                                                      kernels::dense_image(size, size, channels),
                                                      {3, 3, 1, 1, 1, 1, 1, 1},
                                                      1};
    static constexpr kernels::conv2d_backward_geometry backward{
        forward, kernels::halo_image(size, size, channels, 1, 1, 1, 1),
        kernels::dense_image(size, size, channels)};
    static constexpr std::size_t tile = [] {
        archetype::layer_facts facts;
        facts.may_filter = true;
        facts.output = {size, size, channels};
        const std::size_t fastest = archetype::detail::fastest_winograd(facts.output, facts, 4);
        return fastest == 0 ? std::size_t{2} : fastest;
    }();
    static constexpr std::size_t most = archetype::detail::winograd_group(tile, channels, channels);
    using weights_of = kernels::conv2d_weights<forward, float>;
    using turned_of = kernels::conv2d_transposed_weights<forward, float>;
    using points_of = kernels::conv2d_winograd_weights<forward, tile, float>;
    using turned_points_of = kernels::conv2d_winograd_weights<forward, tile, float, true>;
    using gradient_of = kernels::conv2d_winograd_gradient<backward, tile, float>;

    values in{forward.in.sample_stride}, logical{forward.weights_size()}, bias{channels},
        prepared{weights_of::prepared_size}, turned{turned_of::prepared_size},
        points{points_of::prepared_size}, turned_points{turned_points_of::prepared_size},
        out{forward.out.sample_stride}, grad_out{backward.grad_out.sample_stride},
        grad_in{backward.grad_in.sample_stride}, grad_weights{forward.weights_size()}, grad_bias{channels},
        workspace{
            std::max({kernels::conv2d_forward_workspace<forward, float>,
                      kernels::conv2d_backward_input_workspace<backward, float>,
                      kernels::conv2d_backward_weights_workspace<backward, float>, points_of::workspace(most),
                      turned_points_of::workspace(most), gradient_of::workspace})};
    const float* direct = logical.data;

    problem() {
        fill(in.data, forward.in);
        fill(grad_out.data, backward.grad_out);
        for (std::size_t i = 0; i < forward.weights_size(); ++i) logical.data[i] = number(i);
        for (std::size_t i = 0; i < channels; ++i) bias.data[i] = number(i);
        if (weights_of::prepared_size != 0) {
            weights_of::prepare(logical.data, prepared.data);
            direct = prepared.data;
        }
        turned_of::prepare(logical.data, turned.data);
        points_of::prepare(logical.data, points.data);
        turned_points_of::prepare(logical.data, turned_points.data);
    }
    static void fill(float* to, const kernels::image& image) {
        for (std::size_t i = 0; i < image.size(); ++i)
            to[image.offset + i / channels / image.width * image.row_stride +
               i / channels % image.width * image.pixel_stride + i % channels] = number(i);
    }
    static constexpr kernels::identity_epilogue none{};
    void run(const std::string& what, bool filtered) {
        if (what == "forward" && filtered)
            kernels::conv2d_winograd_forward<forward, tile, float>(in.data, points.data, bias.data, out.data,
                                                                   none, {0, 1}, most, workspace.data);
        else if (what == "forward")
            kernels::conv2d_forward<forward, float>(in.data, direct, bias.data, out.data, none, {0, 1},
                                                    workspace.data);
        else if (what == "input" && filtered)
            kernels::conv2d_winograd_backward_input<backward, tile, float>(
                grad_out.data, turned_points.data, grad_in.data, none, {0, 1}, most, workspace.data);
        else if (what == "input")
            kernels::conv2d_backward_input<backward, float>(grad_out.data, turned.data, grad_in.data, none,
                                                            {0, 1}, workspace.data);
        else if (filtered)
            kernels::conv2d_winograd_backward_weights<backward, tile, float>(
                in.data, grad_out.data, grad_weights.data, grad_bias.data, false, 1, {0, gradient_of::tasks},
                workspace.data);
        else
            kernels::conv2d_backward_weights<backward, float>(
                in.data, grad_out.data, grad_weights.data, grad_bias.data, false, 1,
                {0, kernels::conv2d_weight_tasks<backward, float>}, workspace.data);
    }
};

template <std::size_t Layer>
void add_layer(commands_type& commands) {
    const auto p = std::make_shared<problem<Layer>>();
    const std::string number = " " + std::to_string(Layer);
    commands["tile" + number] = [](std::ostream& to) { to << problem<Layer>::tile; };
    for (const bool filtered : {false, true}) {
        const std::string way = (filtered ? " winograd" : " direct") + number;
        for (const std::string what : {"forward", "input", "weights"})
            commands[what + way] = [=](std::ostream& to) {
                to << peers::seconds_of_many([&] { p->run(what, filtered); });
            };
        commands["sum" + way] = [=](std::ostream& to) {
            for (const std::string what : {"forward", "input", "weights"}) p->run(what, filtered);
            to << weighted_sum(p->out.data, p->forward.out.size()) << ' '
               << weighted_sum(p->grad_in.data, p->backward.grad_in.size()) << ' '
               << weighted_sum(p->grad_weights.data, p->forward.weights_size());
        };
    }
}

}  // namespace

int main() {
    commands_type commands;
    [&]<std::size_t... Layer>(std::index_sequence<Layer...>) { (add_layer<Layer>(commands), ...); }
    (std::make_index_sequence<std::size(layers)>{});
    peers::serve(commands);
}
