// SPDX-License-Identifier: BSL-1.0
/// @file quantization_report.hpp
/// Options of post-training quantization, and what it reports of each layer.
#pragma once
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/integers/quantized_sizes.hpp>
#include <archetype/execution/quantize/calibration.hpp>

#include <array>
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

/// What was seen of one value of a network.
struct value_notes {
    seen_range range{};
    double signal = 0, noise = 0;
    std::vector<double> channels;  ///< the largest magnitude of each

    /// One sample: its real numbers, and what the network of integers made of them, `at` its place.
    template <class Number>
    void take(const kernels::image& at, const std::vector<float>& real, const Number* integers,
              const quantization_to<Number>& to) {
        channels.resize(at.channels);
        std::size_t i = 0;
        for (std::size_t y = 0; y < at.height; ++y)
            for (std::size_t x = 0; x < at.width; ++x)
                for (std::size_t c = 0; c < at.channels; ++c, ++i) {
                    const double wanted = static_cast<double>(real[i]);
                    const double found = static_cast<double>(
                        to.dequantize(integers[at.offset + y * at.row_stride + x * at.pixel_stride + c]));
                    range.take(wanted);
                    signal += wanted * wanted;
                    noise += (wanted - found) * (wanted - found);
                    channels[c] = std::max(channels[c], std::abs(wanted));
                }
    }
};

/// A step of a network as a report names it.
struct reported_step {
    std::string layer;
    std::size_t value;  ///< what it makes
    std::size_t filters, weights, weights_count;
};

/// The report of all steps, from what was seen. Nothing here depends on the network's type: it is compiled once.
class report_writer {
public:
    /// Numbers of the input: the largest magnitude of each sample.
    void input(const std::vector<double>& samples) {
        constexpr const char* most =
            " are more than 16 times those of most samples; leave them out or narrow the range";
        warn("input: samples ", indices(samples, [](double x) { return x == 0; }), " are zeros only");
        warn("input: the largest numbers of samples ", far_above(samples), most);
    }

    template <class Number, class T>
    void step(const reported_step& step, const value_notes& seen, const quantization_to<Number>& to,
              const T* folded) {
        report.layers.push_back(
            {step.layer, seen.range.low, seen.range.high, to.scale, to.zero_point,
             seen.noise == 0 ? expression::infinity<double> : 10 * std::log10(seen.signal / seen.noise)});
        std::vector<double> filters(step.filters);
        for (std::size_t i = 0; i < (step.filters == 0 ? 0 : step.weights_count); ++i)
            if (folded[step.weights + i] != T(0)) filters[i % step.filters] = 1;
        const auto is_zero = [](double x) { return x == 0; };
        warn(step.layer + ": filters ", indices(filters, is_zero), " have weights of zero only");
        warn(step.layer + ": channels ", indices(seen.channels, is_zero), " are zero for all samples");
        warn(step.layer + ": the largest numbers of channels ", far_above(seen.channels),
             " are more than 16 times those of most channels, which leaves these few steps");
    }

    quantization_report report;

private:
    /// "1, 5, 7 and 12 more" of those that `chosen` picks.
    template <class Chosen>
    static std::string indices(const std::vector<double>& numbers, const Chosen& chosen) {
        std::string text;
        std::size_t found = 0;
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (chosen(numbers[i]) && ++found <= 8) text += (text.empty() ? "" : ", ") + std::to_string(i);
        return found > 8 ? text + " and " + std::to_string(found - 8) + " more" : text;
    }

    /// Those so much larger than the median that the others have 4 bits less; of at least four.
    static std::string far_above(const std::vector<double>& numbers) {
        if (numbers.size() < 4) return {};
        std::vector<double> sorted = numbers;
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
        std::nth_element(sorted.begin(), middle, sorted.end());
        return indices(numbers, [usual = *middle](double x) { return usual > 0 && x > 16 * usual; });
    }

    void warn(const std::string& before, const std::string& numbers, const char* after) {
        if (!numbers.empty()) report.warnings.push_back(before + numbers + after);
    }
};

/// What a report is made of.
template <class Net>
struct report_maker {
    static constexpr const auto& plan = inference_plan<Net>;
    std::array<value_notes, plan.value_count> values{};
    std::vector<double> samples;  ///< the largest magnitude of each

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
        run_quantized<Net, Order>(words, input, arena, [&]<class Step>(Step, const Number* integers) {
            constexpr std::size_t v = Step::now.to;
            values[v].take(image_of(plan.values[v], plan.values[v].extents), real[v], integers,
                           network.values[v]);
        });
    }

    template <class Number, class T>
    quantization_report made(const quantized_network_of<Number>& network, const T* folded) const {
        std::vector<reported_step> steps;
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            steps.push_back({layer_label<Net>(Step::now.anchor), Step::now.to,
                             integer_form_of<Step>::template filters<Step>, own.weights, own.weights_count});
        });
        report_writer writer;
        writer.input(samples);
        for (const reported_step& step : steps)
            writer.step(step, values[step.value], network.values[step.value], folded);
        return writer.report;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
