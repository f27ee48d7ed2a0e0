// SPDX-License-Identifier: BSL-1.0
/// @file onednn.cpp
/// The same of oneDNN, with unsigned images, which it is fastest with: its numbers are 128 more, which the bias makes good
/// for; see archetype.cpp.
#include "../peers/onednn.hpp"
#include "problem.hpp"

#include <memory>

using namespace int8;
using namespace peers;
using dnnl::memory;
using tag = memory::format_tag;
using data = memory::data_type;

namespace {

struct problem {
    std::unordered_map<int, memory> arguments;
    dnnl::primitive run_it;
    memory out;

    explicit problem(const layer& of) {
        const long size = long(of.size), in = long(of.in), filters = long(of.out), window = long(of.window),
                   groups = long(of.groups), result = long(of.out_size()), stride = long(of.stride),
                   pad = long(of.pad());
        const memory::dims image{1, in, size, size}, results{1, filters, result, result},
            kernel = groups == 1 ? memory::dims{filters, in, window, window}
                                 : memory::dims{groups, filters / groups, in / groups, window, window};
        memory source({image, data::u8, tag::nhwc}, engine),
            weights({kernel, data::s8, groups == 1 ? tag::hwio : tag::hwigo}, engine),
            biases({{filters}, data::s32, tag::a}, engine);
        auto* const bytes = static_cast<std::uint8_t*>(source.get_data_handle());
        for (std::size_t i = 0; i < std::size_t(size * size * in); ++i)
            bytes[i] = std::uint8_t(number(i) + 128);
        auto* const factors = static_cast<std::int8_t*>(weights.get_data_handle());
        for (std::size_t i = 0; i < of.taps() * of.out; ++i) factors[i] = number(i);
        auto* const offsets = static_cast<std::int32_t*>(biases.get_data_handle());
        for (std::size_t f = 0; f < of.out; ++f) {
            offsets[f] = bias(f);
            for (std::size_t tap = 0; tap < of.taps(); ++tap) offsets[f] -= 128 * number(tap * of.out + f);
        }
        dnnl::primitive_attr options;
        options.set_output_scales(0, {float(std::ldexp(1., -shift(of)))});
        options.set_zero_points(DNNL_ARG_SRC, 0, {0});
        dnnl::post_ops then;
        then.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
        options.set_post_ops(then);
        const memory::desc any(kernel, data::s8, tag::any);
        const dnnl::convolution_forward::primitive_desc plan({dnnl::prop_kind::forward_inference,
                                                              dnnl::algorithm::convolution_direct,
                                                              source.get_desc(),
                                                              any,
                                                              biases.get_desc(),
                                                              {results, data::u8, tag::nhwc},
                                                              {stride, stride},
                                                              {pad, pad},
                                                              {pad, pad}},
                                                             options, engine);
        out = memory(plan.dst_desc(), engine);
        run_it = dnnl::convolution_forward(plan);
        arguments = {{DNNL_ARG_SRC, source},
                     {DNNL_ARG_WEIGHTS, reordered(weights, plan.weights_desc())},
                     {DNNL_ARG_BIAS, biases},
                     {DNNL_ARG_DST, out}};
    }
    void run() {
        run_it.execute(stream, arguments);
        stream.wait();
    }
};

}  // namespace

int main() {
    std::map<std::string, std::function<void(std::ostream&)>> commands;
    for (std::size_t n = 0; n < std::size(layers); ++n) {
        const auto p = std::make_shared<problem>(layers[n]);
        const std::string layer = std::to_string(n);
        commands["bytes " + layer] = [=](std::ostream& to) {
            to << peers::seconds_of_many([&] { p->run(); });
        };
        commands["sum " + layer] = [=](std::ostream& to) {
            p->run();
            double sum = 0;
            const std::size_t side = layers[n].out_size(), channels = layers[n].out;
            const auto* const results = static_cast<const std::uint8_t*>(p->out.get_data_handle());
            for (std::size_t y = layers[n].pad(); y + layers[n].pad() < side;
                 ++y)  // padding is 0 here, not 128
                for (std::size_t i = layers[n].pad() * channels; i < (side - layers[n].pad()) * channels; ++i)
                    sum += results[y * side * channels + i] > 127 ? 127 : results[y * side * channels + i];
            to << sum;
        };
    }
    peers::serve(commands);
}
