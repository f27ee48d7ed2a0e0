// SPDX-License-Identifier: BSL-1.0
/// @file quantized_model.hpp
/// Post-training quantization of a model, and the quantized network on a host.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/integers/quantized_pass.hpp>
#include <archetype/execution/quantize/quantization_report.hpp>
#include <archetype/expression/ieee.hpp>

#include <array>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The form of `Net` with 8-bit weights and activations of type `Activation` (std::int8_t or std::int16_t): computes on a
/// host, bit for bit, what a device does with the same weights. One call at a time: the object holds the activations.
template <well_formed Net, class Activation = std::int8_t>
class quantized_model {
    static constexpr const auto& plan = detail::inference_plan<Net>;
    static constexpr weight_order order = detail::order_for<Activation>;

public:
    using network = Net;
    using activation = Activation;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input;
    static constexpr shape output_shape = detail::unchecked_facts<Net>.output;
    using result = detail::result_tensor<output_shape, float>;
    using batch_result = xt::xtensor<float, output_shape.rank + 1>;

    explicit quantized_model(detail::quantized_network_of<Activation> numbers)
        : numbers_(std::move(numbers)),
          words_(detail::pack_network<Net, order>(numbers_)),
          arena_(plan.arena_elements + detail::input_room<Net> + detail::read_slack) {}

    /// What the numbers of a sample, and of its result, stand for.
    quantization_to<Activation> input_quantization() const { return numbers_.values.front(); }
    quantization_to<Activation> output_quantization() const { return numbers_.values[plan.outputs[0]]; }

    /// The result for one sample of real numbers, or for a batch with one more axis in front.
    /// @throws shape_error if the shape is another
    template <class E>
    auto operator()(const xt::xexpression<E>& expression) {
        const E& samples = expression.derived_cast();
        if constexpr (detail::rank_of<E> == input_shape.rank) {
            if (!detail::has_shape(samples, input_shape)) throw_wrong_shape(samples);
            result scores = detail::make_result<result>(output_shape);
            run_real(samples, 1, scores.data());
            return scores;
        } else {
            if (!detail::has_batch_shape(samples, input_shape)) throw_wrong_shape(samples);
            const std::size_t count = samples.shape()[0];
            batch_result scores = batch_result::from_shape(detail::batch_extents<output_shape>(count));
            run_real(samples, count, scores.data());
            return scores;
        }
    }

    /// The raw call: `count` samples of such numbers without padding, one after the other, results likewise.
    void run(const Activation* samples, std::size_t count, Activation* results) {
        constexpr std::size_t in = input_shape.size(), out = output_shape.size();
        for (std::size_t n = 0; n < count; ++n) {
            const Activation* const input = detail::place_quantized<Net>(
                words_.data(), samples + n * in, arena_.data(), arena_.data() + plan.arena_elements);
            std::copy_n(detail::run_quantized<Net, order>(words_.data(), input, arena_.data()), out,
                        results + n * out);
        }
    }

    /// Its words in the order that this target's kernels read, for a `stream<Net, Activation>`: a view of them.
    auto weights() const& {
        return quantized_weights<architecture_hash<Net>, detail::quantized_words<Net, order, Activation>,
                                 order, Activation>::from_pointer(words_.data());
    }
    auto weights() const&& = delete;  // they would be gone

    /// All of its numbers before they are packed; no part of the interface.
    const detail::quantized_network_of<Activation>& numbers() const { return numbers_; }

    /// The words that a device reads, packed in an order (`quantized_weight_count<Net, Activation, Order>` of them).
    template <weight_order Order = weight_order::plain>
    std::vector<std::int32_t> words() const {
        return detail::pack_network<Net, Order>(numbers_);
    }

private:
    template <class E>
    [[noreturn]] static void throw_wrong_shape(const E& samples) {
        throw shape_error("archetype::quantized_model: " +
                          detail::expected_samples("an input", input_shape, samples));
    }
    template <class E>
    void run_real(const E& samples, std::size_t count, float* results) {
        std::vector<Activation> in(count * input_shape.size()), out(count * output_shape.size());
        std::transform(samples.template begin<xt::layout_type::row_major>(),
                       samples.template end<xt::layout_type::row_major>(), in.begin(),
                       [&](auto x) { return input_quantization().quantize(static_cast<float>(x)); });
        run(in.data(), count, out.data());
        std::transform(out.begin(), out.end(), results,
                       [&](Activation q) { return output_quantization().dequantize(q); });
    }

    detail::quantized_network_of<Activation> numbers_;
    std::vector<std::int32_t> words_;
    std::vector<Activation> arena_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Activation>
void check_options(const quantize_options<Activation>& options) {
    if (!(options.percentile > 0 && options.percentile <= 100))
        throw detail::thrown<std::invalid_argument>(
            "archetype::quantize: expected a percentile above 0 and at most 100, found " +
            std::to_string(options.percentile));
    const auto check = [](const std::optional<quantization_to<Activation>>& given, const char* what) {
        if (!given) return;
        const double scale = static_cast<double>(given->scale);
        const bool has_zero = sizeof(Activation) == 1 ? given->zero_point >= -128 && given->zero_point <= 127
                                                      : given->zero_point == 0;
        if (!(scale > 0 && expression::is_finite(scale)) || !has_zero)
            throw detail::thrown<std::invalid_argument>(
                std::string("archetype::quantize: the quantization of the ") + what +
                ": expected a positive scale and a zero point " +
                (sizeof(Activation) == 1 ? "from -128 to 127" : "of 0") + ", found scale " +
                std::to_string(scale) + " and zero point " + std::to_string(given->zero_point));
    };
    check(options.input, "input");
    check(options.output, "output");
}

/// Ranges are those that samples lead to.
struct ranges_as_seen {
    void operator()(const auto&) const {}
};

/// The network whose integers `quantize` makes of `Net`, its parameters, and what changes the ranges.
template <class Net, class Activation>
struct integers_from {
    using network = Net;
    template <class T>
    static const T* parameters(const T* given, std::vector<T>&) {
        return given;
    }
    static ranges_as_seen ranges(const auto*) { return {}; }
};

/// `quantize` of the network with these parameters; `change` is given the `calibration` before numbers are made of it.
template <class Activation, class Net, class T, class E, class Change>
quantized_model<Net, Activation> quantize_parameters(const T* parameters, const xt::xexpression<E>& samples,
                                                     const quantize_options<Activation>& options,
                                                     const Change& change) {
    check_options(options);
    const E& given = samples.derived_cast();
    constexpr shape wanted = unchecked_facts<Net>.input;
    if (!has_batch_shape(given, wanted) || given.shape()[0] == 0)
        throw shape_error("archetype::quantize: expected calibration samples of shape (n, " +
                          to_text(wanted).substr(1) + " with n >= 1, found " + shape_text(given));
    std::vector<T> folded(inference_weight_count<Net>), flat(given.size());
    fold_parameters<Net>(parameters, folded.data());
    std::transform(given.template begin<xt::layout_type::row_major>(),
                   given.template end<xt::layout_type::row_major>(), flat.begin(),
                   [](auto x) { return static_cast<T>(x); });
    const auto finite = [](T x) { return expression::is_finite(static_cast<float>(x)); };
    if (!std::all_of(folded.begin(), folded.end(), finite))
        throw detail::thrown<std::invalid_argument>("archetype::quantize: expected finite parameters");
    if (!std::all_of(flat.begin(), flat.end(), finite))
        throw detail::thrown<std::invalid_argument>(
            "archetype::quantize: expected finite calibration samples");
    using seen_values = calibration<Net>;
    seen_values seen;
    const auto for_each_sample = [&](const auto& with_values) {
        for (std::size_t n = 0; n < flat.size(); n += wanted.size())
            with_values(seen.take(folded.data(), flat.data() + n));
    };
    for_each_sample([](const auto&) {});
    change(seen);
    if (options.input) seen.values[0] = given_range(*options.input);
    if (options.output) seen.give_output(given_range(*options.output));
    if (options.method != calibration_method::min_max) {
        seen.current = seen_values::pass::histograms;
        for_each_sample([](const auto&) {});
        seen.for_each_range([&](seen_range& range) {
            if (options.method == calibration_method::percentile)
                range.narrow_to_percentile(options.percentile);
            else
                range.template narrow_to_least_error<Activation>();
        });
    }
    const auto network = quantize_network<Activation>(seen, folded.data());
    if ((options.input && network.values.front() != *options.input) ||
        (options.output && network.values[inference_plan<Net>.outputs[0]] != *options.output))
        throw detail::thrown<std::invalid_argument>(
            std::string("archetype::quantize: the quantization of the ") +
            (options.input && network.values.front() != *options.input ? "input" : "output") +
            " cannot be given: a layer there (softmax, a recurrent layer, pooling, a concatenation) fixes "
            "it");
    if (options.report != nullptr) {
        seen.current = seen_values::pass::values;
        constexpr const auto& plan = inference_plan<Net>;
        constexpr weight_order order = order_for<Activation>;
        const auto words = pack_network<Net, order>(network);
        std::vector<Activation> arena(plan.arena_elements + input_room<Net> + read_slack);
        report_maker<Net> maker;
        for_each_sample([&](const auto& values) {
            std::array<std::vector<float>, plan.value_count> real;
            for (std::size_t v = 0; v < real.size(); ++v) {
                const T* const first = values.data() + reference_offsets<Net>[v];
                real[v].assign(first, first + plan.values[v].extents.size());
            }
            maker.template take<Activation, order>(real, network, words.data(), arena.data());
        });
        *options.report = maker.made(network, folded.data());
    }
    return quantized_model<Net, Activation>(network);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Post-training quantization as in TensorFlow Lite (Jacob et al. 2018): weights become symmetric 8-bit numbers with a scale
/// for each filter, activations 8-bit numbers with a scale and a zero point for each value, from the smallest to the largest
/// that `samples` lead to. Batch norm is folded beforehand; tanh and sigmoid, softmax and other activations become tables.
/// Of a `quantization_aware` network, the integers of the network that it was made of, with the ranges that training left.
/// @tparam Activation  std::int8_t; std::int16_t for activations of 16 bits whose zero point is 0, and biases of 64 bits
///                     (TensorFlow Lite's 16x8 scheme)
/// @param samples  the calibration set (TensorFlow Lite's representative dataset): (n, input shape...); some hundred
///                 samples of the training set do
/// @param options  the method of calibration, a given quantization of input and output, a report
/// @throws shape_error if the shape is another or there is no sample; std::invalid_argument if a number is not finite (as a
///         float), an option is out of range, or the last layer cannot have the given quantization
template <class Activation = std::int8_t, class Net, class T, class E>
quantized_model<typename detail::integers_from<Net, Activation>::network, Activation> quantize(
    const model<Net, T>& net, const xt::xexpression<E>& samples,
    const std::type_identity_t<quantize_options<Activation>>& options = {}) {
    using from = detail::integers_from<Net, Activation>;
    using fault [[maybe_unused]] =
        typename detail::integer_report<typename from::network, Activation>::type::shown;
    std::vector<T> room;
    return detail::quantize_parameters<Activation, typename from::network>(
        from::parameters(net.data(), room), samples, options, from::ranges(net.data()));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
