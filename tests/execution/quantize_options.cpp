// SPDX-License-Identifier: BSL-1.0
// How ranges are chosen, given quantizations, reports.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include <catch.hpp>
#include <random>

namespace at = archetype;

namespace {

using net = at::network<at::input<8>, at::dense<8, at::no_bias>, at::relu, at::dense<4>>;

/// The first layer passes on its input.
at::model<net> some_model() {
    at::model<net> model{at::seed{2}};
    for (std::size_t i = 0; i < 64; ++i) model.data()[i] = i % 9 == 0 ? 1.f : 0.f;
    return model;
}
/// Normal numbers, and one sample with numbers 40 times as large.
xt::xtensor<float, 2> some_samples() {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    xt::xtensor<float, 2> samples = xt::zeros<float>({500, 8});
    for (float& x : samples) x = normal(random);
    for (std::size_t i = 0; i < 8; ++i) samples(17, i) *= 40;
    return samples;
}
template <class Q>
double error_of(Q& q, const xt::xtensor<float, 2>& samples, const xt::xtensor<float, 2>& wanted) {
    const xt::xtensor<float, 2> found = q(samples);
    double error = 0;
    for (std::size_t n = 0; n < 500; ++n)
        for (std::size_t i = 0; i < 4 && n != 17; ++i)
            error += std::pow(static_cast<double>(found(n, i) - wanted(n, i)), 2);
    return error;
}

}  // namespace

TEST_CASE("quantize: percentiles and the least error leave out rare numbers") {
    at::model<net> model = some_model();
    const auto samples = some_samples();
    const xt::xtensor<float, 2> wanted = model(samples);
    auto all = at::quantize(model, samples);
    auto most =
        at::quantize(model, samples, {.method = at::calibration_method::percentile, .percentile = 99.5});
    auto best = at::quantize(model, samples, {.method = at::calibration_method::mse});
    const double most_scale = static_cast<double>(most.input_quantization().scale);
    // The quarter of a percent at each end: numpy's percentiles are some 2.9.
    CHECK(most_scale * 255 > 5);
    CHECK(most_scale * 255 < 8);
    CHECK(static_cast<double>(all.input_quantization().scale) > 4 * most_scale);
    CHECK(error_of(most, samples, wanted) < 0.2 * error_of(all, samples, wanted));
    CHECK(best.input_quantization().scale < all.input_quantization().scale);
    // 100 percent is all, to the parts of the histogram.
    auto whole =
        at::quantize(model, samples, {.method = at::calibration_method::percentile, .percentile = 100});
    CHECK(whole.input_quantization().scale == Approx(all.input_quantization().scale).epsilon(1e-3));
}

TEST_CASE("quantize: the range of least error, by trying all") {
    // 1000 times +-1 and 2 times 10: the error of rounding against that of saturation.
    at::detail::seen_range range;
    const auto see = [&](auto take) {
        for (int i = 0; i < 1000; ++i) take(i % 2 == 0 ? 1.0 - i * 1e-4 : -1.0 + i * 1e-4);
        take(10.0), take(10.0);
    };
    see([&](double x) { range.take(x); });
    see([&](double x) { range.count(x); });
    const auto error = [&](double low, double high) {
        const double scale = (high - low) / 255;
        double sum = 0;
        see([&](double x) {
            sum += x > high ? (x - high) * (x - high) : x < low ? (x - low) * (x - low) : scale * scale / 12;
        });
        return sum;
    };
    double least = 1e9;
    for (int l = 1; l <= 128; ++l)
        for (int h = 1; h <= 128; ++h) least = std::min(least, error(-1. * l / 128, 10. * h / 128));
    range.narrow_to_least_error<std::int8_t>();
    CHECK(error(range.low, range.high) <= 1.02 * least);
}

TEST_CASE("quantize: input and output as given") {
    at::model<net> model = some_model();
    const auto samples = some_samples();
    const at::quantization in{1.f / 16, 3}, out{0.05f, -7};
    auto q = at::quantize(model, samples, {.input = in, .output = out});
    CHECK(q.input_quantization() == in);
    CHECK(q.output_quantization() == out);
    const xt::xtensor<float, 2> found = q(samples), wanted = model(samples);
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(found(0, i) - wanted(0, i)) < 0.3f);
    auto q16 =
        at::quantize<std::int16_t>(model, samples, {.input = at::quantization_to<std::int16_t>{0.001f, 0}});
    CHECK(q16.input_quantization().scale == 0.001f);
    // tanh has a scale of its own, but a table can give another.
    using curve = at::network<at::input<8>, at::dense<4>, at::tanh>;
    auto t = at::quantize(at::model<curve>{at::seed{1}}, samples, {.output = at::quantization{0.01f, 0}});
    CHECK(t.output_quantization() == at::quantization{0.01f, 0});

    using classes = at::network<at::input<8>, at::dense<4>, at::softmax>;
    const at::model<classes> classifier{at::seed{1}};
    CHECK_THROWS_WITH(at::quantize(classifier, samples, {.output = out}),
                      Catch::Contains("the quantization of the output cannot be given"));
    CHECK_THROWS_WITH(at::quantize(model, samples, {.percentile = 0}), Catch::Contains("percentile"));
    CHECK_THROWS_WITH(at::quantize(model, samples, {.input = at::quantization{0, 0}}),
                      Catch::Contains("expected a positive scale"));
    CHECK_THROWS_AS(
        at::quantize<std::int16_t>(model, samples, {.input = at::quantization_to<std::int16_t>{1, 3}}),
        std::invalid_argument);
}

TEST_CASE("quantize: a report of ranges, noise and what is suspicious") {
    at::model<net> model = some_model();
    auto samples = some_samples();
    for (std::size_t i = 0; i < 8; ++i) samples(5, i) = 0;
    for (std::size_t i = 0; i < 8; ++i) model.data()[8 * i + 2] = 0;  // filter 2 of the first layer
    model.data()[0] *= 100;                                           // filter 0 is an outlier
    at::quantization_report report;
    auto q = at::quantize(model, samples, {.report = &report});
    REQUIRE(report.layers.size() == 2);
    CHECK(report.layers[0].layer == "dense (dense)");
    CHECK(report.layers[1].scale == q.output_quantization().scale);
    CHECK(report.layers[1].zero_point == q.output_quantization().zero_point);
    // The definition, over all samples.
    const xt::xtensor<float, 2> wanted = model(samples), found = q(samples);
    double signal = 0, noise = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        signal += std::pow(static_cast<double>(wanted.data()[i]), 2);
        noise += std::pow(static_cast<double>(wanted.data()[i] - found.data()[i]), 2);
    }
    CHECK(report.layers[1].signal_to_noise == Approx(10 * std::log10(signal / noise)).epsilon(1e-3));
    CHECK(report.layers[1].low == Approx(xt::amin(wanted)()));
    CHECK(report.layers[1].high == Approx(xt::amax(wanted)()));
    const std::string text = report.text();
    CHECK_THAT(text, Catch::Contains("filters 2 have weights of zero only"));
    CHECK_THAT(text, Catch::Contains("channels 2 are zero for all samples"));
    CHECK_THAT(text, Catch::Contains("samples 5 are zeros only"));
    CHECK_THAT(text, Catch::Contains("the largest numbers of channels 0 are more than 16 times"));
    CHECK_THAT(text, Catch::Contains("the largest numbers of samples 17 are more than 16 times"));

    at::quantization_report wide;
    at::quantize<std::int16_t>(model, samples, {.report = &wide});
    CHECK(wide.layers[1].signal_to_noise > report.layers[1].signal_to_noise + 20);
}
