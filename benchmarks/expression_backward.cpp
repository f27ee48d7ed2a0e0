// SPDX-License-Identifier: BSL-1.0
// The backward pass of an LSTM cell from one expression against the hand-written loop with the same
// elementary functions; medians of interleaved measurements. Also tanh and sigmoid per vector.
//   g++ -std=c++20 -O3 -march=native -Iinclude benchmarks/expression_backward.cpp && ./a.out
#include <algorithm>
#include <archetype/expression.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <chrono>
#include <cstdio>
#include <vector>

namespace expression = archetype::expression;
namespace elementary = archetype::expression::elementary;
namespace kernels = archetype::kernels;
using lanes = kernels::lanes<float>;
constexpr std::size_t width = kernels::lane_count<float>, count = 1024;

constexpr auto cell = expression::trace<5>([](auto f, auto i, auto g, auto o, auto c) {
    auto next = sigmoid(f) * c + sigmoid(i) * tanh(g);
    return sigmoid(o) * tanh(next);
});

[[gnu::noinline]] void from_expression(const float* const* in, const float* adjoint, float* const* out) {
    for (std::size_t k = 0; k < count; k += width) {
        const auto d = expression::differentiate(cell, kernels::load(adjoint + k), kernels::load(in[0] + k),
                                                 kernels::load(in[1] + k), kernels::load(in[2] + k),
                                                 kernels::load(in[3] + k), kernels::load(in[4] + k));
        for (std::size_t j = 0; j < 5; ++j) kernels::store(out[j] + k, d.gradient[j]);
    }
}

[[gnu::noinline]] void by_hand(const float* const* in, const float* adjoint, float* const* out) {
    const lanes one(1.f);
    for (std::size_t k = 0; k < count; k += width) {
        const lanes f = elementary::sigmoid(kernels::load(in[0] + k)),
                    i = elementary::sigmoid(kernels::load(in[1] + k));
        const lanes g = elementary::tanh(kernels::load(in[2] + k)),
                    o = elementary::sigmoid(kernels::load(in[3] + k));
        const lanes c = kernels::load(in[4] + k), t = elementary::tanh(lanes(f * c + i * g));
        const lanes dh = kernels::load(adjoint + k), dc = dh * o * (one - t * t);
        kernels::store<float>(out[0] + k, dc * c * (f * (one - f)));
        kernels::store<float>(out[1] + k, dc * g * (i * (one - i)));
        kernels::store<float>(out[2] + k, dc * i * (one - g * g));
        kernels::store<float>(out[3] + k, dh * t * (o * (one - o)));
        kernels::store<float>(out[4] + k, dc * f);
    }
}

template <class F>
double seconds(const F& f) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 20;
}
double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

template <class F>
[[gnu::noinline]] void map(const F& f, const float* in, float* out) {
    for (std::size_t k = 0; k < count; k += width) kernels::store(out + k, f(kernels::load(in + k)));
}

int main() {
    std::vector<float> data[6], result[5], other[5];
    const float* in[5];
    float *out[5], *out2[5];
    unsigned state = 1;
    for (auto& d : data) {
        d.resize(count + 64);
        for (auto& x : d)
            x = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-22f - 2.f;
    }
    for (std::size_t j = 0; j < 5; ++j) {
        result[j].resize(count + 64), other[j].resize(count + 64);
        in[j] = data[j].data(), out[j] = result[j].data(), out2[j] = other[j].data();
    }
    std::vector<double> a, b, ratio;
    for (int r = 0; r < 401; ++r) {
        a.push_back(seconds([&] { from_expression(in, data[5].data(), out); }));
        b.push_back(seconds([&] { by_hand(in, data[5].data(), out2); }));
        ratio.push_back(a.back() / b.back());
    }
    float difference = 0;
    for (std::size_t j = 0; j < 5; ++j)
        for (std::size_t k = 0; k < count; ++k)
            difference = std::max(difference, std::abs(result[j][k] - other[j][k]));
    std::printf(
        "LSTM cell backward: expression %.1f ns, by hand %.1f ns per vector of %zu, ratio %.3f, largest "
        "difference %g\n",
        median(a) * 1e9 * width / count, median(b) * 1e9 * width / count, width, median(ratio),
        static_cast<double>(difference));
    const auto report = [&](const char* name, auto f) {
        std::vector<double> t;
        for (int r = 0; r < 401; ++r) t.push_back(seconds([&] { map(f, in[0], out[0]); }));
        std::printf("%-14s %.2f ns per vector\n", name, median(t) * 1e9 * width / count);
    };
    report("copy", [](const lanes& x) { return x; });
    report("tanh", [](const lanes& x) { return elementary::tanh(x); });
    report("fast_tanh", [](const lanes& x) { return elementary::fast_tanh(x); });
    report("sigmoid", [](const lanes& x) { return elementary::sigmoid(x); });
    report("fast_sigmoid", [](const lanes& x) { return elementary::fast_sigmoid(x); });
    report("exp", [](const lanes& x) { return elementary::exp(x); });
    report("log", [](const lanes& x) { return elementary::log(x); });
    report("xsimd::tanh", [](const lanes& x) { return xsimd::tanh(x); });
}
