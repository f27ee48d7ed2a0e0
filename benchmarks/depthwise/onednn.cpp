// SPDX-License-Identifier: BSL-1.0
/// @file onednn.cpp
/// Depthwise convolution of oneDNN, whatever implementation it picks for channels-last images; see archetype.cpp.
#include "../peers/onednn.hpp"
#include "problem.hpp"

using namespace depthwise;
using namespace peers;
using dnnl::memory;
using tag = memory::format_tag;

namespace {

struct problem {
    using arguments = std::unordered_map<int, memory>;
    static constexpr auto direct = dnnl::algorithm::convolution_direct;
    memory::dims strides, pads{1, 1}, after;
    memory::desc image{{1, channels, size, size}, type, tag::nhwc}, result,
        any{{channels, 1, 1, 3, 3}, type, tag::any}, bias{{channels}, type, tag::a};
    memory in{image, engine}, out, weights{{{channels, 1, 1, 3, 3}, type, tag::hwigo}, engine},
        biases{bias, engine}, grad_out, grad_in{image, engine}, grad_bias{bias, engine}, grad_weights;
    dnnl::convolution_forward forward;
    dnnl::convolution_backward_data input;
    dnnl::convolution_backward_weights weight;
    arguments forward_arguments, input_arguments, weight_arguments;

    explicit problem(std::size_t stride)
        : strides{long(stride), long(stride)},
          after{stride == 1 ? 1 : 0, stride == 1 ? 1 : 0},
          result({1, channels, long(results(stride)), long(results(stride))}, type, tag::nhwc),
          out(result, engine),
          grad_out(result, engine) {
        for (const memory& of : {in, weights, biases, grad_out}) fill(of, number);
        const dnnl::convolution_forward::primitive_desc plan(
            {dnnl::prop_kind::forward, direct, image, any, bias, result, strides, pads, after}, engine);
        const dnnl::convolution_backward_data::primitive_desc input_plan(
            {direct, image, any, result, strides, pads, after}, engine, plan);
        const dnnl::convolution_backward_weights::primitive_desc weight_plan(
            {direct, image, any, bias, result, strides, pads, after}, engine, plan);
        forward = dnnl::convolution_forward(plan);
        input = dnnl::convolution_backward_data(input_plan);
        weight = dnnl::convolution_backward_weights(weight_plan);
        grad_weights = memory(weight_plan.diff_weights_desc(), engine);
        forward_arguments = {{DNNL_ARG_SRC, in},
                             {DNNL_ARG_WEIGHTS, reordered(weights, plan.weights_desc())},
                             {DNNL_ARG_BIAS, biases},
                             {DNNL_ARG_DST, out}};
        input_arguments = {{DNNL_ARG_DIFF_DST, grad_out},
                           {DNNL_ARG_WEIGHTS, reordered(weights, input_plan.weights_desc())},
                           {DNNL_ARG_DIFF_SRC, grad_in}};
        weight_arguments = {{DNNL_ARG_SRC, in},
                            {DNNL_ARG_DIFF_DST, grad_out},
                            {DNNL_ARG_DIFF_WEIGHTS, grad_weights},
                            {DNNL_ARG_DIFF_BIAS, grad_bias}};
    }
    void run(const dnnl::primitive& what, const arguments& with) {
        what.execute(stream, with);
        stream.wait();
    }
};

}  // namespace

int main() {
    static problem one(1), two(2);
    std::map<std::string, std::function<void(std::ostream&)>> commands;
    const auto add = [&](problem& p, const std::string& stride) {
        commands["forward" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run(p.forward, p.forward_arguments); });
        };
        commands["input" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run(p.input, p.input_arguments); });
        };
        commands["weights" + stride] = [&](std::ostream& to) {
            to << peers::seconds_of_many([&] { p.run(p.weight, p.weight_arguments); });
        };
        commands["sum" + stride] = [&](std::ostream& to) {
            p.run(p.forward, p.forward_arguments), p.run(p.input, p.input_arguments),
                p.run(p.weight, p.weight_arguments);
            const memory plain = reordered(p.grad_weights, p.weights.get_desc());
            to << weighted_sum(numbers(p.out), p.out.get_desc().get_size() / sizeof(float)) << ' '
               << weighted_sum(numbers(p.grad_in), p.grad_in.get_desc().get_size() / sizeof(float)) << ' '
               << weighted_sum(numbers(plain), 9 * channels);
        };
    };
    add(one, "1");
    add(two, "2");
    peers::serve(commands);
}
