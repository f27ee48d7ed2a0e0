// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// Depthwise convolution, forward and both gradients: commands forward1, input1, weights1 and sum1; 2 for a stride of 2.
#include "problem.hpp"

#include <archetype/kernels/convolution/conv2d_backward_input.hpp>
#include <archetype/kernels/convolution/conv2d_backward_weights.hpp>
#include <archetype/kernels/convolution/conv2d_forward.hpp>

namespace kernels = archetype::kernels;
using namespace depthwise;
using namespace peers;

namespace {

template <std::size_t Stride>
struct problem {
    static constexpr std::size_t out_size = results(Stride), after = Stride == 1 ? 1 : 0;
    static constexpr kernels::conv2d_geometry forward{
        kernels::halo_image(size, size, channels, 1, 1, after, after),
        kernels::dense_image(out_size, out_size, channels),
        {3, 3, Stride, Stride, 1, 1, 1, 1},
        channels};
    static constexpr kernels::halo zeros = kernels::backward_halo(forward);
    static constexpr kernels::conv2d_backward_geometry backward{
        forward,
        kernels::halo_image(out_size, out_size, channels, zeros.top, zeros.left, zeros.bottom, zeros.right),
        kernels::dense_image(size, size, channels)};
    values in{forward.in.sample_stride}, weights{9 * channels}, bias{channels},
        out{forward.out.sample_stride}, grad_out{backward.grad_out.sample_stride},
        grad_in{backward.grad_in.sample_stride}, grad_weights{9 * channels}, grad_bias{channels},
        workspace{kernels::conv2d_backward_weights_workspace<backward, float>};

    problem() {
        fill(in.data, forward.in);
        fill(grad_out.data, backward.grad_out);
        for (std::size_t i = 0; i < 9 * channels; ++i) weights.data[i] = number(i);
        for (std::size_t i = 0; i < channels; ++i) bias.data[i] = number(i);
    }
    static void fill(float* to, const kernels::image& image) {
        for (std::size_t i = 0; i < image.size(); ++i)
            to[image.offset + i / channels / image.width * image.row_stride +
               i / channels % image.width * image.pixel_stride + i % channels] = number(i);
    }
    void run_forward() {
        kernels::conv2d_forward<forward, float>(in.data, weights.data, bias.data, out.data,
                                                kernels::identity_epilogue{}, {0, 1});
    }
    void run_input() {
        kernels::conv2d_backward_input<backward, float>(grad_out.data, weights.data, grad_in.data,
                                                        kernels::identity_epilogue{}, {0, 1});
    }
    void run_weights() {
        kernels::conv2d_backward_weights<backward, float>(
            in.data, grad_out.data, grad_weights.data, grad_bias.data, false, 1,
            {0, kernels::conv2d_weight_tasks<backward, float>}, workspace.data);
    }
};

}  // namespace

int main() {
    static problem<1> one;
    static problem<2> two;
    std::map<std::string, std::function<void(std::ostream&)>> commands;
    const auto add = [&](auto& p, const std::string& stride) {
        commands["forward" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run_forward(); });
        };
        commands["input" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run_input(); });
        };
        commands["weights" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run_weights(); });
        };
        commands["sum" + stride] = [&](std::ostream& to) {
            p.run_forward(), p.run_input(), p.run_weights();
            to << weighted_sum(p.out.data, p.forward.out.size()) << ' '
               << weighted_sum(p.grad_in.data, p.backward.grad_in.size()) << ' '
               << weighted_sum(p.grad_weights.data, 9 * channels);
        };
    };
    add(one, "1");
    add(two, "2");
    peers::serve(commands);
}
