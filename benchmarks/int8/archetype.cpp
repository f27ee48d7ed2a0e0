// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// Layers in 8 bits and in single precision. Commands are WHAT LAYER: bytes or floats, or the sum of the 8-bit results where
/// no padding is met.
#include "problem.hpp"

#include <archetype/kernels/convolution/conv2d_forward.hpp>
#include <archetype/kernels/integers/depthwise/int8_depthwise.hpp>
#include <archetype/kernels/vectors/select.hpp>
#include <memory>
#include <utility>

#ifndef ARCHETYPE_LAYERS
#define ARCHETYPE_LAYERS std::size(layers)
#endif

namespace kernels = archetype::kernels;
using namespace int8;
using namespace peers;

namespace {

using commands_type = std::map<std::string, std::function<void(std::ostream&)>>;

struct rectifier {
    static constexpr bool across_pixels = true;
    ARCHETYPE_INLINE kernels::lanes<float> operator()(const kernels::lanes<float>& x,
                                                      const kernels::place&) const {
        return kernels::maximum<float>(x, kernels::broadcast(0.f));
    }
};

template <std::size_t Layer>
struct problem {
    static constexpr layer of = layers[Layer];
    static constexpr std::size_t pad = of.pad(), result = of.out_size(), taps = of.taps();
    static constexpr kernels::conv2d_geometry conv{
        kernels::halo_image(of.size, of.size, of.in, pad, pad, pad, pad),
        kernels::dense_image(result, result, of.out),
        {of.window, of.window, of.stride, of.stride, 1, 1, pad, pad},
        of.groups};
    static constexpr kernels::int8_conv2d_geometry narrow{conv, conv.out};
    static constexpr auto order = archetype::native_weight_order;
    using weights_of = kernels::conv2d_weights<conv, float>;

    std::vector<std::int8_t> in = std::vector<std::int8_t>(conv.in.sample_stride + 64),
                             out = std::vector<std::int8_t>(conv.out.sample_stride + 64);
    std::vector<std::int32_t> packed;
    std::vector<kernels::int8_channel> channels;
    values wide_in{conv.in.sample_stride}, logical{taps * of.out}, prepared{weights_of::prepared_size},
        biases{of.out}, wide_out{conv.out.sample_stride},
        workspace{kernels::conv2d_forward_workspace<conv, float>};
    const float* wide_weights = logical.data;

    problem() {
        for (std::size_t i = 0; i < conv.in.size(); ++i) {
            const std::size_t at = conv.in.offset + i / of.in / of.size * conv.in.row_stride +
                                   i / of.in % of.size * conv.in.pixel_stride + i % of.in;
            in[at] = number(i);
            wide_in.data[at] = float(number(i)) / 128;
        }
        for (std::size_t i = 0; i < taps * of.out; ++i) logical.data[i] = float(number(i)) / 128;
        if (weights_of::prepared_size != 0) {
            weights_of::prepare(logical.data, prepared.data);
            wide_weights = prepared.data;
        }
        channels.resize(narrow.padded(order) + of.out);
        for (std::size_t f = 0; f < of.out; ++f) channels[f] = {bias(f), 1 << 30, 1 - shift(of)};
        if constexpr (of.is_depthwise()) {
            packed.resize(taps * of.out / 4 + 16);
            auto* const to = reinterpret_cast<std::int8_t*>(packed.data());
            for (std::size_t i = 0; i < taps * of.out; ++i) to[i] = number(i);
        } else {
            std::vector<std::int8_t> plain(taps * of.out);
            for (std::size_t f = 0; f < of.out; ++f)
                for (std::size_t tap = 0; tap < taps; ++tap) plain[f * taps + tap] = number(tap * of.out + f);
            packed.resize(narrow.group_bytes(order) / 4 + 16);
            kernels::pack_weights(order, narrow.pixels().count, narrow.packed_patch(order), of.out,
                                  plain.data(), reinterpret_cast<std::int8_t*>(packed.data()));
        }
    }
    void bytes() {
        const kernels::int8_conv2d_weights weights{
            channels.data(), reinterpret_cast<const std::int8_t*>(packed.data()), nullptr, nullptr, {0, 0}};
        if constexpr (of.is_depthwise())
            kernels::int8_depthwise<conv, false>(in.data(), out.data(), weights);
        else
            kernels::int8_conv2d<order, narrow>(in.data(), out.data(), weights);
    }
    void floats() {
        kernels::conv2d_forward<conv, float>(wide_in.data, wide_weights, biases.data, wide_out.data,
                                             rectifier{}, {0, 1}, workspace.data);
    }
    double sum() {
        bytes();
        double sum = 0;
        for (std::size_t y = pad; y + pad < result; ++y)
            for (std::size_t i = pad * of.out; i < (result - pad) * of.out; ++i)
                sum += out[y * result * of.out + i];
        return sum;
    }
};

template <std::size_t Layer>
void add_layer(commands_type& commands) {
    const auto p = std::make_shared<problem<Layer>>();
    const std::string layer = " " + std::to_string(Layer);
    commands["bytes" + layer] = [=](std::ostream& to) { to << peers::seconds_of_many([&] { p->bytes(); }); };
    commands["floats" + layer] = [=](std::ostream& to) {
        to << peers::seconds_of_many([&] { p->floats(); });
    };
    commands["sum" + layer] = [=](std::ostream& to) { to << p->sum(); };
}

}  // namespace

int main() {
    commands_type commands;
    [&]<std::size_t... Layer>(std::index_sequence<Layer...>) { (add_layer<Layer>(commands), ...); }
    (std::make_index_sequence<ARCHETYPE_LAYERS>{});
    peers::serve(commands);
}
