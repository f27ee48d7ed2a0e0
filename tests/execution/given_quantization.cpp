// SPDX-License-Identifier: BSL-1.0
// Networks of 8 bits with given scales: results by hand, and what cannot be given.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/given_quantization.hpp>

#include <catch.hpp>

#include <cmath>
#include <numeric>
#include <xtensor/xrandom.hpp>

namespace at = archetype;

namespace {

std::vector<std::int8_t> all_bytes() {
    std::vector<std::int8_t> made;
    for (int q = -128; q < 128; ++q) made.push_back(static_cast<std::int8_t>(q));
    return made;
}
template <class Net>
std::vector<int> run(const at::given_quantization& given, const std::vector<std::int8_t>& samples) {
    at::quantized_model<Net> model = at::quantized_with<Net>(given);
    const std::size_t count = samples.size() / at::input_shape<Net>.size();
    std::vector<std::int8_t> made(count * at::output_shape<Net>.size());
    model.run(samples.data(), count, made.data());
    return {made.begin(), made.end()};
}
template <class Net>
std::string refusal(const at::given_quantization& given) {
    try {
        (void)at::quantized_with<Net>(given);
    } catch (const std::invalid_argument& problem) {
        return problem.what();
    }
    return "";
}
struct same {
    constexpr auto operator()(auto x) const { return x; }
};

using dense = at::network<at::input<2>, at::dense<2>, at::relu>;
at::given_quantization dense_given() {
    at::given_quantization given{{0.5f, 3}, {}};
    // Kernels are {in, out}: filter 0 has 2 and 4, filter 1 has -3 and 5.
    given.layers["dense"] = {
        .result = {}, .weights = {2, -3, 4, 5}, .scales = {0.25f, 0.5f}, .biases = {10, -7}, .table = {}};
    given.layers["relu"] = {
        .result = at::quantization{1.f, -100}, .weights = {}, .scales = {}, .biases = {}, .table = {}};
    return given;
}

}  // namespace

TEST_CASE("given quantization: a dense layer by hand") {
    // (2 (13 - 3) + 4 (33 - 3) + 10) / 8 = 18.75; (-3 * 10 + 5 * 30 - 7) / 4 = 28.25 is rounded twice: 56.5, 28.5.
    CHECK(run<dense>(dense_given(), {13, 33}) == std::vector<int>{-100 + 19, -100 + 29});
    // -8.75 is below the rectifier; (-3 * -10 + 5 * -1 - 7) / 4 = 4.5 rounds away from zero.
    CHECK(run<dense>(dense_given(), {-7, 2}) == std::vector<int>{-100, -100 + 5});
    // One scale for all filters, no biases.
    at::given_quantization given = dense_given();
    given.layers["dense"].scales = {0.5f};
    given.layers["dense"].biases.clear();
    CHECK(run<dense>(given, {13, 33}) == std::vector<int>{-100 + 35, -100 + 30});
    CHECK(at::quantized_with<dense>(given).input_quantization() == at::quantization{0.5f, 3});
    CHECK(at::quantized_with<dense>(given).output_quantization() == at::quantization{1.f, -100});
}

TEST_CASE("given quantization: another scale is an activation with a table") {
    using net = at::network<at::input<1>, at::activation<same{}>>;
    at::given_quantization given{{0.5f, 10}, {}};
    given.layers["activation"].result = at::quantization{1.f, -20};
    const std::vector<int> found = run<net>(given, all_bytes());
    for (int q = -128; q < 128; ++q)
        CHECK(found[static_cast<std::size_t>(q + 128)] ==
              std::clamp(static_cast<int>(std::round((q - 10) / 2.0)) - 20, -128, 127));
    // A table that is given is what counts; two are one after the other.
    using two = at::network<at::input<1>, at::activation<same{}>, at::tanh>;
    std::vector<std::int8_t> turned = all_bytes();
    std::reverse(turned.begin(), turned.end());
    given.layers["activation"].table = turned;
    given.layers["tanh"].result = at::quantization{1.f / 64, 1};
    CHECK(refusal<two>(given).find("1 of 2") != std::string::npos);
    given.layers["tanh"].table = all_bytes();
    CHECK(run<two>(given, {-128, 0, 127}) == std::vector<int>{127, -1, -128});
    CHECK(at::quantized_with<two>(given).output_quantization() == at::quantization{1.f / 64, 1});
}

TEST_CASE("given quantization: joins, parts of a concatenation, means, poolings") {
    using sum = at::network<at::input<2>, at::residual<at::dense<2, at::no_bias>>, at::relu>;
    at::given_quantization given{{0.5f, 0}, {}};
    given.layers["dense"] = {.result = at::quantization{0.25f, 4},
                             .weights = {1, 0, 0, 1},
                             .scales = {1.f},
                             .biases = {},
                             .table = {}};
    given.layers["relu"].result = at::quantization{1.f, -128};
    // 20 * 0.5 twice is 20; -6 stays below zero.
    CHECK(run<sum>(given, {20, -6}) == std::vector<int>{-108, -128});

    using mean = at::network<at::input<2, 2, 1>, at::global_avg_pool2d>;
    // The mean of -3 and -2 rounds away from the zero point, not from zero: -2.5 is 125.5 above -128.
    CHECK(run<mean>({{1.f, -128}, {}}, {-3, -2, -3, -2}) == std::vector<int>{-2});
    CHECK(run<mean>({{1.f, 127}, {}}, {-3, -2, -3, -2}) == std::vector<int>{-3});
    using pool = at::network<at::input<2, 2, 1>, at::avg_pool2d<2>>;
    CHECK(run<pool>({{1.f, -128}, {}}, {-3, -2, -3, -2}) == std::vector<int>{-3});
    // With another scale in one rounding: 4 * 30 / 4 / 3 = 10.
    at::given_quantization scaled{{1.f, 0}, {}};
    scaled.layers["global_avg_pool2d"].result = at::quantization{3.f, 5};
    CHECK(run<mean>(scaled, {29, 31, 28, 32}) == std::vector<int>{15});

    using parts =
        at::network<at::input<2>, at::branches<at::concatenate, at::identity, at::activation<same{}>>>;
    at::given_quantization two{{1.f, 0}, {}};
    two.layers["branch/activation"].result = at::quantization{1.f, 0};
    CHECK(run<parts>(two, {5, -6}) == std::vector<int>{5, -6, 5, -6});
    two.layers["branch/activation"].result = at::quantization{2.f, 0};
    CHECK(refusal<parts>(two).find("one quantization") != std::string::npos);
}

TEST_CASE("given quantization: zeros around an image are the zero point") {
    using net = at::network<at::input<1, 1, 1>, at::zero_padding2d<1>, at::cropping2d<0, 1, 1, 1>>;
    CHECK(run<net>({{1.f, 17}, {}}, {5}) == std::vector<int>{17, 5});
}

namespace {

template <class... Options>
using lstm = at::network<at::input<6, 3>, at::lstm<4, at::int8_states, Options...>>;
at::given_quantization lstm_given(float clip) {
    constexpr std::size_t columns = 16;
    at::given_quantization given{{0.02f, 5}, {}};
    at::given_layer& layer = given.layers["lstm"];
    layer.result = at::quantization{0.0075f, -3};
    layer.scales = {0.011f, 0.013f, 0.017f, 0.0123f};
    layer.recurrent_scales = {0.019f, 0.0071f, 0.0213f, 0.0091f};
    layer.state_scale = 1.f / 2048;
    layer.state_clip = clip;
    for (int k = 0; k < 3 * 16; ++k) layer.weights.push_back(static_cast<std::int8_t>(k * 89 % 255 - 127));
    for (int k = 0; k < 4 * 16; ++k)
        layer.recurrent_weights.push_back(static_cast<std::int8_t>(k * 53 % 255 - 127));
    for (std::size_t k = 0; k < columns; ++k) layer.biases.push_back(static_cast<int>(k) * 977 % 4001 - 2000);
    return given;
}
std::vector<std::int8_t> lstm_sample() {
    std::vector<std::int8_t> made;
    for (int k = 0; k < 18; ++k) made.push_back(static_cast<std::int8_t>(k * 71 % 256 - 128));
    return made;
}

}  // namespace

TEST_CASE(
    "given quantization: an LSTM is that of TensorFlow Lite Micro 90b983c, which computed these numbers") {
    const std::vector<int> free{
        -85, 29, -2, -76, -2, 13, 81, -13, -64, -2, 80, 71, -112, -1, 79, 87, -32, 26, -1, 9, 38, 34, -1, -68,
    };
    const std::vector<int> clipped{
        -56, 29, -2, -49, -2, 19, 52, -7, -57, -2, 43, 54, -60, -1, 40, 54, 29, 22, -2, -20, 48, 35, -1, -46,
    };
    CHECK(run<lstm<at::return_sequences>>(lstm_given(0), lstm_sample()) == free);
    CHECK(run<lstm<at::return_sequences>>(lstm_given(0.5f), lstm_sample()) == clipped);
    CHECK(run<lstm<>>(lstm_given(0), lstm_sample()) == std::vector<int>(free.end() - 4, free.end()));
    // One scale for each column is the same.
    at::given_quantization wide = lstm_given(0);
    at::given_layer& layer = wide.layers["lstm"];
    const std::vector<float> gates = layer.scales;
    layer.scales.clear();
    for (std::size_t k = 0; k < 16; ++k) layer.scales.push_back(gates[k / 4]);
    CHECK(run<lstm<at::return_sequences>>(wide, lstm_sample()) == free);
    // Reversed: the same of the sequence from its end.
    std::vector<std::int8_t> turned = lstm_sample();
    for (std::size_t t = 0; t < 3; ++t)
        std::swap_ranges(turned.begin() + static_cast<std::ptrdiff_t>(3 * t),
                         turned.begin() + static_cast<std::ptrdiff_t>(3 * t + 3),
                         turned.end() - static_cast<std::ptrdiff_t>(3 * t + 3));
    CHECK(run<lstm<at::reversed>>(lstm_given(0), turned) == std::vector<int>(free.end() - 4, free.end()));
}

TEST_CASE("its sigmoid and tanh are the points of a table") {
    namespace kernels = at::kernels::detail;
    // TensorFlow Lite's numbers.
    const auto& table = kernels::gate_table<>;
    CHECK(table[1] == 33451);
    CHECK(table[4] == 35493);
    CHECK(table[35] == 53169);
    CHECK(std::accumulate(table.begin(), table.end(), 0) == 15670629);
    for (int x = -32768; x < 32768; x += 7) {
        const double real = x / 4096.0;
        CHECK(std::abs(kernels::gate_sigmoid<>(x) - 32768 / (1 + std::exp(-real))) < 2);
        CHECK(std::abs(kernels::gate_tanh<>(x, 12) - 32768 * std::tanh(real)) < 4);
        CHECK(std::abs(kernels::gate_tanh<>(x, 15) - 32768 * std::tanh(x / 32768.0)) < 4);
        CHECK(std::abs(kernels::gate_tanh<>(x, 9) - 32768 * std::tanh(x / 512.0)) < 4);
    }
}

TEST_CASE("calibrated, it is near the LSTM in real numbers") {
    using net = at::network<at::input<9, 3>, at::lstm<5, at::int8_states, at::return_sequences>,
                            at::dense<2, at::last_axis>>;
    at::model<net> model{at::seed{4}};
    const xt::xtensor<float, 3> samples = xt::random::randn<float>({50, 9, 3});
    auto quantized = at::quantize(model, samples);
    const xt::xtensor<float, 3> real = model(samples), small = quantized(samples);
    CHECK(xt::amax(xt::abs(real - small))() < 0.06f);
}

TEST_CASE("given quantization: what an LSTM cannot have") {
    const auto says = [](auto change, const char* words) {
        at::given_quantization given = lstm_given(0);
        change(given.layers["lstm"]);
        const std::string message = refusal<lstm<>>(given);
        INFO(message);
        CHECK(message.find(words) != std::string::npos);
    };
    says([](auto& l) { l.weights.pop_back(); }, "expected 48 weights, found 47");
    says([](auto& l) { l.recurrent_weights.clear(); }, "expected 64 recurrent weights, found 0");
    says([](auto& l) { l.recurrent_scales = {1, 1}; }, "expected 16 recurrent scales, found 2");
    says([](auto& l) { l.biases = {1}; }, "expected 16 biases, found 1");
    says([](auto& l) { l.biases[3] = 1 << 30; }, "sums below 2^30 in column 3");
    says([](auto& l) { l.state_scale = 0.3f; }, "a power of two");
    says([](auto& l) { l.state_scale = 0; }, "a power of two");
    says([](auto& l) { l.state_clip = -1; }, "a clip of at least 0");
    says([](auto& l) { l.result.reset(); }, "the quantization of its results");
    // An LSTM whose states have more bits takes none.
    at::given_quantization given{{1.f, 0}, {}};
    CHECK(refusal<at::network<at::input<6, 3>, at::lstm<4>>>(given).find("calibration only") !=
          std::string::npos);
}

TEST_CASE("given quantization: what cannot be is one message") {
    const auto with = [](auto change) {
        at::given_quantization given = dense_given();
        change(given);
        return refusal<dense>(given);
    };
    const auto says = [](const std::string& message, const char* words) {
        INFO(message);
        CHECK(message.find(words) != std::string::npos);
    };
    says(with([](auto& g) { g.input.scale = 0; }), "the input: expected a scale above 0");
    says(with([](auto& g) { g.input.zero_point = 200; }), "found scale 0.500000 and zero point 200");
    says(with([](auto& g) { g.layers["dense_1"]; }),
         "\"dense_1\": expected a layer of the network, found none");
    says(with([](auto& g) { g.layers["relu"].result.reset(); }), "expected a given quantization, found none");
    says(with([](auto& g) { g.layers["dense"].weights.pop_back(); }), "expected 4 weights, found 3");
    says(with([](auto& g) { g.layers["dense"].scales = {1, 1, 1}; }), "expected 2 scales, found 3");
    says(with([](auto& g) { g.layers["dense"].scales = {-1}; }), "expected scales above 0");
    says(with([](auto& g) { g.layers["dense"].biases = {1}; }), "expected 2 biases, found 1");
    says(with([](auto& g) { g.layers["dense"].biases = {1 << 30, 0}; }), "sums below 2^30 in filter 0");
    says(with([](auto& g) { g.layers["relu"].table = {1, 2}; }), "expected 256 results, found 2");
    says(with([](auto& g) { g.layers["dense"].result = at::quantization{2.f, 0}; }), "what its input has");
    says(with([](auto& g) { g.layers["dense"].weights[3] = -128; }),
         "expected weights from -127 to 127, found -128 in filter 1");
    using scores = at::network<at::input<2>, at::softmax>;
    at::given_quantization given{{1.f, 0}, {}};
    CHECK(refusal<scores>(given) == "");
    given.layers["softmax"].result = at::quantization{1.f, 0};
    says(refusal<scores>(given), "scale 0.003906 and zero point -128");
    using norm = at::network<at::input<4, 4, 2>, at::prelu<>>;
    says(refusal<norm>({{1.f, 0}, {}}), "from calibration only");
    using steps = at::network<at::input<4, 2>, at::lstm<3>>;
    says(refusal<steps>({{1.f, 0}, {}}), "from calibration only");
}
