// SPDX-License-Identifier: BSL-1.0
// 16-bit activations with 8-bit weights, against TensorFlow Lite's specification of its 16x8 scheme, written down naively.
#include <archetype/architecture.hpp>
#include <archetype/execution/budget.hpp>
#include <archetype/execution/inference/with_input.hpp>
#include <archetype/execution/integers/quantized_inference.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include <catch.hpp>
#include <functional>
#include <random>

namespace at = archetype;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

namespace {

// A real number in units of 2^31: what the specification says of MultiplyByQuantizedMultiplier with 64-bit sums. The factor
// is rounded to 15 bits, the product once, halves upwards.
i64 specified_scaling(i64 x, i32 multiplier, int shift) {
    const i64 reduced = multiplier >= 0x7fff0000 ? 0x7fff : (i64{multiplier} + 32768) / 65536;
    const i64 unit = i64{1} << (15 - shift), sum = x * reduced + unit / 2;
    return sum / unit - (sum < 0 && sum % unit != 0 ? 1 : 0);  // towards minus infinity
}
i16 saturated(i64 x, i64 minimum = -32768) { return static_cast<i16>(std::clamp<i64>(x, minimum, 32767)); }

/// The multiplier (at least 2^30) and the shift of a real factor.
std::pair<i32, int> specified_multiplier(double factor) {
    int shift = 0;
    while (factor >= 1) factor /= 2, ++shift;
    while (factor < 0.5) factor *= 2, --shift;
    const i64 rounded = static_cast<i64>(std::floor(factor * 2147483648.0 + 0.5));
    return rounded == 2147483648 ? std::pair{1 << 30, shift + 1}
                                 : std::pair{static_cast<i32>(rounded), shift};
}

/// Points of a function between -32768 and 32767, and lines between them.
struct specified_table {
    std::vector<double> points;
    specified_table(double in, double out, const std::function<double(double)>& f) {
        const double low = -32768 * in, high = 32767 * in, step = (high - low) / 512;
        for (int i = 0; i < 512; ++i) {
            const double left = low + i * step, here = std::round(f(left) / out);
            const double line = std::round((f(left + step) / out + here) / 2);
            const double error = line - std::round(f(left + step / 2) / out);
            points.push_back(std::clamp(here - std::round(error / 2), -32768.0, 32767.0));
        }
        points.push_back(std::clamp(std::round(f(high) / out), -32768.0, 32767.0));
    }
    i16 operator()(i16 x) const {
        const int above = x + 32768, at = above / 128, within = above % 128;
        const double low = points[static_cast<std::size_t>(at)],
                     high = points[static_cast<std::size_t>(at + 1)];
        return static_cast<i16>(low + std::floor(((high - low) * within + 64) / 128));
    }
};

/// A tensor of 16-bit numbers, [row][column][channel], and what they stand for.
struct tensor {
    std::size_t height, width, channels;
    std::vector<i16> numbers;
    double scale;
    i64 at(std::ptrdiff_t y, std::ptrdiff_t x, std::size_t c) const {
        if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(height) ||
            x >= static_cast<std::ptrdiff_t>(width))
            return 0;
        return numbers[(static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)) * channels + c];
    }
};

struct layer {
    std::size_t kernel_height, kernel_width, filters, stride = 1, dilation = 1, pad_top = 0, pad_left = 0,
                                                      groups = 1;
};

/// A convolution (a dense layer is one of 1 x 1) of real weights [row][column][channel][filter].
tensor specified_convolution(const tensor& in, const layer& l, std::size_t out_height, std::size_t out_width,
                             const float* weights, const float* bias, double out_scale, bool rectifies) {
    tensor out{out_height, out_width, l.filters, {}, out_scale};
    const std::size_t depth = in.channels / l.groups, taps = l.kernel_height * l.kernel_width * depth;
    out.numbers.resize(out_height * out_width * l.filters);
    for (std::size_t f = 0; f < l.filters; ++f) {
        float largest = 0;
        for (std::size_t t = 0; t < taps; ++t)
            largest = std::max(largest, std::abs(weights[t * l.filters + f]));
        const double scale = static_cast<double>(largest / 127), unit = scale * in.scale;
        const i64 b = bias == nullptr ? 0 : std::llround(static_cast<double>(bias[f]) / unit);
        const auto [multiplier, shift] = specified_multiplier(unit / out_scale);
        for (std::size_t y = 0; y < out_height; ++y)
            for (std::size_t x = 0; x < out_width; ++x) {
                i64 sum = b;
                for (std::size_t ky = 0; ky < l.kernel_height; ++ky)
                    for (std::size_t kx = 0; kx < l.kernel_width; ++kx)
                        for (std::size_t c = 0; c < depth; ++c) {
                            const std::size_t tap = (ky * l.kernel_width + kx) * depth + c;
                            const i64 w =
                                std::llround(static_cast<double>(weights[tap * l.filters + f]) / scale);
                            const auto place = [&](std::size_t o, std::size_t k, std::size_t pad) {
                                return static_cast<std::ptrdiff_t>(o * l.stride + k * l.dilation) -
                                       static_cast<std::ptrdiff_t>(pad);
                            };
                            sum += w * in.at(place(y, ky, l.pad_top), place(x, kx, l.pad_left),
                                             f / (l.filters / l.groups) * depth + c);
                        }
                out.numbers[(y * out_width + x) * l.filters + f] =
                    saturated(specified_scaling(sum, multiplier, shift), rectifies ? 0 : -32768);
            }
    }
    return out;
}
tensor specified_activation(tensor in, double out_scale, const std::function<double(double)>& f) {
    const specified_table table(in.scale, out_scale, f);
    for (i16& x : in.numbers) x = table(x);
    in.scale = out_scale;
    return in;
}
tensor specified_pooling(const tensor& in, std::size_t size, bool is_max) {
    tensor out{in.height / size, in.width / size, in.channels, {}, in.scale};
    for (std::size_t y = 0; y < out.height; ++y)
        for (std::size_t x = 0; x < out.width; ++x)
            for (std::size_t c = 0; c < in.channels; ++c) {
                i64 most = -32768, sum = 0;
                for (std::size_t k = 0; k < size * size; ++k) {
                    const i64 cell =
                        in.numbers[((y * size + k / size) * in.width + x * size + k % size) * in.channels +
                                   c];
                    most = std::max(most, cell);
                    sum += cell;
                }
                const i64 n = static_cast<i64>(size * size);
                out.numbers.push_back(
                    static_cast<i16>(is_max ? most : (sum > 0 ? sum + n / 2 : sum - n / 2) / n));
            }
    return out;
}

template <class Net>
at::model<Net> some_model() {
    at::model<Net> net{at::seed{3}};
    for (std::size_t i = 0; i < at::detail::parameters_of<Net>.slots.size(); ++i) {
        const auto& slot = at::detail::parameters_of<Net>.slots[i];
        const at::parameter& own = at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        for (std::size_t k = 0; own.name == "bias" && k < own.extents.size(); ++k)
            net.data()[slot.offset + k] = 0.2f * std::sin(static_cast<float>(7 * k + i));
    }
    return net;
}
/// The numbers of parameter tensor `i` of a network.
template <class Net>
const float* parameter(const at::model<Net>& net, std::size_t i) {
    return net.data() + at::detail::parameters_of<Net>.slots[i].offset;
}
template <class Net>
xt::xarray<float> some_samples(std::size_t count) {
    constexpr at::shape in = at::input_shape<Net>;
    xt::xarray<float> samples = xt::sin(0.37f * xt::arange<float>(0, static_cast<float>(count * in.size())));
    std::vector<std::size_t> extents{count};
    for (std::size_t axis = 0; axis < in.rank; ++axis) extents.push_back(in[axis]);
    samples.reshape(extents);
    return samples;
}
std::vector<i16> random_numbers(std::size_t count) {
    std::mt19937 random(5);
    std::vector<i16> numbers(count);
    for (i16& x : numbers) x = static_cast<i16>(random());
    return numbers;
}
template <class Net>
std::vector<i16> run(at::quantized_model<Net, i16>& q, const std::vector<i16>& sample) {
    std::vector<i16> results(at::output_shape<Net>.size());
    q.run(sample.data(), 1, results.data());
    return results;
}
double real_tanh(double x) { return std::tanh(x); }

}  // namespace

TEST_CASE("int16: requantization of wide sums is the specified one") {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200000; ++i) {
        const i64 x = static_cast<i64>(random()) >> (17 + random() % 40);
        const i32 multiplier = static_cast<i32>((1u << 30) + random() % (1u << 30));
        const int shift = static_cast<int>(random() % 39) - 31;
        REQUIRE(at::kernels::scale_wide_sum(x, multiplier, shift) == specified_scaling(x, multiplier, shift));
    }
    CHECK(at::kernels::scale_wide_sum(3, 2147483647, 0) == specified_scaling(3, 2147483647, 0));
    for (const i64 bias : {i64{0}, i64{-1}, i64{1} << 40, -(i64{1} << 45) - 12345, i64{4294967295}})
        CHECK(at::kernels::int16_channel::of(bias, 1, 2).bias() == bias);
}

TEST_CASE("int16: dense layers") {
    using net = at::network<at::input<700>, at::dense<9>, at::relu, at::dense<5, at::no_bias>>;
    const at::model<net> model = some_model<net>();
    at::model<net> trained = some_model<net>();
    auto q = at::quantize<i16>(trained, some_samples<net>(20));
    const double in = static_cast<double>(q.input_quantization().scale);
    CHECK(q.input_quantization().zero_point == 0);
    CHECK(q.output_quantization().zero_point == 0);
    // The largest real numbers of the calibration, by the float model's first layer.
    using first = at::network<at::input<700>, at::dense<9>, at::relu>;
    at::model<first> hidden{at::seed{1}};
    std::copy_n(parameter(model, 0), 700 * 9,
                hidden.data() + at::detail::parameters_of<first>.slots[0].offset);
    std::copy_n(parameter(model, 1), 9, hidden.data() + at::detail::parameters_of<first>.slots[1].offset);
    const xt::xarray<float> values = hidden(some_samples<net>(20));
    const double middle = static_cast<double>(xt::amax(values)()) / 32767;
    // 700 random numbers of 16 bits: sums beyond 32 bits; what does not fit saturates.
    for (const std::vector<i16>& sample : {random_numbers(700), std::vector<i16>(700, -32768)}) {
        const tensor given{1, 1, 700, sample, in};
        const tensor between = specified_convolution(given, {1, 1, 9}, 1, 1, parameter(model, 0),
                                                     parameter(model, 1), middle, true);
        const tensor wanted =
            specified_convolution(between, {1, 1, 5}, 1, 1, parameter(model, 2), nullptr,
                                  static_cast<double>(q.output_quantization().scale), false);
        const std::vector<i16> found = run(q, sample);
        // The scale between is the float calibration's, whose last bit may differ: one step then.
        for (std::size_t i = 0; i < 5; ++i) CHECK(std::abs(found[i] - wanted.numbers[i]) <= 1);
    }
}

TEST_CASE("int16: one layer is the specified one, bit for bit") {
    const auto scale = [](auto& q) { return static_cast<double>(q.output_quantization().scale); };
    const auto in = [](auto& q) { return static_cast<double>(q.input_quantization().scale); };
    {
        using net = at::network<at::input<1100>, at::dense<6>>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(1100);
        CHECK(run(q, sample) == specified_convolution({1, 1, 1100, sample, in(q)}, {1, 1, 6}, 1, 1,
                                                      parameter(model, 0), parameter(model, 1), scale(q),
                                                      false)
                                    .numbers);
    }
    {
        using net = at::network<at::input<11, 9, 4>, at::conv2d<6, 3, at::same, at::stride<2>, at::groups<2>>,
                                at::relu>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(11 * 9 * 4);
        CHECK(run(q, sample) == specified_convolution({11, 9, 4, sample, in(q)}, {3, 3, 6, 2, 1, 1, 1, 2}, 6,
                                                      5, parameter(model, 0), parameter(model, 1), scale(q),
                                                      true)
                                    .numbers);
    }
    {
        using net = at::network<at::input<12, 10, 5>, at::depthwise_conv2d<3, at::dilation<2>>>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(12 * 10 * 5);
        CHECK(run(q, sample) == specified_convolution({12, 10, 5, sample, in(q)}, {3, 3, 5, 1, 2, 0, 0, 5}, 8,
                                                      6, parameter(model, 0), parameter(model, 1), scale(q),
                                                      false)
                                    .numbers);
    }
    {
        using net = at::network<at::input<50, 3>, at::conv1d<7, 5, at::causal>>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(150);
        CHECK(run(q, sample) == specified_convolution({1, 50, 3, sample, in(q)}, {1, 5, 7, 1, 1, 0, 4}, 1, 50,
                                                      parameter(model, 0), parameter(model, 1), scale(q),
                                                      false)
                                    .numbers);
    }
    {
        using net = at::network<at::input<8, 8, 3>, at::conv2d<4, 3>, at::relu, at::max_pool2d<2>>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(8 * 8 * 3);
        const tensor wide = specified_convolution({8, 8, 3, sample, in(q)}, {3, 3, 4}, 6, 6,
                                                  parameter(model, 0), parameter(model, 1), scale(q), true);
        CHECK(run(q, sample) == specified_pooling(wide, 2, true).numbers);
    }
    {
        using net = at::network<at::input<8, 8, 3>, at::conv2d<4, 3>, at::avg_pool2d<3>>;
        at::model<net> model = some_model<net>();
        auto q = at::quantize<i16>(model, some_samples<net>(4));
        const auto sample = random_numbers(8 * 8 * 3);
        const tensor wide = specified_convolution({8, 8, 3, sample, in(q)}, {3, 3, 4}, 6, 6,
                                                  parameter(model, 0), parameter(model, 1), scale(q), false);
        CHECK(run(q, sample) == specified_pooling(wide, 3, false).numbers);
    }
}

TEST_CASE("int16: tables of activations") {
    using net = at::network<at::input<512>, at::tanh>;
    at::model<net> model{at::seed{1}};
    xt::xtensor<float, 2> samples = 6 * xt::ones<float>({1, 512});
    auto q = at::quantize<i16>(model, samples);
    CHECK(q.output_quantization() == at::quantization_to<i16>{1.f / 32768, 0});
    const double in = static_cast<double>(q.input_quantization().scale);
    CHECK(in == Approx(6. / 32767));
    const auto sample = random_numbers(512);
    CHECK(run(q, sample) == specified_activation({1, 1, 512, sample, in}, 1. / 32768, real_tanh).numbers);
    // Near the function itself.
    for (std::size_t i = 0; i < 512; ++i)
        CHECK(std::abs(run(q, sample)[i] / 32768. - std::tanh(in * sample[i])) < 2e-4);

    using net2 = at::network<at::input<512>, at::sigmoid>;
    at::model<net2> model2{at::seed{1}};
    auto q2 = at::quantize<i16>(model2, samples);
    CHECK(run(q2, sample) == specified_activation({1, 1, 512, sample, in}, 1. / 32768, [](double x) {
                                 return 1 / (1 + std::exp(-x));
                             }).numbers);
}

namespace {

/// The largest difference between a model and its form, in parts of the results' range.
template <class Activation, class Net>
double largest_error() {
    at::model<Net> model = some_model<Net>();
    const auto samples = some_samples<Net>(30);
    auto q = at::quantize<Activation>(model, samples);
    const xt::xarray<float> wanted = model(samples), found = q(samples);
    return static_cast<double>(xt::amax(xt::abs(wanted - found))() /
                               (xt::amax(wanted)() - xt::amin(wanted)()));
}

}  // namespace

TEST_CASE("int16: networks are near their models, nearer than with 8-bit activations") {
    using image = at::network<at::input<10, 9, 3>, at::conv2d<8, 3, at::same>, at::batch_norm<>, at::relu,
                              at::max_pool2d<2>, at::conv2d<6, 3, at::groups<2>>, at::tanh, at::avg_pool2d<2>,
                              at::flatten, at::dense<4>>;
    CHECK(largest_error<i16, image>() < 0.03);
    using audio = at::network<at::input<64, 2>, at::conv1d<8, 3, at::causal>, at::tanh,
                              at::conv1d<8, 3, at::causal, at::dilation<2>>, at::sigmoid, at::max_pool1d<2>,
                              at::elu<>, at::conv1d<2, 1>>;
    CHECK(largest_error<i16, audio>() < 0.02);
    CHECK(largest_error<i16, audio>() < largest_error<i8, audio>());
    using parts = at::network<
        at::input<8, 8, 3>,
        at::branches<at::concatenate, at::conv2d<3, 1>, at::sequence<at::conv2d<2, 3, at::same>, at::tanh>,
                     at::max_pool2d<3, at::stride<1>, at::same>>,
        at::batch_norm<>, at::flatten, at::dense<4>>;
    CHECK(largest_error<i16, parts>() < 0.03);
}

TEST_CASE("int16: sizes, and an object with constant weights") {
    using net = at::network<at::input<4>, at::dense<2>, at::relu>;
    // Scales and zero points, the minimum, for each filter a bias of 64 bits and a factor, 8 weights.
    STATIC_REQUIRE(at::quantized_weight_count<net, i16, at::weight_order::plain> == 4 + 1 + 2 * 4 + 2);
    STATIC_REQUIRE(at::quantized_arena_bytes<net, i16> == 2 * at::quantized_arena_bytes<net>);
    // Scales of 1. Weights 1, 2, 3, 4 with the bias 10 and the factor 1 / 2; 1, -1, 1, -1 with 2^33 and 2^-19.
    static constexpr i32 data[] = {0x3f800000, 0, 0x3f800000, 0,       0,   10,         0,        1 << 30,
                                   0,          0, 2,          1 << 30, -18, 0x04030201, -0xfe00ff};
    static constexpr at::quantized_weights<at::architecture_hash<net>, 15, at::weight_order::plain, i16>
        weights{data};
    static at::embedded<net, weights> run_it;
    STATIC_REQUIRE(at::flash_bytes<net, at::form::int16_activations> == sizeof(data));
    STATIC_REQUIRE(at::ram_bytes<net, at::form::int16_activations> == sizeof(run_it));
    STATIC_REQUIRE(std::is_same_v<decltype(run_it)::activation, i16>);
    const i16 sample[] = {1000, 2000, 3000, -4000};
    const auto found = run_it(sample);
    CHECK(found[1] == 16384);
    CHECK(found[0] == 0);  // -2000 / 2 is rectified
    const i16 other[] = {1000, 2000, 3000, 4001};
    CHECK(run_it(other)[0] == (1000 + 4000 + 9000 + 16004 + 10) / 2);
    static at::with_input<at::embedded<net, weights>> filled;
    std::copy_n(other, 4, filled.input().begin());
    CHECK(filled()[0] == run_it(other)[0]);
    CHECK(run_it.input_quantization().quantize(1e9f) == 32767);
    CHECK(run_it.input_quantization().quantize(-1e9f) == -32768);
}
