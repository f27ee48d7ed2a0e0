// SPDX-License-Identifier: BSL-1.0
// Streaming at batch 1, one sample a call: cycles for each time step of `stream`, of a scalar loop and of Eigen's matrices
// of fixed size (where libeigen3-dev is), interleaved. With `fade` as its argument: what a signal that fades costs, with and
// without flush_denormals. Cycles are processor seconds times the clock that a chain of
// dependent multiplications shows in the same round. The figures in docs/benchmarks.md come from this program.
#include <archetype/execution/stream/stream.hpp>
#include <archetype/inference.hpp>
#include <archetype/zoo/wavenet.hpp>

#include "peak.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string_view>
#include <vector>
#if __has_include(<Eigen/Dense>)
#include <Eigen/Dense>
#define HAS_EIGEN 1
#else
#define HAS_EIGEN 0
#endif

namespace at = archetype;

namespace {

constexpr std::size_t steps = 4096;

/// Cycles per second: an integer multiplication takes three.
double clock_rate() {
    std::uint64_t x = 3;
    asm volatile("" : "+r"(x));
    constexpr int count = 100000;
    const double time = benchmarks::seconds([&x] {
        for (int i = 0; i < count; ++i) asm volatile("imul %0, %0" : "+r"(x));
    });
    return 3.0 * count / time;
}

std::vector<float> random_numbers(std::size_t count, float size, unsigned seed) {
    std::mt19937 source(seed);
    std::uniform_real_distribution<float> numbers(-size, size);
    std::vector<float> made(count + 64);
    for (float& x : made) x = numbers(source);
    return made;
}

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

// Scalar loops over row-major matrices [in][out].
template <std::size_t In, std::size_t Out>
struct scalar_dense {
    std::vector<float> kernel = random_numbers(In * Out, 0.5f, 1), bias = random_numbers(Out, 0.5f, 2);
    void add(const float* in, float* out) const {
        for (std::size_t o = 0; o < Out; ++o) {
            float sum = bias[o];
            for (std::size_t i = 0; i < In; ++i) sum += in[i] * kernel[i * Out + o];
            out[o] = sum;
        }
    }
};
template <std::size_t In, std::size_t N>
struct scalar_lstm {
    scalar_dense<In, 4 * N> input;
    scalar_dense<N, 4 * N> recurrent;
    float h[N]{}, c[N]{};
    void operator()(const float* in, float* out) {
        float a[4 * N], b[4 * N];
        input.add(in, a);
        recurrent.add(h, b);
        for (std::size_t u = 0; u < N; ++u) {
            const auto gate = [&](std::size_t g) { return a[g * N + u] + b[g * N + u]; };
            c[u] = sigmoid(gate(1)) * c[u] + sigmoid(gate(0)) * std::tanh(gate(2));
            out[u] = h[u] = sigmoid(gate(3)) * std::tanh(c[u]);
        }
    }
};
template <std::size_t In, std::size_t N>
struct scalar_gru {
    scalar_dense<In, 3 * N> input;
    scalar_dense<N, 3 * N> recurrent;
    float h[N]{};
    void operator()(const float* in, float* out) {
        float a[3 * N], b[3 * N];
        input.add(in, a);
        recurrent.add(h, b);
        for (std::size_t u = 0; u < N; ++u) {
            const float z = sigmoid(a[u] + b[u]), r = sigmoid(a[N + u] + b[N + u]),
                        n = std::tanh(a[2 * N + u] + r * b[2 * N + u]);
            out[u] = h[u] = n + z * (h[u] - n);
        }
    }
};
template <std::size_t In, std::size_t N>
struct scalar_dense_tanh {
    scalar_dense<In, N> dense;
    void operator()(const float* in, float* out) {
        dense.add(in, out);
        for (std::size_t i = 0; i < N; ++i) out[i] = std::tanh(out[i]);
    }
};
template <std::size_t In, std::size_t N, std::size_t Dilation>
struct scalar_convolution {
    scalar_dense_tanh<3 * In, N> taps;
    float past[2 * Dilation][In]{};
    std::size_t at = 0;
    void operator()(const float* in, float* out) {
        float rows[3 * In];
        std::copy_n(past[at], In, rows);
        std::copy_n(past[(at + Dilation) % (2 * Dilation)], In, rows + In);
        std::copy_n(in, In, rows + 2 * In);
        std::copy_n(in, In, past[at]);
        at = (at + 1) % (2 * Dilation);
        taps(rows, out);
    }
};

/// Layers one after the other.
template <class... Layers>
struct chain {
    std::tuple<Layers...> layers;
    void operator()(const float* in, float* out) {
        float a[64], b[64];
        std::copy_n(in, 64, a);
        std::apply([&](auto&... layer) { ((layer(a, b), std::copy_n(b, 64, a)), ...); }, layers);
        std::copy_n(a, 64, out);
    }
};
template <std::size_t In>
struct scalar_head : scalar_dense<In, 1> {
    void operator()(const float* in, float* out) { this->add(in, out); }
};

#if HAS_EIGEN
template <int Rows, int Columns>
struct eigen_dense {
    using matrix = Eigen::Matrix<float, Rows, Columns>;
    matrix kernel = 0.5f * matrix::Random();
    Eigen::Matrix<float, Rows, 1> bias = 0.5f * Eigen::Matrix<float, Rows, 1>::Random();
    auto operator*(const Eigen::Map<const Eigen::Matrix<float, Columns, 1>>& in) const {
        return (kernel * in + bias).eval();
    }
};
template <int N>
using column = Eigen::Matrix<float, N, 1>;
template <int N>
Eigen::Map<const column<N>> column_at(const float* at) {
    return Eigen::Map<const column<N>>(at);
}
template <class E>
auto eigen_sigmoid(const E& x) {
    return (1 + (-x.array()).exp()).inverse();
}
template <int In, int N>
struct eigen_lstm {
    eigen_dense<4 * N, In> input;
    eigen_dense<4 * N, N> recurrent;
    column<N> h = column<N>::Zero(), c = column<N>::Zero();
    void operator()(const float* in, float* out) {
        const column<4 * N> g = input * column_at<In>(in) + recurrent * column_at<N>(h.data());
        c = eigen_sigmoid(g.template segment<N>(N)) * c.array() +
            eigen_sigmoid(g.template segment<N>(0)) * g.template segment<N>(2 * N).array().tanh();
        h = eigen_sigmoid(g.template segment<N>(3 * N)) * c.array().tanh();
        Eigen::Map<column<N>>{out} = h;
    }
};
template <int In, int N>
struct eigen_gru {
    eigen_dense<3 * N, In> input;
    eigen_dense<3 * N, N> recurrent;
    column<N> h = column<N>::Zero();
    void operator()(const float* in, float* out) {
        const column<3 *N> a = input * column_at<In>(in), b = recurrent * column_at<N>(h.data());
        const auto zr = eigen_sigmoid((a + b).template segment<2 * N>(0)).eval();
        const auto n = (a.template segment<N>(2 * N).array() +
                        zr.template segment<N>(N) * b.template segment<N>(2 * N).array())
                           .tanh()
                           .eval();
        h = n + zr.template segment<N>(0) * (h.array() - n);
        Eigen::Map<column<N>>{out} = h;
    }
};
template <int In, int N>
struct eigen_dense_tanh {
    eigen_dense<N, In> dense;
    void operator()(const float* in, float* out) {
        Eigen::Map<column<N>>{out} = (dense * column_at<In>(in)).array().tanh();
    }
};
template <int In, int N, int Dilation>
struct eigen_convolution {
    eigen_dense_tanh<3 * In, N> taps;
    float past[2 * Dilation][In]{};
    std::size_t at = 0;
    void operator()(const float* in, float* out) {
        float rows[3 * In];
        std::copy_n(past[at], In, rows);
        std::copy_n(past[(at + Dilation) % (2 * Dilation)], In, rows + In);
        std::copy_n(in, In, rows + 2 * In);
        std::copy_n(in, In, past[at]);
        at = (at + 1) % (2 * Dilation);
        taps(rows, out);
    }
};
template <int In>
struct eigen_head : eigen_dense<1, In> {
    void operator()(const float* in, float* out) { out[0] = (*this * column_at<In>(in))[0]; }
};
#else
struct nothing {
    void operator()(const float*, float*) {}
};
#endif

/// Weights of any network, random.
template <class Net>
struct random_weights {
    std::vector<float> numbers =
        random_numbers(at::inference_weight_count<Net> + at::constant_weights_slack, 0.5f, 3);
    using view_type = at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>>;
    view_type view = view_type::from_pointer(numbers.data());
};

/// Processor seconds of one time step: the best sample of many, and the median.
struct figures {
    std::vector<double> samples;
    double best() const { return *std::min_element(samples.begin(), samples.end()); }
    double median() {
        std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2),
                         samples.end());
        return samples[samples.size() / 2];
    }
};

template <class Run>
double step_seconds(const Run& run) {
    return benchmarks::seconds(run) / double(steps);
}

/// @param peer  cycles of the fastest peer, 0 if none is known
template <class Net, std::size_t Block, class Scalar, class Eigen_>
double compare(const char* name, double peer, int rounds) {
    static random_weights<Net> weights;
    static at::stream<Net, float, Block> stream{weights.view};
    static Scalar scalar;
    static Eigen_ eigen;
    constexpr std::size_t channels = at::stream<Net, float, Block>::input_channels, width = Block * channels;
    const std::vector<float> input = random_numbers(steps * channels + 64, 1, 4);
    float out[64]{}, total = 0;
    figures own, loop, matrices, rates;
    for (int r = 0; r < rounds; ++r) {
        rates.samples.push_back(clock_rate());
        own.samples.push_back(step_seconds([&] {
            for (std::size_t t = 0; t < steps; t += Block)
                total += stream(std::span<const float, width>(input.data() + t * channels, width))[0];
        }));
        if (r % 4 == 0) {
            loop.samples.push_back(step_seconds([&] {
                for (std::size_t t = 0; t < steps; ++t)
                    scalar(input.data() + t * channels, out), total += out[0];
            }));
            matrices.samples.push_back(step_seconds([&] {
                for (std::size_t t = 0; t < steps; ++t)
                    eigen(input.data() + t * channels, out), total += out[0];
            }));
        }
    }
    asm volatile("" : : "r,m"(total));
    // A disturbed clock measurement shows a slower clock, never a faster one.
    const double rate = *std::max_element(rates.samples.begin(), rates.samples.end());
    for (figures* f : {&own, &loop, &matrices})
        for (double& sample : f->samples) sample *= rate;
    std::printf("%-28s %8.0f %8.0f %10.0f %8.0f %8.0f %8.2f %8.2f\n", name, own.best(), own.median(),
                loop.median(), matrices.median(), peer, own.best() / peer, own.median() / peer);
    return own.best() / peer;
}

using namespace at;
template <std::size_t D>
using layer = at::sequence<conv1d<16, 3, causal, dilation<D>>, at::tanh>;
using gru8 = network<input<1, 1>, gru<8, return_sequences, reset_after>, dense<1, last_axis>>;
using gru16 = network<input<1, 1>, gru<16, return_sequences, reset_after>>;
using lstm20 = network<input<1, 1>, lstm<20, return_sequences>, dense<1, last_axis>>;
using lstm32 = network<input<1, 1>, lstm<32, return_sequences>>;
using lstm64 = network<input<1, 64>, lstm<64, return_sequences>>;
using dense64 = network<input<64>, dense<64>, at::tanh>;
using causal_stack = network<input<1, 1>, layer<1>, layer<2>, layer<4>, layer<8>, dense<1, last_axis>>;

/// Nanoseconds for each sample of a 48 kHz signal in blocks of 64, and how often faster than it sounds that is.
template <class Net>
void amplifier(const char* name) {
    static random_weights<Net> weights;
    for (float& x : weights.numbers) x *= 0.2f;
    static at::stream<Net, float, 64> stream{weights.view};
    const std::vector<float> input = random_numbers(steps, 1, 4);
    std::vector<double> times;
    float total = 0;
    for (int r = 0; r < 100; ++r)
        times.push_back(benchmarks::seconds([&] {
                            for (std::size_t t = 0; t < steps; t += 64)
                                total += stream(std::span<const float, 64>(input.data() + t, 64))[0];
                        }) *
                        1e9 / double(steps));
    asm volatile("" : : "r,m"(total));
    std::sort(times.begin(), times.end());
    std::printf("%-28s %8.0f ns, median %.0f ns for each sample: %.0f times real time\n", name, times[0],
                times[50], 1e9 / 48000 / times[50]);
}

/// Nanoseconds for each sample in blocks of 64: of noise, of the same noise while it fades from 1e-36 to nothing and in the
/// silence after it, and of that with a guard.
template <class Net>
void fade(const char* name) {
    static random_weights<Net> weights;
    static at::stream<Net, float, 64> stream{weights.view};
    const std::vector<float> loud = random_numbers(steps, 1, 4);
    std::vector<float> faint(loud);
    for (std::size_t t = 0; t < steps; ++t) faint[t] *= std::exp(-83 - 0.01f * static_cast<float>(t));
    const auto run = [&](const std::vector<float>& input) {
        double best = 1;
        for (int r = 0; r < 30; ++r) {
            stream.reset();
            float total = 0;
            const double time = benchmarks::seconds([&] {
                for (std::size_t t = 0; t < steps; t += 64)
                    total += stream.run(std::span<const float>(input.data() + t, 64))[0];
            });
            asm volatile("" : : "r,m"(total));
            best = std::min(best, time);
        }
        return best * 1e9 / double(steps);
    };
    const double sounding = run(loud), fading = run(faint);
    const flush_denormals guard;
    const double guarded = run(faint);
    std::printf("%-28s %8.1f %8.1f %8.1f %8.2f %8.2f\n", name, sounding, fading, guarded, fading / sounding,
                guarded / sounding);
}

template <std::size_t D>
using bare_layer = at::sequence<conv1d<16, 3, causal, dilation<D>, no_bias>, at::tanh>;
using bare_stack = network<input<1, 1>, bare_layer<1>, bare_layer<2>, bare_layer<4>, bare_layer<8>,
                           dense<1, last_axis, no_bias>>;
using bare_gru = network<input<1, 1>, gru<8, return_sequences, no_bias>, dense<1, last_axis, no_bias>>;
using bare_lstm = network<input<1, 1>, lstm<32, return_sequences, no_bias>>;

void fades() {
    std::printf("%-28s %8s %8s %8s %8s %8s\n", "ns for each sample", "noise", "fading", "guarded", "fading/n",
                "guarded/n");
    fade<bare_stack>("causal stack without biases");
    fade<bare_gru>("GRU(1->8) without biases");
    fade<bare_lstm>("LSTM(1->32) without biases");
    fade<gru8>("GRU(1->8)+dense");
    fade<zoo::standard_amp_wavenet<>>("standard WaveNet");
}

}  // namespace

int main(int count, char** arguments) {
    if (count > 1 && std::string_view(arguments[1]) == "fade") return fades(), 0;
    std::printf("clock %.2f GHz, %zu floats in a vector\n", clock_rate() / 1e9, kernels::lane_count<float>);
    std::printf("%-28s %8s %8s %10s %8s %8s %8s %8s\n", "cycles per time step", "best", "median", "scalar",
                "Eigen", "peer", "best/p", "median/p");
    std::vector<double> ratios;
#if HAS_EIGEN
#define EIGEN_OF(...) __VA_ARGS__
#else
#define EIGEN_OF(...) nothing
#endif
    ratios.push_back(compare<gru8, 1, chain<scalar_gru<1, 8>, scalar_head<8>>,
                             EIGEN_OF(chain<eigen_gru<1, 8>, eigen_head<8>>)>("GRU(1->8)+dense", 178, 200));
    ratios.push_back(
        compare<gru16, 1, scalar_gru<1, 16>, EIGEN_OF(eigen_gru<1, 16>)>("GRU(1->16)", 243, 200));
    ratios.push_back(
        compare<lstm20, 1, chain<scalar_lstm<1, 20>, scalar_head<20>>,
                EIGEN_OF(chain<eigen_lstm<1, 20>, eigen_head<20>>)>("LSTM(1->20)+dense", 556, 200));
    ratios.push_back(
        compare<lstm32, 1, scalar_lstm<1, 32>, EIGEN_OF(eigen_lstm<1, 32>)>("LSTM(1->32)", 391, 200));
    ratios.push_back(
        compare<lstm64, 1, scalar_lstm<64, 64>, EIGEN_OF(eigen_lstm<64, 64>)>("LSTM(64->64)", 3324, 60));
    ratios.push_back(compare<dense64, 1, scalar_dense_tanh<64, 64>, EIGEN_OF(eigen_dense_tanh<64, 64>)>(
        "dense(64->64)+tanh", 323, 100));
    using scalar_stack = chain<scalar_convolution<1, 16, 1>, scalar_convolution<16, 16, 2>,
                               scalar_convolution<16, 16, 4>, scalar_convolution<16, 16, 8>, scalar_head<16>>;
    using eigen_stack =
        EIGEN_OF(chain<eigen_convolution<1, 16, 1>, eigen_convolution<16, 16, 2>,
                       eigen_convolution<16, 16, 4>, eigen_convolution<16, 16, 8>, eigen_head<16>>);
    ratios.push_back(compare<causal_stack, 1, scalar_stack, eigen_stack>("causal stack", 702, 100));
    std::sort(ratios.begin(), ratios.end());
    std::printf("median of the ratios %.2f, largest %.2f\n", ratios[ratios.size() / 2], ratios.back());
    compare<causal_stack, 64, scalar_stack, eigen_stack>("causal stack, blocks of 64", 308, 100);
    compare<lstm64, 64, scalar_lstm<64, 64>, EIGEN_OF(eigen_lstm<64, 64>)>("LSTM(64->64), blocks of 64", 3324,
                                                                           60);
    amplifier<zoo::standard_amp_wavenet<>>("standard WaveNet");
    amplifier<zoo::standard_amp_wavenet<64, activation<expression::activations::fast_tanh>>>(
        "standard WaveNet, fast tanh");
}
