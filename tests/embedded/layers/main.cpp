// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Networks with every kind of layer, computed by this target's kernels and by the definition of each layer: the exit
/// status is the number of networks whose results differ.
#include <archetype/inference.hpp>
#include "board.hpp"

namespace at = archetype;

namespace {

constexpr float next_number(std::uint32_t& state) {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 8388608.f - 1;
}

template <class Net>
struct numbers_of {
    static constexpr std::size_t count = at::inference_weight_count<Net>;
    alignas(64) float values[count + at::constant_weights_slack];
    constexpr numbers_of() : values{} {
        std::uint32_t state = 7;
        for (std::size_t i = 0; i < count; ++i) values[i] = next_number(state) / 2;
    }
};
template <class Net>
constexpr numbers_of<Net> numbers{};
template <class Net>
constexpr at::constant_weights<at::architecture_hash<Net>, at::inference_weight_count<Net>> weights{
    numbers<Net>.values};

/// 1 if the results differ.
template <class Net>
int check(const char* name) {
    static at::embedded<Net, weights<Net>> run;
    static float sample[run.input_size], expected[run.output_size];
    std::uint32_t state = 3;
    for (float& value : sample) value = next_number(state);
    at::detail::run_reference<Net>(weights<Net>.data, sample, expected);
    const auto found = run(sample);
    std::uint32_t wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const float difference = found[i] - expected[i], size = expected[i] < 0 ? -expected[i] : expected[i];
        if (!(difference <= 1e-4f * (1 + size) && difference >= -1e-4f * (1 + size))) ++wrong;
    }
    board::print(name, std::uint64_t{wrong});
    return wrong != 0;
}

using tower = at::network<at::input<14, 13, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                          at::conv2d<16, 3>, at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<21>,
                          at::sigmoid, at::dense<10>, at::softmax>;
using strided = at::network<at::input<15, 15, 3>, at::conv2d<7, 3, at::stride<2>, at::padding<1>>, at::elu<>,
                            at::conv2d<5, 3, at::dilation<2>, at::same>, at::leaky_relu<0.1>,
                            at::max_pool2d<3>, at::flatten, at::dense<3>>;
using depthwise = at::network<at::input<12, 10, 4>, at::conv2d<8, 3, at::padding<1>>, at::batch_norm<>,
                              at::relu, at::conv2d<8, 3, at::padding<1>, at::groups<8>>, at::relu,
                              at::conv2d<12, 1>, at::relu, at::conv2d<12, 3, at::same, at::groups<3>>,
                              at::relu, at::global_avg_pool2d, at::dense<5>, at::softmax>;
using odd = at::network<at::input<9, 9, 6>, at::max_pool2d<2>, at::batch_norm<>,
                        at::conv2d<6, 3, at::same, at::groups<6>>,
                        at::activation<[](auto x) { return x * sigmoid(x); }>, at::avg_pool2d<4>, at::flatten,
                        at::dense<1, at::no_bias>>;
using dense_only = at::network<at::input<37>, at::dense<33>, at::tanh, at::dense<9>, at::dropout<0.5>,
                               at::relu, at::dense<2>>;

}  // namespace

int main() {
    return check<tower>("tower") + check<strided>("strided") + check<depthwise>("depthwise") +
           check<odd>("odd") + check<dense_only>("dense_only");
}
