// SPDX-License-Identifier: BSL-1.0
/// @file architectures.hpp
/// The architectures of amplifier files, each turned into a graph of what it computes: LSTM, ConvNet, Linear. WaveNet has a
/// header of its own.
#pragma once
#include <archetype/interchange/nam/fields.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What the readers of all architectures share. Weights are taken in the file's order; nothing is allocated for them.
class nam_builder {
public:
    nam_builder(nam_report& report, nam_graph& graph, const std::vector<float>& weights, std::string place)
        : report_(report), graph_(graph), weights_(weights), place_(std::move(place)) {}

    bool failed() const { return report_.failed(); }
    std::string at(const std::string& key) const { return place_.empty() ? key : place_ + "." + key; }

    /// Takes `count` numbers; false, with a report, if the file has not so many.
    bool take(std::size_t count, const std::string& place, std::size_t& offset) {
        offset = at_;
        if (failed()) return false;
        if (count > weights_.size() - at_) {
            report_.add(load_problem::shape, at("weights"),
                        std::to_string(at_ + count) + " numbers or more, up to " + place,
                        std::to_string(weights_.size()));
            return false;
        }
        at_ += count;
        return true;
    }
    /// A convolution's weights. Extents are at most 2^24 each.
    nam_block convolution(std::size_t in, std::size_t out, std::size_t taps, std::size_t dilation,
                          std::size_t groups, bool bias, const std::string& place) {
        nam_block made{&weights_, 0, 0, in, out, taps, dilation, groups, bias};
        if (failed()) return made;
        if (groups == 0 || in % groups != 0 || out % groups != 0) {
            report_.add(
                load_problem::shape, place,
                "groups that divide " + std::to_string(in) + " and " + std::to_string(out) + " channels",
                std::to_string(groups));
            return made;
        }
        const std::size_t some = weights_.size() + 1;
        const std::size_t filter = std::min(some, in / groups * std::min(some, taps));
        take(std::min(some, filter * std::min(some, out)), place, made.offset);
        if (bias) take(out, place, made.bias_offset);
        return made;
    }
    /// Filters of a block over a value.
    std::size_t step(const nam_block& block, std::size_t source, const std::string& place,
                     std::size_t first = 0, std::size_t count = 0, double scale = 1) {
        if (!has_room(place)) return source;
        nam_step made;
        made.block = block;
        made.first = first;
        made.count = count == 0 ? block.out : count;
        made.source = source;
        made.place = place;
        made.scale = scale;
        return graph_.step(std::move(made));
    }
    bool has_room(const std::string& place) {
        if (failed()) return false;
        if (graph_.steps.size() < graph_.step_limit) return true;
        report_.add(load_problem::unexpected, place,
                    "a file of about as many layers as the network, not of four times as many",
                    "a further layer");
        return false;
    }
    /// A function that the file names, of each element of a value.
    std::size_t apply(const std::optional<json_value>& function, const std::string& place, std::size_t to) {
        if (!function) {
            report_.add(load_problem::missing, place, "a function", "no such member");
            return to;
        }
        std::vector<double> slopes;
        const auto made = nam_function_of(report_, *function, place, slopes);
        if (!made) return to;
        if (slopes.empty()) return graph_.apply(*made, to, place);
        if (slopes.size() != graph_.values[to].channels) {
            report_.add(load_problem::shape, place + ".negative_slopes",
                        "one slope for each of " + std::to_string(graph_.values[to].channels) + " channels",
                        std::to_string(slopes.size()));
            return to;
        }
        const auto positive = nam_function::of("max(x, 0)", [](double x) { return x > 0 ? x : 0; });
        const auto negative = nam_function::of("min(x, 0)", [](double x) { return x < 0 ? x : 0; });
        const std::size_t count = slopes.size();
        const auto& kept = graph_.weights.emplace_back(slopes.begin(), slopes.end());
        nam_block block{&kept, 0, 0, count, count, 1, 1, count};
        return graph_.join(nam_graph::kind::sum,
                           {graph_.apply(positive, to, place), step(block, graph_.apply(negative, to, place),
                                                                    place + ": one slope for each channel")});
    }
    /// After the last weights.
    void finish() {
        if (!failed() && at_ != weights_.size())
            report_.add(load_problem::shape, at("weights"),
                        std::to_string(at_) + " numbers for its configuration",
                        std::to_string(weights_.size()));
    }

    std::size_t lstm(const json_value& config, std::size_t input) {
        nam_fields fields(report_, config, at("config"));
        const std::size_t count = fields.size("num_layers"), units = fields.size("hidden_size");
        std::size_t inputs = fields.size("input_size");
        const std::size_t in = fields.size("in_channels", 1), out = fields.size("out_channels", 1);
        fields.finish();
        if (failed()) return input;
        const auto same = [&](const char* what, std::size_t wanted, std::size_t found) {
            if (wanted != found)
                report_.add(load_problem::shape, fields.at(what), std::to_string(wanted),
                            std::to_string(found));
        };
        same("input_size", in, inputs);
        same("in_channels", graph_.values[input].channels, in);
        std::size_t x = input;
        for (std::size_t i = 0; i < count && !failed(); ++i, inputs = units) {
            const std::string place = fields.at("num_layers") + ", layer " + std::to_string(i);
            nam_step made;
            made.is_lstm = true;
            made.place = place;
            made.source = x;
            made.count = units;
            made.block = {&weights_, 0, 0, inputs, units};
            const std::size_t some = weights_.size() + 1;
            if (!take(std::min(some, std::min(some, units) * 4 * (inputs + units + 1)), place,
                      made.block.offset) ||
                !take(2 * units, place, made.block.bias_offset) || !has_room(place))
                return x;
            x = graph_.step(std::move(made));
        }
        x = step(convolution(units, out, 1, 1, 1, true, "the head of the LSTM"), x, "the head of the LSTM");
        finish();
        return x;
    }

    std::size_t conv_net(const json_value& config, std::size_t input) {
        nam_fields fields(report_, config, at("config"));
        const std::size_t channels = fields.size("channels"), groups = fields.size("groups", 1),
                          in = fields.size("in_channels", 1), out = fields.size("out_channels", 1);
        const std::vector<std::size_t> dilations = fields.sizes("dilations");
        const bool normalizes = fields.flag("batchnorm");
        const auto activation = fields.take("activation");
        fields.finish();
        if (!failed() && in != graph_.values[input].channels)
            report_.add(load_problem::shape, fields.at("in_channels"),
                        std::to_string(graph_.values[input].channels), std::to_string(in));
        std::size_t x = input;
        for (std::size_t i = 0; i < dilations.size() && !failed(); ++i) {
            const std::string place = fields.at(nam_fields::item("dilations", i));
            nam_block block =
                convolution(i == 0 ? in : channels, channels, 2, dilations[i], groups, !normalizes, place);
            if (normalizes) normalize(block, place);
            x = step(block, x, place);
            if (!failed()) x = apply(activation, fields.at("activation"), x);
        }
        x = step(convolution(channels, out, 1, 1, 1, true, "the head of the ConvNet"), x,
                 "the head of the ConvNet");
        finish();
        return x;
    }

    std::size_t linear(const json_value& config, std::size_t input) {
        nam_fields fields(report_, config, at("config"));
        const std::size_t taps = fields.size("receptive_field"), in = fields.size("in_channels", 1),
                          out = fields.size("out_channels", 1);
        const bool bias = fields.flag("bias");
        // How it is computed: all three give the same.
        const std::string how = fields.text("implementation", "auto");
        if (how != "auto" && how != "direct" && how != "fft")
            report_.add(load_problem::shape, fields.at("implementation"), "auto, direct or fft", how);
        fields.finish();
        if (in != 1 || out != 1 || graph_.values[input].channels != 1)
            report_.add(load_problem::shape, fields.at("in_channels") + ", out_channels",
                        "one channel in and out, in the file and in the network",
                        std::to_string(in) + " and " + std::to_string(out) + ", the network's input has " +
                            std::to_string(graph_.values[input].channels));
        nam_block block = convolution(1, 1, taps, 1, 1, bias, fields.at("receptive_field"));
        block.newest_first = true;  // an impulse response
        const std::size_t x = step(block, input, fields.at("receptive_field"));
        finish();
        return x;
    }

protected:
    nam_report& report_;
    nam_graph& graph_;
    const std::vector<float>& weights_;
    std::string place_;
    std::size_t at_ = 0;

private:
    /// Running mean and variance, gamma, beta and epsilon go into the convolution before.
    void normalize(nam_block& block, const std::string& place) {
        std::size_t offset = 0;
        if (!take(4 * block.out + 1, place + ": batch normalization", offset)) return;
        const float* const mean = weights_.data() + offset;
        const std::size_t count = block.out;
        const double epsilon = double(mean[4 * count]);
        for (std::size_t i = 0; i < count; ++i) {
            const double variance = double(mean[count + i]) + epsilon;
            if (!(variance > 0))
                return report_.add(load_problem::shape, place + ": batch normalization",
                                   "a variance and an epsilon above 0", number_text(variance));
            block.gains.push_back(double(mean[2 * count + i]) / std::sqrt(variance));
            block.shifts.push_back(double(mean[3 * count + i]) - double(mean[i]) * block.gains.back());
        }
        block.has_bias = true;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
