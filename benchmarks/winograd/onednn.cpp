// SPDX-License-Identifier: BSL-1.0
/// @file onednn.cpp
/// The same of oneDNN: direct with images channels-last, and its Winograd convolutions in the layout that they choose; see
/// archetype.cpp. Where it has none the time is that of its direct ones.
#include "../peers/onednn.hpp"
#include "problem.hpp"

#include <memory>

using namespace winograd;
using namespace peers;
using dnnl::memory;
using tag = memory::format_tag;

namespace {

struct problem {
    using arguments = std::unordered_map<int, memory>;
    memory::dims ones{1, 1}, image, kernel;
    memory::desc last, filters, bias;
    dnnl::algorithm algorithm;
    std::map<std::string, std::pair<dnnl::primitive, arguments>> runs;
    memory out, grad_in, grad_weights;

    problem(const layer& of, bool filtered)
        : image{1, long(of.channels), long(of.size), long(of.size)},
          kernel{long(of.channels), long(of.channels), 3, 3},
          last(image, type, tag::nhwc),
          filters(kernel, type, tag::hwio),
          bias({long(of.channels)}, type, tag::a),
          algorithm(filtered ? dnnl::algorithm::convolution_winograd : dnnl::algorithm::convolution_direct) {
        memory::desc any = filtered ? memory::desc(image, type, tag::any) : last,
                     weights(kernel, type, tag::any);
        memory in(last, engine), logical(filters, engine), biases(bias, engine), above(last, engine);
        for (const memory& one : {in, logical, biases, above}) fill(one, number);
        const dnnl::convolution_forward::primitive_desc forward(
            {dnnl::prop_kind::forward_training, algorithm, any, weights, bias, any, ones, ones, ones},
            engine);
        const dnnl::convolution_backward_data::primitive_desc input(
            {algorithm, any, weights, any, ones, ones, ones}, engine, forward);
        const auto gradient = weight_plan(any, weights, forward);
        out = memory(forward.dst_desc(), engine);
        grad_in = memory(input.diff_src_desc(), engine);
        grad_weights = memory(gradient.diff_weights_desc(), engine);
        runs["forward"] = {dnnl::convolution_forward(forward),
                           {{DNNL_ARG_SRC, reordered(in, forward.src_desc())},
                            {DNNL_ARG_WEIGHTS, reordered(logical, forward.weights_desc())},
                            {DNNL_ARG_BIAS, biases},
                            {DNNL_ARG_DST, out}}};
        runs["input"] = {dnnl::convolution_backward_data(input),
                         {{DNNL_ARG_DIFF_DST, reordered(above, input.diff_dst_desc())},
                          {DNNL_ARG_WEIGHTS, reordered(logical, input.weights_desc())},
                          {DNNL_ARG_DIFF_SRC, grad_in}}};
        runs["weights"] = {dnnl::convolution_backward_weights(gradient),
                           {{DNNL_ARG_SRC, reordered(in, gradient.src_desc())},
                            {DNNL_ARG_DIFF_DST, reordered(above, gradient.diff_dst_desc())},
                            {DNNL_ARG_DIFF_WEIGHTS, grad_weights},
                            {DNNL_ARG_DIFF_BIAS, memory(bias, engine)}}};
    }
    /// Version 2.6 has no Winograd gradient of the weights.
    dnnl::convolution_backward_weights::primitive_desc weight_plan(
        const memory::desc& any, const memory::desc& weights,
        const dnnl::convolution_forward::primitive_desc& forward) {
        try {
            return {{algorithm, any, weights, bias, any, ones, ones, ones}, engine, forward};
        } catch (const dnnl::error&) {
            constexpr auto direct = dnnl::algorithm::convolution_direct;
            const dnnl::convolution_forward::primitive_desc plain(
                {dnnl::prop_kind::forward_training, direct, last, weights, bias, last, ones, ones, ones},
                engine);
            return {{direct, last, weights, bias, last, ones, ones, ones}, engine, plain};
        }
    }
    void run(const std::string& what) {
        runs[what].first.execute(stream, runs[what].second);
        stream.wait();
    }
};

}  // namespace

int main() {
    std::map<std::string, std::function<void(std::ostream&)>> commands;
    for (std::size_t n = 0; n < std::size(layers); ++n)
        for (const bool filtered : {false, true}) {
            const auto p = std::make_shared<problem>(layers[n], filtered);
            const std::string way = (filtered ? " winograd " : " direct ") + std::to_string(n);
            for (const std::string what : {"forward", "input", "weights"})
                commands[what + way] = [=](std::ostream& to) {
                    to << peers::seconds_of_many([&] { p->run(what); });
                };
            commands["sum" + way] = [=](std::ostream& to) {
                for (const std::string what : {"forward", "input", "weights"}) p->run(what);
                const auto sum = [](const memory& of, const memory::desc& plain) {
                    return weighted_sum(numbers(reordered(of, plain)), plain.get_size() / sizeof(float));
                };
                to << sum(p->out, p->last) << ' ' << sum(p->grad_in, p->last) << ' '
                   << sum(p->grad_weights, p->filters);
            };
        }
    peers::serve(commands);
}
