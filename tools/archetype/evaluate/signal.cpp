// SPDX-License-Identifier: BSL-1.0
// Windows and transforms of signals.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>
#include <numbers>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

template <class Value>
void window(call& at, const Value& value) {
    const whole size = at.one_whole(0);
    at.expect(size >= 0, "a size", std::to_string(size));
    const bool periodic = at.integer("periodic", 1) != 0;
    const element_type type = at.type_of(at.integer("output_datatype", 1));
    at.expect(is_real(type), "a type of real numbers", std::string(name_of(type)));
    reals made(at.count({size}));
    const auto period = static_cast<double>(periodic ? size : size - 1);
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = value(2 * std::numbers::pi * static_cast<double>(i) / period);
    at.give(type, {size}, std::move(made));
}
void hann_window(call& at) {
    window(at, [](double x) { return 0.5 - 0.5 * std::cos(x); });
}
void hamming_window(call& at) {
    window(at, [](double x) { return 25.0 / 46 - 21.0 / 46 * std::cos(x); });
}
void blackman_window(call& at) {
    window(at, [](double x) { return 0.42 - 0.5 * std::cos(x) + 0.08 * std::cos(2 * x); });
}

void mel_weight_matrix(call& at) {
    const whole bins = at.one_whole(0);
    const whole length = at.one_whole(1);
    const whole rate = at.one_whole(2);
    const double low = all_reals(at.in(3)).at(0);
    const double high = all_reals(at.in(4)).at(0);
    const element_type type = at.type_of(at.integer("output_datatype", 1));
    at.expect(bins > 0 && length > 0 && rate > 0 && is_real(type), "bins, a length and a rate",
              std::to_string(bins));
    const whole lines = length / 2 + 1;
    const auto mel = [](double f) { return 2595 * std::log10(1 + f / 700); };
    std::vector<whole> corners;
    at.count({bins + 2});
    const double step = (mel(high) - mel(low)) / static_cast<double>(bins + 2);
    for (whole k = 0; k < bins + 2; ++k) {
        const double frequency =
            700 * (std::pow(10.0, (static_cast<double>(k) * step + mel(low)) / 2595) - 1);
        const double place =
            std::floor(static_cast<double>(length + 1) * frequency / static_cast<double>(rate));
        at.expect(place >= 0 && place < static_cast<double>(lines), "frequencies up to half of the rate",
                  std::to_string(frequency));
        corners.push_back(static_cast<whole>(place));
    }
    reals made(at.count({lines, bins}), 0.0);
    for (whole k = 0; k < bins; ++k) {
        const whole a = corners[static_cast<std::size_t>(k)];
        const whole b = corners[static_cast<std::size_t>(k) + 1];
        const whole c = corners[static_cast<std::size_t>(k) + 2];
        const auto cell = [&](whole line) -> double& {
            return made[static_cast<std::size_t>(line * bins + k)];
        };
        if (b == a) cell(b) = 1;
        for (whole line = a; b > a && line <= b; ++line)
            cell(line) = static_cast<double>(line - a) / static_cast<double>(b - a);
        for (whole line = b; c > b && line < c; ++line)
            cell(line) = static_cast<double>(c - line) / static_cast<double>(c - b);
    }
    at.give(type, {lines, bins}, std::move(made));
}

/// The transform of `count` pairs, `result` of them, by its definition.
void transform(const reals& re, const reals& im, whole length, bool inverse, whole results, double* to,
               std::size_t step) {
    for (whole k = 0; k < results; ++k) {
        double real = 0;
        double imaginary = 0;
        for (whole n = 0; n < length; ++n) {
            const double angle = (inverse ? 2 : -2) * std::numbers::pi * static_cast<double>(k * n % length) /
                                 static_cast<double>(length);
            const double a = static_cast<std::size_t>(n) < re.size() ? re[static_cast<std::size_t>(n)] : 0;
            const double b = static_cast<std::size_t>(n) < im.size() ? im[static_cast<std::size_t>(n)] : 0;
            real += a * std::cos(angle) - b * std::sin(angle);
            imaginary += a * std::sin(angle) + b * std::cos(angle);
        }
        const double scale = inverse ? 1 / static_cast<double>(length) : 1;
        to[static_cast<std::size_t>(k) * step] = real * scale;
        to[static_cast<std::size_t>(k) * step + 1] = imaginary * scale;
    }
}

void dft(call& at) {
    const array& x = at.in(0);
    at.expect(x.rank() >= 2 && (x.shape.back() == 1 || x.shape.back() == 2),
              "a last axis of 1 or 2 (real and imaginary part)", shape_text(x.shape));
    const bool inverse = at.integer("inverse", 0) != 0;
    const bool one_side = at.integer("onesided", 0) != 0;
    const whole given = at.version() >= 20 ? (at.has(2) ? at.one_whole(2) : -2) : at.integer("axis", 1);
    const std::size_t axis = at.axis(given, x.rank());
    at.expect(axis + 1 < x.rank() && !(inverse && one_side),
              "an axis before the last, both sides of an inverse transform", std::to_string(given));
    const whole length = at.has(1) ? at.one_whole(1) : x.shape[axis];
    at.expect(length > 0 && length < (whole{1} << 26), "a length", std::to_string(length));
    shape_type to = x.shape;
    to.back() = 2;
    to[axis] = one_side ? length / 2 + 1 : length;
    reals made(at.count(to));
    const whole parts = x.shape.back();
    const whole extent = x.shape[axis];
    const whole inner = product_of(x.shape, axis + 1, x.rank() - 1);
    const reals& from = at.real(0);
    for (whole o = 0; o < product_of(x.shape, 0, axis); ++o)
        for (whole i = 0; i < inner; ++i) {
            reals re;
            reals im;
            for (whole n = 0; n < std::min(extent, length); ++n) {
                const auto place = static_cast<std::size_t>(((o * extent + n) * inner + i) * parts);
                re.push_back(from[place]);
                if (parts == 2) im.push_back(from[place + 1]);
            }
            transform(re, im, length, inverse, to[axis], made.data() + (o * to[axis] * inner + i) * 2,
                      static_cast<std::size_t>(inner) * 2);
        }
    at.give(x.type, to, std::move(made));
}

void stft(call& at) {
    const array& x = at.in(0);
    const whole step = at.one_whole(1);
    at.expect((x.rank() == 2 || (x.rank() == 3 && (x.shape[2] == 1 || x.shape[2] == 2))) && step > 0,
              "a signal {N, length, 1 or 2} and a step", shape_text(x.shape));
    const whole parts = x.rank() == 2 ? 1 : x.shape[2];
    const bool one_side = at.integer("onesided", 1) != 0;
    reals window;
    if (at.has(2)) window = at.real(2);
    const whole length = at.has(3) ? at.one_whole(3) : static_cast<whole>(window.size());
    at.expect(
        length > 0 && length <= x.shape[1] && (window.empty() || static_cast<whole>(window.size()) == length),
        "a window of a length within the signal", std::to_string(length));
    at.expect(parts == 1 || !one_side, "a real signal for one side", "complex numbers");
    const whole frames = (x.shape[1] - length) / step + 1;
    const whole lines = one_side ? length / 2 + 1 : length;
    const shape_type to{x.shape[0], frames, lines, 2};
    reals made(at.count(to));
    const reals& from = at.real(0);
    for (whole n = 0; n < x.shape[0]; ++n)
        for (whole f = 0; f < frames; ++f) {
            reals re;
            reals im;
            for (whole k = 0; k < length; ++k) {
                const double factor = window.empty() ? 1 : window[static_cast<std::size_t>(k)];
                const auto place = static_cast<std::size_t>((n * x.shape[1] + f * step + k) * parts);
                re.push_back(from[place] * factor);
                if (parts == 2) im.push_back(from[place + 1] * factor);
            }
            transform(re, im, length, false, lines, made.data() + (n * frames + f) * lines * 2, 2);
        }
    at.give(x.type, to, std::move(made));
}

constexpr operation table[] = {
    {"", "HannWindow", hann_window, 1, 1, 1, "output_datatype periodic", 17},
    {"", "HammingWindow", hamming_window, 1, 1, 1, "output_datatype periodic", 17},
    {"", "BlackmanWindow", blackman_window, 1, 1, 1, "output_datatype periodic", 17},
    {"", "MelWeightMatrix", mel_weight_matrix, 5, 5, 1, "output_datatype", 17},
    {"", "DFT", dft, 1, 2, 1, "axis inverse onesided", 17, 19},
    {"", "DFT", dft, 1, 3, 1, "inverse onesided", 20},
    {"", "STFT", stft, 2, 4, 1, "onesided", 17},
};

}  // namespace

std::span<const operation> signal_operations() { return table; }

}  // namespace archetype::evaluate
