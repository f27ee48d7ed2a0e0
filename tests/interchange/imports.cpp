// SPDX-License-Identifier: BSL-1.0
// What readers of other projects' files refuse, and what dialects mean.
#include <archetype/archetype.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/interchange/keras_json.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <archetype/zoo/wavenet.hpp>
#include <catch.hpp>
#include <fstream>

#include "../temporary_directory.hpp"

namespace {

namespace at = archetype;
using every = at::return_sequences;
const std::filesystem::path peers = std::filesystem::path(ARCHETYPE_DATA_DIR) / "peers";
const at::recurrent_dialect keras = at::recurrent_dialect::keras(at::reset_form::after);

std::filesystem::path written(const std::string& name, const std::string& text) {
    std::ofstream(name) << text;
    return name;
}

template <class Net>
std::vector<float> values_of(const at::model<Net>& net) {
    return {net.data(), net.data() + net.size()};
}

template <class Net>
double difference(at::model<Net>& net, const std::vector<float>& input, const std::vector<double>& wanted) {
    std::vector<float> found(wanted.size());
    REQUIRE(at::model<Net>::output_shape.size() == wanted.size());
    net.run(input.data(), 1, found.data());
    double most = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        most = std::max(most, std::abs(double(found[i]) - wanted[i]));
    return most;
}

}  // namespace

// FL-20: a file of 20 units for a model of 16, and the file itself.
TEST_CASE("a file of another size is refused") {
    using net = at::network<at::input<8, 1>, at::lstm<16, every>, at::dense<1, at::last_axis>>;
    at::model<net> model{at::seed{4}};
    const std::vector<float> before = values_of(model);
    const auto failure = at::try_load_keras_json(model, peers / "rtneural" / "bad_lstm.json", keras);
    REQUIRE_FALSE(failure);
    const std::string message = failure.failure().message();
    CHECK(message.find("bad_lstm.json: 4 tensors do not fit the model; nothing was loaded") != message.npos);
    CHECK(message.find("lstm/kernel: expected (1, 64), found (1, 80)") != message.npos);
    CHECK(message.find("lstm/recurrent_kernel: expected (16, 64), found (20, 80)") != message.npos);
    CHECK(message.find("lstm/bias: expected (64), found (80)") != message.npos);
    CHECK(message.find("dense/kernel: expected (16, 1), found (20, 1)") != message.npos);
    CHECK(values_of(model) == before);
    CHECK_THROWS_AS((void)at::load_keras_json(model, peers / "rtneural" / "bad_lstm.json", keras),
                    at::load_error);
}

TEST_CASE("what a file says is compared with the network") {
    const auto message = [](auto model, const char* file, const at::recurrent_dialect& dialect) {
        const auto loaded = at::try_load_keras_json(model, peers / "rtneural" / file, dialect);
        return loaded ? "" : loaded.failure().message();
    };
    using good = at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::tanh, at::lstm<8, every>,
                             at::dense<1, at::last_axis>>;
    CHECK(message(at::model<good>{}, "lstm.json", keras).empty());
    using other_activation = at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::relu,
                                         at::lstm<8, every>, at::dense<1, at::last_axis>>;
    CHECK(message(at::model<other_activation>{}, "lstm.json", keras)
              .find("dense: activation: expected relu, found tanh") != std::string::npos);
    using other_layer = at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::tanh, at::gru<8, every>,
                                    at::dense<1, at::last_axis>>;
    CHECK(message(at::model<other_layer>{}, "lstm.json", keras).find("gru: type: expected gru, found lstm") !=
          std::string::npos);
    using shorter = at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::tanh, at::lstm<8, every>>;
    CHECK(message(at::model<shorter>{}, "lstm.json", keras)
              .find("layer 3: expected no further layer, found dense") != std::string::npos);
    using other_dilation =
        at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::tanh, at::conv1d<4, 3, at::causal>,
                    at::tanh, at::gru<8, every, at::reset_after>, at::dense<1, at::last_axis>>;
    CHECK(message(at::model<other_dilation>{}, "full_model.json", keras)
              .find("conv1d: dilation: expected 1, found 2") != std::string::npos);
    CHECK(message(at::model<good>{}, "none.json", keras).find("expected a file, found none") !=
          std::string::npos);
}

// FL-11: one unit, ONNX order i, o, f, c.
TEST_CASE("the order of gates has to be said") {
    const testing::temporary_directory here;
    const auto file = written(
        (here.path() / "gates.json").string(),
        R"({"cell.weight_ih_l0": [[0.5], [-0.3], [0.8], [1.2]], "cell.weight_hh_l0": [[0.1], [0.2], [-0.4], [0.3]],
                                  "cell.bias_ih_l0": [0.0, 0.1, 1.0, -0.2]})");
    static_assert(!std::is_default_constructible_v<at::recurrent_dialect>);
    at::model<at::network<at::input<3, 1>, at::lstm<1, every>>> model;
    const std::vector<float> x{1.0f, -0.5f, 2.0f};
    const auto load = [&](at::lstm_gates order) {
        at::load_state_dict(model, file, {"cell"},
                            {order, at::gru_gates::zrh, at::bias_count::one, at::reset_form::after});
    };
    load(at::lstm_gates::iofc);
    CHECK(difference(model, x, {0.198737033, 0.010708476, 0.235793177}) < 1e-6);
    load(at::lstm_gates::ifco);
    CHECK(difference(model, x, {0.387041924, 0.162655000, 0.660447211}) < 1e-6);
    load(at::lstm_gates::ifgo);
    CHECK(difference(model, x, {0.387041924, 0.162655000, 0.660447211}) < 1e-6);
    // TensorFlow 1 has the same tensors in order i, j, f, o: here the file's o is the candidate.
    load(at::lstm_gates::ijfo);
    const std::vector<float> values = values_of(model);
    CHECK(values[0] == 0.5f);
    CHECK(std::vector<float>(values.begin(), values.begin() + 4) ==
          std::vector<float>{0.5f, 0.8f, -0.3f, 1.2f});
}

// FL-12 (b), by import.
TEST_CASE("a GRU's reset form has to be said") {
    const testing::temporary_directory here;
    const auto file = written((here.path() / "gru.json").string(),
                              R"({"weight_ih_l0": [[0.5], [-0.2], [0.3], [0.7], [1.0], [-1.0]],
                                  "weight_hh_l0": [[0.1, 0.2], [0.3, -0.1], [0.2, -0.3], [0.4, 0.1], [0.6, -0.5], [0.9, 0.2]],
                                  "bias_ih_l0": [0.1, 0, -0.1, 0.2, 0.05, -0.05], "bias_hh_l0": [0, 0, 0, 0, 0.3, -0.4]})");
    const std::vector<float> x{1.0f, 0.5f, -1.0f};
    const std::vector<double> after{0.296996091,  -0.478529168, 0.487910870,
                                    -0.539838750, -0.117317961, -0.031672072},
        before{0.309715271, -0.492482393, 0.523008074, -0.591408724, -0.021256636, -0.110509411};
    at::model<at::network<at::input<3, 1>, at::gru<2, every, at::reset_after>>> with_after;
    at::load_state_dict(with_after, file, {""}, at::recurrent_dialect::onnx(at::reset_form::after));
    CHECK(difference(with_after, x, after) < 1e-6);
    // Before the product both biases are added.
    at::model<at::network<at::input<3, 1>, at::gru<2, every>>> with_before;
    at::load_state_dict(with_before, file, {""}, at::recurrent_dialect::onnx(at::reset_form::before));
    CHECK(difference(with_before, x, before) < 1e-6);
    at::model<at::network<at::input<3, 1>, at::gru<2, every, at::two_biases>>> with_two;
    at::load_state_dict(with_two, file, {""}, at::recurrent_dialect::onnx(at::reset_form::before));
    CHECK(difference(with_two, x, before) < 1e-6);
    // A file of one form is not read as the other: its two candidate biases cannot be one.
    const std::vector<at::state_dict_module> modules{""};
    const auto failure = at::try_load_state_dict(with_before, file, modules,
                                                 at::recurrent_dialect::onnx(at::reset_form::after));
    REQUIRE(failure);
    CHECK(failure->message().find(
              "gru: form: expected reset before the product, found reset after the product") !=
          std::string::npos);
    static_assert(at::parameter_count<at::network<at::input<7, 4>, at::gru<5>>> == 150);
    static_assert(at::parameter_count<at::network<at::input<7, 4>, at::gru<5, at::reset_after>>> == 165);
}

TEST_CASE("state dicts of other models are refused") {
    at::model<at::network<at::input<8, 1>,
                          at::residual<at::sequence<at::lstm<8, every>, at::dense<1, at::last_axis>>>>>
        model{at::seed{2}};
    const std::vector<float> before = values_of(model);
    const std::vector<at::state_dict_module> modules{"rec", "lin"};
    const auto file = peers / "neural-seed" / "lstm8_ts9_pytorch.json";
    const auto refused = at::try_load_state_dict(model, file, modules, at::recurrent_dialect::pytorch());
    REQUIRE(refused);
    CHECK(refused->message().find(
              "rec.weight_ih_l0: expected a tensor for lstm, found no tensor of this name") !=
          std::string::npos);
    CHECK(refused->message().find("model_data: expected no tensor of this name, found object") !=
          std::string::npos);
    const auto missing =
        at::try_load_state_dict(model, file, modules, at::recurrent_dialect::pytorch(), "weights");
    REQUIRE(missing);
    CHECK(missing->message().find("expected an object \"weights\", found no such member") !=
          std::string::npos);
    CHECK(values_of(model) == before);
    CHECK_FALSE(
        at::try_load_state_dict(model, file, modules, at::recurrent_dialect::pytorch(), "state_dict"));
}

TEST_CASE("amplifier files of other structures are refused") {
    const std::filesystem::path folder = peers / "neural-amp-modeler";
    at::model<at::network<at::input<8, 1>, at::lstm<3, every>, at::dense<1, at::last_axis>>> without_state;
    const auto state = at::try_load_nam(without_state, folder / "lstm.nam");
    REQUIRE_FALSE(state);
    CHECK(state.failure().message().find("lstm: parameters: expected 4, with given_initial_state, found 3") !=
          std::string::npos);
    at::model<at::network<at::input<8, 1>, at::lstm<4, every, at::given_initial_state>,
                          at::dense<1, at::last_axis>>>
        larger;
    CHECK(at::try_load_nam(larger, folder / "lstm.nam")
              .failure()
              .message()
              .find("lstm/kernel: expected (1, 16), found (1, 12)") != std::string::npos);
    using wider = at::zoo::wavenet<8, at::zoo::wavenet_array<3, 3, at::zoo::dilations<1, 4>, 2>,
                                   at::zoo::wavenet_array<2, 3, at::zoo::dilations<8>, 1, true>>;
    at::model<wider> wavenet;
    CHECK(at::try_load_nam(wavenet, folder / "wavenet.nam")
              .failure()
              .message()
              .find("conv: dilation: expected 4, found 2") != std::string::npos);
}

// By its definition, with numbers of a formula.
TEST_CASE("a gated WaveNet") {
    constexpr std::size_t length = 40, channels = 2, taps = 2;
    using gated = at::zoo::wavenet<
        length, at::zoo::wavenet_array<channels, taps, at::zoo::dilations<1, 3>, 1, true, at::tanh, true>>;
    // rechannel, two layers (convolution 4 x 2 x 2 and bias, mixer 4, 1x1 with bias), head with bias, scale
    std::vector<float> w;
    for (int i = 0; i < 2 + 2 * (4 * 2 * 2 + 4 + 4 + 2 * 2 + 2) + 2 + 1 + 1; ++i)
        w.push_back(0.7f * std::sin(1.3f * float(i) + 0.4f));
    const testing::temporary_directory here;
    std::string numbers;
    for (const float x : w) numbers += (numbers.empty() ? "" : ",") + std::to_string(double(x));
    for (float& x : w) x = std::stof(std::to_string(double(x)));
    const auto file = written(
        (here.path() / "gated.nam").string(),
        R"({"architecture": "WaveNet", "config": {"layers": [{"input_size": 1, "condition_size": 1, "head_size": 1,
                                  "channels": 2, "kernel_size": 2, "dilations": [1, 3], "activation": "Tanh", "gated": true,
                                  "head_bias": true}]}, "weights": [)" +
            numbers + "]}");
    at::model<gated> model;
    (void)at::load_nam(model, file);

    std::vector<float> signal(length);
    for (std::size_t t = 0; t < length; ++t) signal[t] = std::sin(0.4f * float(t));
    const float* next = w.data();
    std::vector<std::array<double, channels>> x(length), head(length);
    for (std::size_t t = 0; t < length; ++t)
        for (std::size_t c = 0; c < channels; ++c) x[t][c] = double(next[c]) * signal[t];
    next += channels;
    for (const std::size_t dilation : {1, 3}) {
        const float *kernel = next, *bias = kernel + 2 * channels * channels * taps,
                    *mixer = bias + 2 * channels, *residual = mixer + 2 * channels,
                    *residual_bias = residual + channels * channels;
        next = residual_bias + channels;
        auto new_x = x;
        for (std::size_t t = 0; t < length; ++t) {
            double z[2 * channels], a[channels];
            for (std::size_t o = 0; o < 2 * channels; ++o) {
                z[o] = bias[o] + double(mixer[o]) * signal[t];
                for (std::size_t i = 0; i < channels; ++i)
                    for (std::size_t k = 0; k < taps; ++k)
                        if (t >= (taps - 1 - k) * dilation)
                            z[o] +=
                                kernel[(o * channels + i) * taps + k] * x[t - (taps - 1 - k) * dilation][i];
            }
            for (std::size_t c = 0; c < channels; ++c) {
                a[c] = std::tanh(z[c]) / (1 + std::exp(-z[channels + c]));
                head[t][c] += a[c];
            }
            for (std::size_t o = 0; o < channels; ++o) {
                new_x[t][o] += residual_bias[o];
                for (std::size_t i = 0; i < channels; ++i) new_x[t][o] += residual[o * channels + i] * a[i];
            }
        }
        x = new_x;
    }
    std::vector<double> wanted(length);
    for (std::size_t t = 0; t < length; ++t)
        wanted[t] = next[3] * (double(next[2]) + next[0] * head[t][0] + next[1] * head[t][1]);
    CHECK(difference(model, signal, wanted) < 1e-6);
}
