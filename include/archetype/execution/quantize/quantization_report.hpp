// SPDX-License-Identifier: BSL-1.0
/// @file quantization_report.hpp
/// Options of post-training quantization, and what it reports of each layer.
#pragma once
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/integers/quantized_sizes.hpp>
#include <archetype/execution/quantize/calibration.hpp>

#include <cstdio>
#include <optional>
#include <string>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What became of the result of a layer (with what is computed together with it).
struct quantized_layer_report {
    std::string layer;         ///< path and kind: "conv1 (conv2d)"
    double low = 0, high = 0;  ///< the real numbers of the calibration samples
    float scale = 1;           ///< of its integers
    std::int32_t zero_point = 0;
    /// Decibels between the real results and what the quantized network, this layer and all before it, makes of the same
    /// samples: 10 log10(sum of x^2 / sum of (x - q)^2), infinite if there is no difference.
    double signal_to_noise = 0;
};

/// What quantization did to a network.
struct quantization_report {
    std::vector<quantized_layer_report> layers;  ///< in order of execution
    /// Sentences about filters of zeros, channels and samples that are zero or far larger than the others.
    std::vector<std::string> warnings;

    /// A table, and the warnings, each a line.
    std::string text() const {
        std::string made = "   signal to noise     scale   zero        low       high  layer\n";
        for (const quantized_layer_report& layer : layers) {
            char line[160];
            std::snprintf(line, sizeof(line), "%15.1f dB %9.3g %6d %10.4g %10.4g  ", layer.signal_to_noise,
                          static_cast<double>(layer.scale), static_cast<int>(layer.zero_point), layer.low,
                          layer.high);
            made += line + layer.layer + "\n";
        }
        for (const std::string& warning : warnings) made += "warning: " + warning + "\n";
        return made;
    }
};

/// How `quantize` chooses the ranges of activations.
template <class Activation = std::int8_t>
struct quantize_options {
    calibration_method method = calibration_method::min_max;
    /// With `calibration_method::percentile`: so many percent of the numbers get integers of their own, half of the others
    /// is left out at each end. More than 0, at most 100.
    double percentile = 99.999;
    /// Given from outside: by a sensor's integers, or by what reads the result. What they leave out saturates.
    std::optional<quantization_to<Activation>> input{}, output{};
    /// Filled in if it is there; takes one more pass over the samples.
    quantization_report* report = nullptr;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Number>
seen_range given_range(const quantization_to<Number>& given) {
    const double scale = static_cast<double>(given.scale), zero = given.zero_point;
    const double largest = std::numeric_limits<Number>::max(),
                 least =
                     sizeof(Number) == 1 ? static_cast<double>(std::numeric_limits<Number>::min()) : -largest;
    return {scale * (least - zero), scale * (largest - zero), true};
}

/// What a report is made of.
template <class Net>
struct report_maker {
    static constexpr const auto& plan = inference_plan<Net>;
    std::array<seen_range, plan.value_count> ranges{};
    std::array<double, plan.value_count> signal{}, noise{};
    std::array<std::vector<double>, plan.value_count> channels{};  ///< the largest magnitude of each
    std::vector<double> samples;                                   ///< the same of each sample

    /// One sample: its real values, and a run of the network of integers.
    template <class Number, weight_order Order>
    void take(const std::array<std::vector<float>, plan.value_count>& real,
              const quantized_network_of<Number>& network, const std::int32_t* words, Number* arena) {
        double most = 0;
        for (const float x : real[0]) most = std::max(most, static_cast<double>(std::abs(x)));
        samples.push_back(most);
        std::vector<Number> sample(real[0].size());
        for (std::size_t i = 0; i < sample.size(); ++i) sample[i] = network.values[0].quantize(real[0][i]);
        const Number* const input =
            place_quantized<Net>(words, sample.data(), arena, arena + plan.arena_elements);
        run_quantized<Net, Order>(words, input, arena, [&]<class Step>(Step, const Number* made) {
            constexpr std::size_t v = Step::now.to;
            constexpr kernels::image at = image_of(plan.values[v], plan.values[v].extents);
            channels[v].resize(at.channels);
            std::size_t i = 0;
            for (std::size_t y = 0; y < at.height; ++y)
                for (std::size_t x = 0; x < at.width; ++x)
                    for (std::size_t c = 0; c < at.channels; ++c, ++i) {
                        const double wanted = static_cast<double>(real[v][i]);
                        const double found = static_cast<double>(network.values[v].dequantize(
                            made[at.offset + y * at.row_stride + x * at.pixel_stride + c]));
                        ranges[v].take(wanted);
                        signal[v] += wanted * wanted;
                        noise[v] += (wanted - found) * (wanted - found);
                        channels[v][c] = std::max(channels[v][c], std::abs(wanted));
                    }
        });
    }

    static double median(std::vector<double> numbers) {
        std::nth_element(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2),
                         numbers.end());
        return numbers[numbers.size() / 2];
    }
    /// "1, 5, 7 and 12 more" of those that `chosen` picks.
    template <class Chosen>
    static std::string list(std::size_t count, const Chosen& chosen) {
        std::string text;
        std::size_t found = 0;
        for (std::size_t i = 0; i < count; ++i)
            if (chosen(i) && ++found <= 8) text += (text.empty() ? "" : ", ") + std::to_string(i);
        return found > 8 ? text + " and " + std::to_string(found - 8) + " more" : text;
    }

    template <class Number, class T>
    quantization_report made(const quantized_network_of<Number>& network, const T* folded) const {
        quantization_report report;
        const auto warn = [&](const std::string& numbers, const std::string& before,
                              const std::string& after) {
            if (!numbers.empty()) report.warnings.push_back(before + numbers + after);
        };
        constexpr double far = 16;  // so much larger than the median that others have 4 bits less
        const double usual = median(samples);
        warn(list(samples.size(), [&](std::size_t n) { return samples[n] == 0; }), "input: samples ",
             " are zeros only");
        if (samples.size() >= 4)
            warn(list(samples.size(), [&](std::size_t n) { return usual > 0 && samples[n] > far * usual; }),
                 "input: the largest numbers of samples ",
                 " are more than 16 times those of most samples; leave them out or narrow the range");
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            constexpr std::size_t v = Step::now.to;
            const std::string label = layer_label<Net>(Step::now.anchor);
            report.layers.push_back(
                {label, ranges[v].low, ranges[v].high, network.values[v].scale, network.values[v].zero_point,
                 noise[v] == 0 ? expression::infinity<double> : 10 * std::log10(signal[v] / noise[v])});
            if constexpr (constexpr std::size_t filters = integer_form_of<Step>::template filters<Step>;
                          filters != 0) {
                constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
                warn(list(filters,
                          [&](std::size_t f) {
                              for (std::size_t i = f; i < own.weights_count; i += filters)
                                  if (folded[own.weights + i] != T(0)) return false;
                              return true;
                          }),
                     label + ": filters ", " have weights of zero only");
            }
            const std::vector<double>& largest = channels[v];
            warn(list(largest.size(), [&](std::size_t c) { return largest[c] == 0; }), label + ": channels ",
                 " are zero for all samples");
            if (largest.size() >= 4) {
                const double middle = median(largest);
                warn(list(largest.size(),
                          [&](std::size_t c) { return middle > 0 && largest[c] > far * middle; }),
                     label + ": the largest numbers of channels ",
                     " are more than 16 times those of most channels, which leaves these few steps");
            }
        });
        return report;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
