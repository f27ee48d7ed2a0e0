// SPDX-License-Identifier: BSL-1.0
// Models of other projects compute here what they compute there.
#include <archetype/archetype.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/stream/stream.hpp>
#include <archetype/interchange/keras_json.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <archetype/zoo/wavenet.hpp>
#include <catch.hpp>
#include <fstream>

namespace {

namespace at = archetype;
using every = at::return_sequences;

const std::filesystem::path peers = std::filesystem::path(ARCHETYPE_DATA_DIR) / "peers";

/// Rows of a file of numbers.
std::vector<std::vector<float>> rows_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::vector<std::vector<float>> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line == "input,output") continue;
        rows.emplace_back();
        std::istringstream fields(line);
        for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(std::stof(field));
    }
    return rows;
}
std::vector<float> flat(const std::vector<std::vector<float>>& rows) {
    std::vector<float> made;
    for (const auto& row : rows) made.insert(made.end(), row.begin(), row.end());
    return made;
}
std::vector<float> numbers_of(const std::filesystem::path& path) { return flat(rows_of(path)); }
std::vector<float> column_of(const std::filesystem::path& path, std::size_t column) {
    std::vector<float> made;
    for (const auto& row : rows_of(path)) made.push_back(row.at(column));
    return made;
}

double largest_difference(const std::vector<float>& found, const std::vector<float>& wanted) {
    REQUIRE(found.size() == wanted.size());
    double most = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        most = std::max(most, std::abs(double(found[i]) - double(wanted[i])));
    return most;
}

/// Everything that the stream of a model gives for an input.
template <std::size_t Block = 1, class Net>
std::vector<float> streamed(const at::model<Net>& model, const std::vector<float>& input) {
    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<Net, float, Block>>(weights.weights());
    constexpr std::size_t width = at::stream<Net, float, Block>::input_size;
    std::vector<float> found;
    for (std::size_t i = 0; i + width <= input.size(); i += width) {
        const auto rows = (*stream)(std::span<const float, width>(input.data() + i, width));
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
}

template <std::size_t Features, class... Layers>
using net = at::network<at::input<64, Features>, Layers...>;
using output = at::dense<1, at::last_axis>;

const at::recurrent_dialect keras = at::recurrent_dialect::keras(at::reset_form::after);
const at::recurrent_dialect pytorch = at::recurrent_dialect::pytorch();

template <class Net>
double keras_difference(const std::string& name) {
    at::model<Net> model;
    (void)at::load_keras_json(model, peers / "rtneural" / (name + ".json"), keras);
    return largest_difference(streamed(model, numbers_of(peers / "rtneural" / (name + "_x_python.csv"))),
                              numbers_of(peers / "rtneural" / (name + "_y_python.csv")));
}

/// max(x, 0) + a slope for each channel * min(x, 0).
using prelu = at::branches<
    at::add, at::relu,
    at::sequence<at::activation<[](auto x) { return x - relu(x); }>, at::depthwise_conv1d<1, at::no_bias>>>;

}  // namespace

TEST_CASE("Keras models of RTNeural") {
    using at::last_axis;
    CHECK(keras_difference<net<1, at::dense<8, last_axis>, at::tanh, at::lstm<8, every>, output>>("lstm") <
          1e-5);
    CHECK(keras_difference<net<1, at::dense<8, last_axis>, at::tanh, at::gru<8, every, at::reset_after>,
                               at::dense<8, last_axis>, at::sigmoid, output>>("gru") < 1e-5);
    CHECK(
        keras_difference<net<1, at::dense<8, last_axis>, at::tanh, at::conv1d<4, 3, at::causal>, at::tanh,
                             at::batch_norm<at::epsilon<0.01>>, prelu, at::conv1d<4, 1, at::causal>, at::tanh,
                             at::conv1d<6, 3, at::causal, at::dilation<2>, at::groups<2>>, at::tanh,
                             at::batch_norm<at::epsilon<5.0>>, prelu, output, at::sigmoid>>("conv") < 1e-5);
    CHECK(keras_difference<
              at::network<at::input<1>, at::dense<8>, at::tanh, at::dense<8>, at::relu, at::dense<8>,
                          at::elu<>, at::dense<8>, at::softmax, at::dense<1>, at::dense<8, at::no_bias>,
                          at::dense<8, at::no_bias>, at::dense<1, at::no_bias>>>("dense") < 1e-5);
}

TEST_CASE("a Keras model of images over time") {
    using images =
        at::network<at::input<50, 23, 1>, at::conv2d<2, 5, at::dilation<2, 1>>,
                    at::batch_norm<at::epsilon<5.0>>, at::relu,
                    at::conv2d<3, at::extent{4, 3}, at::stride<1, 2>, at::same>,
                    at::batch_norm<at::epsilon<0.01>>, at::conv2d<1, at::extent{2, 3}, at::dilation<3, 1>>>;
    at::model<images> model;
    (void)at::load_keras_json(model, peers / "rtneural" / "conv2d.json", keras);
    const std::vector<float> input = numbers_of(peers / "rtneural" / "conv2d_x_python.csv");
    const std::vector<float> wanted = numbers_of(peers / "rtneural" / "conv2d_y_python.csv");
    std::vector<float> found(at::model<images>::output_shape.size());
    REQUIRE(input.size() == 50 * 23);
    model.run(input.data(), 1, found.data());
    CHECK(largest_difference(found, wanted) < 1e-5);
}

TEST_CASE("a model of all kinds of layers, against PyTorch") {
    at::model<net<1, at::dense<8, at::last_axis>, at::tanh, at::conv1d<4, 3, at::causal, at::dilation<2>>,
                  at::tanh, at::gru<8, every, at::reset_after>, output>>
        model;
    (void)at::load_keras_json(model, peers / "rtneural" / "full_model.json", keras);
    const std::filesystem::path reference = peers / "references" / "full_model.csv";
    CHECK(largest_difference(streamed(model, column_of(reference, 0)), column_of(reference, 1)) < 1e-5);
}

TEST_CASE("PyTorch models of RTNeural") {
    const std::filesystem::path folder = peers / "rtneural";
    {
        at::model<net<1, at::repeat<4, at::gru<8, every, at::reset_after>>, output>> model;
        at::load_state_dict(model, folder / "gru_torch.json",
                            {"gru", "gru2", {"gru2", 1}, {"gru2", 2}, "dense"}, pytorch);
        CHECK(largest_difference(streamed(model, numbers_of(folder / "gru_torch_x_python.csv")),
                                 numbers_of(folder / "gru_torch_y_python.csv")) < 1e-5);
    }
    {
        at::model<net<1, at::repeat<4, at::lstm<8, every>>, output>> model;
        at::load_state_dict(model, folder / "lstm_torch.json",
                            {"lstm", "lstm2", {"lstm2", 1}, {"lstm2", 2}, "dense"}, pytorch);
        CHECK(largest_difference(streamed(model, numbers_of(folder / "lstm_torch_x_python.csv")),
                                 numbers_of(folder / "lstm_torch_y_python.csv")) < 1e-5);
    }
}

namespace {

/// Convolutions of PyTorch give channel by channel.
template <class Net>
double convolution_difference(const std::string& model_file, const std::string& x, const std::string& y) {
    const std::filesystem::path folder = peers / "rtneural";
    at::model<Net> model;
    at::load_state_dict(model, folder / model_file, {""}, pytorch);
    const auto wanted = rows_of(folder / y);
    std::vector<float> by_step;
    for (std::size_t t = 0; t < wanted[0].size(); ++t)
        for (const auto& channel : wanted) by_step.push_back(channel[t]);
    return largest_difference(streamed(model, numbers_of(folder / x)), by_step);
}

}  // namespace

TEST_CASE("PyTorch convolutions of RTNeural") {
    CHECK(convolution_difference<net<1, at::conv1d<12, 5>>>("conv1d_torch.json", "conv1d_torch_x_python.csv",
                                                            "conv1d_torch_y_python.csv") < 1e-5);
    CHECK(convolution_difference<net<1, at::conv1d<12, 5, at::stride<3>>>>(
              "conv1d_torch_stride_3.json", "conv1d_torch_x_python_stride_3.csv",
              "conv1d_torch_y_python_stride_3.csv") < 1e-5);
    CHECK(convolution_difference<net<6, at::conv1d<3, 3, at::groups<3>>>>(
              "conv1d_torch_group_6_3_3_1_3.json", "conv1d_torch_group_x_python.csv",
              "conv1d_torch_group_y_python_6_3_3_1_3.csv") < 1e-5);
}

TEST_CASE("models of NeuralSeed, against PyTorch") {
    const auto difference = [](auto model, const std::string& name) {
        at::load_state_dict(model, peers / "neural-seed" / (name + ".json"), {"rec", "lin"}, pytorch,
                            "state_dict");
        const std::filesystem::path reference = peers / "references" / (name + ".csv");
        return largest_difference(streamed(model, column_of(reference, 0)), column_of(reference, 1));
    };
    using gru = net<1, at::residual<at::sequence<at::gru<8, every, at::reset_after>, output>>>;
    using lstm = net<1, at::residual<at::sequence<at::lstm<8, every>, output>>>;
    CHECK(difference(at::model<gru>{}, "gru8_ts9_pytorch") < 1e-5);
    CHECK(difference(at::model<lstm>{}, "lstm8_ts9_pytorch") < 1e-5);
}

namespace {

template <std::size_t Block, class Net>
double amp_difference(const std::string& name, double* reached = nullptr) {
    at::model<Net> model;
    (void)at::load_nam(model, peers / "neural-amp-modeler" / (name + ".nam"));
    const std::filesystem::path expected = peers / "neural-amp-modeler" / (name + ".expected.csv");
    const double most =
        largest_difference(streamed<Block>(model, column_of(expected, 0)), column_of(expected, 1));
    if (reached != nullptr) *reached = most;
    return most;
}
using fast_tanh = at::activation<at::expression::activations::fast_tanh>;
template <class Activation = at::tanh>
using small_amp =
    at::zoo::wavenet<64, at::zoo::wavenet_array<3, 3, at::zoo::dilations<1, 2>, 2, false, Activation>,
                     at::zoo::wavenet_array<2, 3, at::zoo::dilations<8>, 1, true, Activation>>;

}  // namespace

TEST_CASE("amplifier models") {
    CHECK(amp_difference<1, net<1, at::lstm<3, every, at::given_initial_state>, output>>("lstm") < 1e-5);
    CHECK(amp_difference<1, small_amp<>>("wavenet") < 1e-5);
    CHECK(amp_difference<64, small_amp<>>("wavenet") < 1e-5);
    static_assert(at::parameter_count<at::zoo::standard_amp_wavenet<>> ==
                  13801 - 8 * 9);  // without the last 1x1 and the scale
    CHECK(amp_difference<64, at::zoo::standard_amp_wavenet<>>("wavenet_a1_standard") < 1e-5);
    CHECK(amp_difference<64, at::zoo::standard_amp_wavenet<64, fast_tanh>>("wavenet_a1_standard") < 1e-3);
}
