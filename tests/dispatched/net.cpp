// SPDX-License-Identifier: BSL-1.0
// Compiled once for each processor.
#include "net.hpp"
#include <archetype/inference.hpp>
#include <array>

namespace at = archetype;

namespace {

using network = at::network<at::input<16, 16, 1>, at::conv2d<8, 3>, at::tanh, at::avg_pool2d<2>, at::flatten,
                            at::dense<10>, at::softmax>;
constexpr std::size_t count = at::inference_weight_count<network>;

constexpr auto made = [] {
    std::array<float, count + at::constant_weights_slack> all{};
    unsigned bits = 1;
    for (std::size_t i = 0; i < count; ++i)
        all[i] = float((bits = bits * 1664525u + 1013904223u) >> 16) / 65536 - 0.5f;
    return all;
}();
struct aligned {
    alignas(64) float numbers[count + at::constant_weights_slack];
};
constexpr aligned stored = [] {
    aligned result{};
    for (std::size_t i = 0; i < made.size(); ++i) result.numbers[i] = made[i];
    return result;
}();
constexpr at::constant_weights<at::architecture_hash<network>, count> weights{stored.numbers};

}  // namespace

void classify(const float (&image)[256], float (&scores)[10]) {
    static at::inference<network> run{weights};
    const auto found = run(image);
    for (std::size_t i = 0; i < 10; ++i) scores[i] = found[i];
}

const char* compiled_with() {
#if defined(__AVX512VL__)
    return "AVX-512";
#elif defined(__AVX2__)
    return "AVX2";
#elif defined(__ARM_FEATURE_DOTPROD)
    return "dot products";
#else
    return "the least";
#endif
}
