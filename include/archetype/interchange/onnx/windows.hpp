// SPDX-License-Identifier: BSL-1.0
/// @file windows.hpp
/// Convolutions and poolings in ONNX.
#pragma once
#include <archetype/architecture/layers/pooling/pool3d.hpp>
#include <archetype/interchange/onnx/values.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::int64_t signed_of(std::size_t number) { return static_cast<std::int64_t>(number); }

/// The numbers of a window along the axes that a value has: columns alone for a sequence.
struct onnx_window {
    onnx_extents kernel, stride, dilation, before, after, output;
    onnx_window(const window_facts& of, std::size_t rank) {
        if (rank == 3) add(of.rows);
        add(of.columns);
    }
    explicit onnx_window(const volume_window& of) {
        for (const window_axis& axis : {of.depth, of.rows, of.columns}) add(axis);
    }
    std::size_t taps() const {
        std::int64_t made = 1;
        for (const std::int64_t one : kernel) made *= one;
        return static_cast<std::size_t>(made);
    }
    /// What ONNX calls pads: all beginnings, then all ends.
    onnx_extents pads() const {
        onnx_extents all = before;
        all.insert(all.end(), after.begin(), after.end());
        return all;
    }
    onnx_attributes attributes(bool with_dilation = true) const {
        onnx_attributes made;
        made.add("kernel_shape", kernel).add("strides", stride).add("pads", pads());
        if (with_dilation) made.add("dilations", dilation);
        return made;
    }

private:
    void add(const window_axis& of) {
        kernel.push_back(signed_of(of.kernel));
        stride.push_back(signed_of(of.stride));
        dilation.push_back(signed_of(of.dilation));
        before.push_back(signed_of(of.before));
        after.push_back(signed_of(of.after));
        output.push_back(signed_of(of.output));
    }
};

template <class Layer>
concept onnx_window_of_volumes = requires(const shape& in) {
    { Layer::window_over(in) } -> std::same_as<volume_window>;
};
/// Along the axes that a value has.
template <class Layer>
onnx_window onnx_window_of(const node& at) {
    if constexpr (onnx_window_of_volumes<Layer>)
        return onnx_window(Layer::window_over(at.input));
    else
        return onnx_window(at.window, at.input.rank);
}

/// [tap][channel of the group][filter] as [filter][channel][tap], also of depthwise kernels; `Layer::table`: all channels.
template <class Layer, class T>
onnx_value write_onnx_convolution(const onnx_call<T>& call) {
    const node& at = call.at;
    const onnx_window window = onnx_window_of<Layer>(at);
    const std::size_t filters = at.output.channels(), depth = at.input.channels() / at.groups,
                      taps = window.taps();
    onnx_extents extents{signed_of(filters), signed_of(depth)};
    extents.insert(extents.end(), window.kernel.begin(), window.kernel.end());
    std::vector<std::string> inputs{call.to.first(call.in())};
    inputs.push_back(call.moved("kernel", extents, [&](std::size_t i) {
        const std::size_t tap = i % taps, channel = i / taps % depth, filter = i / taps / depth;
        if constexpr (requires { Layer::table; }) {
            for (std::size_t c = 0; c < Layer::connections; ++c)
                if (const auto one = Layer::table.connection(c);
                    one.channel == channel && one.filter == filter)
                    return tap * Layer::connections + c;
            return no_tensor;
        } else {
            return (tap * depth + channel) * filters + filter;
        }
    }));
    if (call.has("bias")) inputs.push_back(call.parameter("bias"));
    return call.first(call.to.add("Conv", inputs, window.attributes().add("group", signed_of(at.groups))));
}

/// [tap][filter of the group][channel] as [channel][filter][tap].
template <class T>
onnx_value write_onnx_transposed_convolution(const onnx_call<T>& call) {
    const node& at = call.at;
    onnx_window window(at.spread_over, at.input.rank);
    const std::size_t channels = at.input.channels(), filters = at.output.channels() / at.groups,
                      taps = at.spread_over.rows.kernel * at.spread_over.columns.kernel;
    onnx_extents extents{signed_of(channels), signed_of(filters)}, more;
    extents.insert(extents.end(), window.kernel.begin(), window.kernel.end());
    // The result's size is the library's: what is left at the end is taken away, or is output padding.
    const std::size_t axes = window.kernel.size();
    for (std::size_t i = 0; i < axes; ++i) {
        const shape &in = at.input, &out = at.output;
        const std::size_t place = in.rank - 1 - axes + i;
        const std::int64_t full = (signed_of(in.extents[place]) - 1) * window.stride[i] +
                                  window.dilation[i] * (window.kernel[i] - 1) + 1,
                           left = full - window.before[i] - signed_of(out.extents[place]);
        window.after[i] = left > 0 ? left : 0;
        more.push_back(left < 0 ? -left : 0);
    }
    std::vector<std::string> inputs{call.to.first(call.in())};
    inputs.push_back(call.moved("kernel", extents, [&](std::size_t i) {
        const std::size_t tap = i % taps, filter = i / taps % filters, channel = i / taps / filters;
        return (tap * filters + filter) * channels + channel;
    }));
    if (call.has("bias")) inputs.push_back(call.parameter("bias"));
    return call.first(
        call.to.add("ConvTranspose", inputs,
                    window.attributes().add("output_padding", more).add("group", signed_of(at.groups))));
}

/// Windows without weights. Windows that reach beyond the padding (`ceil_mode`) get more of it, which for a mean is no cell.
template <class T>
onnx_value write_onnx_window_pooling(const onnx_call<T>& call, onnx_window window, pool_result result,
                                     bool counts_padding) {
    const node& at = call.at;
    bool reaches_beyond = false, has_padding = false;
    const std::size_t axes = window.kernel.size();
    onnx_extents beyond = window.after;
    for (std::size_t i = 0; i < axes; ++i) {
        const std::int64_t input = signed_of(at.input.extents[at.input.rank - 1 - axes + i]),
                           reach = window.dilation[i] * (window.kernel[i] - 1) + 1,
                           end = (window.output[i] - 1) * window.stride[i] + reach - input - window.before[i];
        reaches_beyond = reaches_beyond || end > window.after[i];
        has_padding = has_padding || window.before[i] != 0 || window.after[i] != 0;
        beyond[i] = end > 0 ? end : 0;  // not more than the last window needs
    }
    std::string in = call.to.first(call.in());
    if (result == pool_result::mean && counts_padding && has_padding && reaches_beyond) {
        onnx_extents pads{0, 0};
        pads.insert(pads.end(), window.before.begin(), window.before.end());
        pads.insert(pads.end(), {0, 0});
        pads.insert(pads.end(), window.after.begin(), window.after.end());
        in = call.to.add("Pad", {in, call.to.numbers(pads)});
        for (std::size_t i = 0; i < axes; ++i) {
            beyond[i] = beyond[i] > window.after[i] ? beyond[i] - window.after[i] : 0;
            window.before[i] = 0;
        }
        counts_padding = false;
    }
    window.after = beyond;
    onnx_attributes attributes = window.attributes(result == pool_result::largest);
    if (result == pool_result::mean)
        attributes.add("count_include_pad", counts_padding && has_padding ? 1 : 0);
    if (result == pool_result::l2_norm) attributes.add("p", 2);
    return call.first(call.to.add(result == pool_result::largest ? "MaxPool"
                                  : result == pool_result::mean  ? "AveragePool"
                                                                 : "LpPool",
                                  {in}, attributes));
}

template <class T>
onnx_value write_onnx_global_pooling(const onnx_call<T>& call, pool_result result) {
    const std::string pooled = call.to.add(
        result == pool_result::mean ? "GlobalAveragePool" : "GlobalMaxPool", {call.to.first(call.in())});
    return call.last(call.to.reshape(pooled, onnx_extents_of(call.at.output, onnx_order::channels_last)));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
