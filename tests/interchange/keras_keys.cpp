// SPDX-License-Identifier: BSL-1.0
// Every key of a Keras file is compared with the network, handed to the caller, or refused by name.
#include <archetype/archetype.hpp>
#include <archetype/interchange/keras_json.hpp>
#include <catch.hpp>
#include <fstream>

#include "../temporary_directory.hpp"

namespace {

namespace at = archetype;
using every = at::return_sequences;
using output = at::dense<1, at::last_axis>;
namespace functions = at::expression::activations;
const at::recurrent_dialect keras = at::recurrent_dialect::keras(at::reset_form::after);
using Catch::Contains;

/// What the reader says of a document; the results for `x` if it loads.
template <class Net>
std::string message(const std::string& document, const std::vector<float>& x = {},
                    std::vector<float>* y = nullptr, const at::keras_json_options& options = {},
                    at::keras_json_properties* said = nullptr) {
    const testing::temporary_directory here;
    const std::filesystem::path path = here.path() / "k.json";
    std::ofstream(path) << document;
    at::model<Net> net{at::seed{3}};
    const auto loaded = at::try_load_keras_json(net, path, keras, options);
    if (!loaded) return loaded.failure().message(100);
    if (said != nullptr) *said = *loaded;
    if (y != nullptr) {
        y->resize(at::model<Net>::output_shape.size());
        REQUIRE(x.size() == at::model<Net>::input_shape.size());
        net.run(x.data(), 1, y->data());
    }
    return "";
}
/// The same of a list of layers, without the brackets.
template <class Net>
std::string layers(const std::string& list, const std::vector<float>& x = {}, std::vector<float>* y = nullptr,
                   const at::keras_json_options& options = {}) {
    return message<Net>("{\"layers\": [" + list + "]}", x, y, options);
}
void check(const std::vector<float>& found, const std::vector<double>& wanted) {
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(2e-6));
}

const std::string dense = R"({"type":"dense","activation":"","weights":[[[0.5]],[0.25]]})";
/// An LSTM of one unit with further keys.
std::string lstm(const std::string& keys, const std::string& kernel = "0.5,-0.3,0.8,1.2",
                 const std::string& bias = "0.0,0.1,1.0,-0.2") {
    return R"({"type":"lstm",)" + keys + R"("weights":[[[)" + kernel + R"(]],[[0.1,0.2,-0.4,0.3]],[)" + bias +
           "]]}";
}

}  // namespace

// B-01
TEST_CASE("a skip is compared, gains and rate are handed over") {
    const std::string text =
        R"({"in_shape":[null,null,1],"in_skip":1,"in_gain":-6.0,"out_gain":3.0,"samplerate":"48000",
                                 "author":"somebody","esr":0.01,"layers":[)" +
        dense + "]}";
    using plain = at::network<at::input<3, 1>, output>;
    using skipping = at::network<at::input<3, 1>, at::residual<output>>;
    CHECK_THAT(message<plain>(text), Contains("in_skip: expected 0; the network of such a file is "
                                              "network<input<...>, residual<sequence<layers...>>>, found 1"));
    std::vector<float> y;
    at::keras_json_properties said;
    CHECK(message<skipping>(text, {1, 2, -1}, &y, {}, &said) == "");
    check(y, {1.75, 3.25, -1.25});
    CHECK(said.in_gain == -6.0);
    CHECK(said.out_gain == 3.0);
    CHECK(said.sample_rate == 48000);
    CHECK(said.metadata ==
          std::vector<std::pair<std::string, std::string>>{{"author", "\"somebody\""}, {"esr", "0.01"}});
    CHECK_THAT(message<skipping>(R"({"in_skip":0,"layers":[)" + dense + "]}"),
               Contains("in_skip: expected 1, as the network adds its input"));
    CHECK_THAT(message<skipping>(R"({"in_skip":2,"layers":[)" + dense + "]}"),
               Contains("in_skip: expected 0 or 1, found 2"));
    CHECK_THAT(message<plain>(R"({"in_gain":"loud","layers":[)" + dense + "]}"),
               Contains("in_gain: expected a number, found \"loud\""));
    CHECK_THAT(message<plain>(R"({"in_shape":[null,null,2],"layers":[)" + dense + "]}"),
               Contains("in_shape: expected (..., 1), found [null,null,2]"));
    CHECK_THAT(message<plain>(R"({"mystery":{"a":1},"layers":[)" + dense + "]}"),
               Contains("mystery: expected no key of this name, found object at line 1, column 12"));
    CHECK(message<plain>(R"({"mystery":1,"layers":[)" + dense + "]}", {}, nullptr,
                         {.skip_keys = {"mystery"}}) == "");
}

// B-06
TEST_CASE("functions of recurrent layers are compared by what they compute") {
    const std::vector<float> x{1, -0.5f, 2};
    const std::string relu_hard = lstm(R"("activation":"relu","recurrent_activation":"hard_sigmoid",)"),
                      relu_sigmoid = lstm(R"("activation":"relu","recurrent_activation":"sigmoid",)");
    using plain = at::network<at::input<3, 1>, at::lstm<1, every>>;
    using relu = at::network<at::input<3, 1>, at::lstm<1, every, at::cell_activation<at::relu>>>;
    using hard =
        at::network<at::input<3, 1>,
                    at::lstm<1, every, at::cell_activation<at::relu>,
                             at::recurrent_activation<at::activation<functions::hard_sigmoid_onnx>>>>;
    CHECK_THAT(layers<plain>(relu_hard),
               Contains("lstm: activation: expected tanh, found \"relu\"") &&
                   Contains("lstm: recurrent_activation: expected sigmoid, found \"hard_sigmoid\""));
    CHECK_THAT(layers<relu>(relu_hard),
               Contains("recurrent_activation: expected sigmoid") && !Contains("lstm: activation"));
    std::vector<float> y;
    CHECK(layers<hard>(relu_hard, x, &y) == "");
    check(y, {0.756, 0.2948308, 1.9796766});
    CHECK(layers<relu>(relu_sigmoid, x, &y) == "");
    check(y, {0.8190976, 0.2916304, 1.9449476});
    CHECK_THAT(layers<hard>(relu_sigmoid), Contains("recurrent_activation: expected another function"));
    CHECK_THAT(layers<plain>(lstm(R"("activation":"snake",)")),
               Contains("activation: expected tanh, found \"snake\""));
    CHECK(layers<plain>(lstm(
              R"("activation":"tanh","recurrent_activation":"sigmoid","return_sequences":true,"use_bias":true,
                               "go_backwards":false,"stateful":false,"units":1,"unroll":false,"dropout":0.2,"name":"a",)")) ==
          "");
    for (const auto& [keys, wanted] : std::vector<std::pair<std::string, std::string>>{
             {R"("go_backwards":true,)", "go_backwards: expected false, found true"},
             {R"("return_sequences":false,)", "return_sequences: expected true, found false"},
             {R"("stateful":true,)", "stateful: expected false, found true"},
             {R"("use_bias":false,)", "use_bias: expected true, found false"},
             {R"("units":2,)", "units: expected 1, found 2"},
             {R"("shape":[null,1],)", "shape: expected 3 extents (return_sequences), found [null,1]"},
             {R"("shape":[null,null,2],)", "shape: expected (..., 1), found [null,null,2]"},
             {R"("peephole":true,)", "lstm: peephole: expected no key of this name, found true at line 1"}})
        CHECK_THAT(layers<plain>(lstm(keys)), Contains(wanted));
    using backwards = at::network<at::input<3, 1>, at::lstm<1, at::reversed>>;
    CHECK(layers<backwards>(lstm(R"("go_backwards":true,"return_sequences":false,)")) == "");
    using reversed_rows = at::network<at::input<3, 1>, at::lstm<1, at::reversed, every>>;
    CHECK_THAT(layers<reversed_rows>(lstm(R"("go_backwards":true,)")),
               Contains("go_backwards: expected false"));
}

// B-07
TEST_CASE("activations behind layers, along the edges") {
    const std::string negative = lstm(R"("activation":"tanh",)", "0.5,-0.3,-0.8,1.2", "0,0.1,-1,-0.2"),
                      relu = R"({"type":"activation","activation":"relu"})";
    using plain = at::network<at::input<3, 1>, at::lstm<1, every>>;
    using with_relu = at::network<at::input<3, 1>, at::lstm<1, every>, at::relu>;
    CHECK_THAT(layers<plain>(negative + "," + relu), Contains("lstm: activation: expected none, found relu"));
    std::vector<float> y;
    CHECK(layers<with_relu>(negative + "," + relu, {1, 0.5f, 2}, &y) == "");
    check(y, {0, 0, 0});
    CHECK_THAT(layers<with_relu>(negative), Contains("lstm: activation: expected relu, found none"));
    // First of all, twice, behind dropout, at the end of a branch.
    using first = at::network<at::input<1>, at::relu, at::dense<1>>;
    CHECK(layers<first>(relu + "," + dense) == "");
    CHECK_THAT(layers<first>(dense), Contains("input: activation: expected relu, found none"));
    using twice = at::network<at::input<1>, at::dense<1>, at::relu, at::dropout<0.5>, at::tanh>;
    CHECK(layers<twice>(dense + "," + relu +
                        R"(,{"type":"dropout","rate":0.5},{"type":"activation","activation":"tanh"})") == "");
    CHECK_THAT(layers<twice>(dense + "," + relu), Contains("dense: activation: expected tanh, found none"));
    // The function of one branch is none of the layer's.
    using branched = at::network<at::input<1>, at::dense<1>, at::branches<at::add, at::relu, at::identity>>;
    CHECK_THAT(layers<branched>(dense + "," + relu),
               Contains("dense: activation: expected none, found relu") &&
                   Contains("relu: expected a layer of the file, found none at this place"));
    using pooled = at::network<at::input<4, 4, 1>, at::max_pool2d<2>, at::flatten, at::dense<1>>;
    CHECK_THAT(layers<pooled>(R"({"type":"dense","weights":[[[1],[1],[1],[1]],[0]]})"),
               Contains("max_pool2d: expected a layer of the file"));
}

// B-09
TEST_CASE("slopes are numbers") {
    const auto leaky = [](const std::string& keys) {
        return R"({"type":"dense","activation":"leaky_relu",)" + keys + R"("weights":[[[1]],[0]]})";
    };
    using default_slope = at::network<at::input<1>, at::dense<1>, at::leaky_relu<>>;
    using fifth = at::network<at::input<1>, at::dense<1>, at::leaky_relu<0.2>>;
    CHECK_THAT(layers<default_slope>(leaky(R"("negative_slope":0.2,)")),
               Contains("dense: activation: expected leaky_relu of 0.3, found leaky_relu of 0.2"));
    CHECK(layers<default_slope>(leaky(R"("alpha":0.3,)")) == "");
    CHECK(layers<fifth>(leaky("")) == "");  // the name alone is Keras' function, whose slope is 0.2
    CHECK_THAT(layers<default_slope>(leaky("")), Contains("found leaky_relu of 0.2"));
    CHECK(layers<default_slope>(dense + R"(,{"type":"LeakyReLU","negative_slope":0.3})") == "");
    CHECK_THAT(layers<default_slope>(dense + R"(,{"type":"LeakyReLU"})"),
               Contains("layer 2: negative_slope: expected a number, found none"));
    using elu = at::network<at::input<1>, at::dense<1>, at::elu<0.5>>;
    CHECK_THAT(layers<elu>(dense + R"(,{"type":"activation","activation":"elu"})"),
               Contains("expected elu of 0.5, found elu of 1"));
    CHECK(layers<elu>(dense + R"(,{"type":"activation","activation":"elu","alpha":0.5})") == "");
    using relu = at::network<at::input<1>, at::dense<1>, at::relu>;
    CHECK_THAT(layers<relu>(dense + R"(,{"type":"relu","max_value":6})"),
               Contains("layer 2: max_value: expected none, found 6"));
    CHECK_THAT(layers<relu>(dense + R"(,{"type":"relu","negative_slope":0.1})"),
               Contains("expected relu, found leaky_relu of 0.1"));
    CHECK_THAT(layers<relu>(R"({"type":"dense","activation":{"class_name":"ReLU"},"weights":[[[1]],[0]]})"),
               Contains("dense: activation: expected a name, found object"));
    CHECK_THAT(layers<elu>(dense + R"(,{"type":"elu","alpha":"0.5"})"),
               Contains("layer 2: alpha: expected a number, found \"0.5\""));
    using gelu = at::network<at::input<1>, at::dense<1>, at::activation<functions::gelu>>;
    using gelu_tanh = at::network<at::input<1>, at::dense<1>, at::activation<functions::gelu_tanh>>;
    using fast = at::network<at::input<1>, at::dense<1>, at::activation<functions::fast_tanh>>;
    CHECK(layers<gelu>(dense + R"(,{"type":"activation","activation":"gelu"})") == "");
    CHECK_THAT(layers<gelu_tanh>(dense + R"(,{"type":"activation","activation":"gelu"})"),
               Contains("expected another function"));
    CHECK(layers<fast>(dense + R"(,{"type":"activation","activation":"tanh"})") == "");
}

// B-11
TEST_CASE("paddings and windows") {
    const auto conv = [](const std::string& keys) {
        return R"({"type":"conv1d","activation":"",)" + keys + R"("weights":[[[[100]],[[10]],[[1]]],[0]]})";
    };
    using valid = at::network<at::input<5, 1>, at::conv1d<1, 3>>;
    using same = at::network<at::input<5, 1>, at::conv1d<1, 3, at::same>>;
    using causal = at::network<at::input<5, 1>, at::conv1d<1, 3, at::causal>>;
    const std::string says_causal = conv(R"("padding":"causal",)"), says_same = conv(R"("padding":"same",)"),
                      says_valid = conv(R"("padding":"valid",)");
    CHECK_THAT(layers<same>(says_causal),
               Contains("conv1d: padding: expected padding of 1 and 1, found \"causal\""));
    CHECK_THAT(layers<valid>(says_causal), Contains("padding: expected valid"));
    CHECK_THAT(layers<causal>(says_same), Contains("padding: expected causal, found \"same\""));
    CHECK_THAT(layers<causal>(says_valid), Contains("padding: expected causal, found \"valid\""));
    CHECK_THAT(layers<valid>(conv(R"("padding":"reflect",)")),
               Contains("padding: expected valid, found \"reflect\""));
    std::vector<float> y;
    CHECK(layers<causal>(says_causal, {1, 2, 3, 4, 5}, &y) == "");
    check(y, {1, 12, 123, 234, 345});
    CHECK(layers<same>(says_same) == "");
    CHECK(layers<valid>(says_valid) == "");
    CHECK(
        layers<valid>(conv(
            R"("kernel_size":[3],"strides":[1],"dilation_rate":1,"groups":1,"filters":1,"data_format":"channels_last",)")) ==
        "");
    for (const auto& [keys, wanted] : std::vector<std::pair<std::string, std::string>>{
             {R"("kernel_size":[4],)", "kernel_size: expected 3, found 4"},
             {R"("strides":[2],)", "strides: expected 1, found 2"},
             {R"("dilation":2,)", "dilation: expected 1, found 2"},
             {R"("dilation_rate":[1.5],)", "dilation_rate: expected 1, found 1.5"},
             {R"("groups":-1,)", "groups: expected 1, found -1"},
             {R"("filters":1e300,)", "filters: expected 1, found 1e300"},
             {R"("data_format":"channels_first",)", "data_format: expected channels_last"},
             {R"("use_bias":false,)", "use_bias: expected true"}})
        CHECK_THAT(layers<valid>(conv(keys)), Contains(wanted));
    const auto image = [](const std::string& keys) {
        return R"({"type":"conv2d","kernel_size_time":2,"kernel_size_feature":1,)" + keys +
               R"("weights":[[[[[1]]],[[[1]]]],[0]]})";
    };
    using conv2d = at::network<at::input<4, 4, 1>, at::conv2d<1, at::extent{2, 1}>>;
    CHECK(layers<conv2d>(image(
              R"("padding":"valid","dilation":1,"strides":1,"shape":[null,3,4,1],"num_features_in":4,)")) ==
          "");
    CHECK_THAT(layers<conv2d>(image(R"("padding":"same",)")),
               Contains("padding: expected valid, found \"same\""));
    CHECK_THAT(layers<conv2d>(image(R"("strides":[2,1],)")), Contains("strides: expected 1, found [2,1]"));
    CHECK_THAT(layers<conv2d>(image(R"("shape":[null,3,5,1],)")), Contains("shape: expected (..., 4, 1)"));
    CHECK_THAT(layers<conv2d>(image(R"("num_features_in":5,)")),
               Contains("num_features_in: expected 4, found 5"));
}

TEST_CASE("normalizations and slopes of channels") {
    const auto norm = [](const std::string& keys, const std::string& weights) {
        return R"({"type":"batchnorm",)" + keys + R"("weights":[)" + weights + "]}";
    };
    using net = at::network<at::input<1>, at::batch_norm<at::epsilon<0.25>>>;
    std::vector<float> y;
    CHECK(layers<net>(norm(R"("epsilon":0.25,)", "[0],[0.75]"), {3}, &y) == "");
    check(y, {3});
    CHECK(layers<net>(norm(R"("epsilon":0.25,"axis":[1],"momentum":0.9,)", "[2],[1],[0],[0.75]"), {3}, &y) ==
          "");
    check(y, {7});
    CHECK(layers<net>(norm(R"("epsilon":0.25,"center":false,"scale":true,)", "[2],[0],[0.75]"), {3}, &y) ==
          "");
    check(y, {6});
    CHECK(layers<net>(norm(R"("epsilon":0.25,"scale":false,"center":true,)", "[2],[0],[0.75]"), {3}, &y) ==
          "");
    check(y, {5});
    CHECK_THAT(layers<net>(norm(R"("epsilon":0.25,)", "[2],[0],[0.75]")),
               Contains("keys \"scale\" and \"center\" that say which, found 3"));
    CHECK_THAT(layers<net>(norm("", "[0],[1]")), Contains("epsilon: expected 0.25, found none"));
    CHECK_THAT(layers<net>(norm(R"("epsilon":0.001,)", "[0],[1]")),
               Contains("epsilon: expected 0.25, found 0.001"));

    const std::string prelu = R"({"type":"prelu","activation":"","weights":[[[0.5,0.25]]]})";
    using slopes = at::branches<at::add, at::relu,
                                at::sequence<at::activation<[](auto x) { return x - relu(x); }>,
                                             at::depthwise_conv1d<1, at::no_bias>>>;
    using good = at::network<at::input<1, 2>, slopes, at::tanh>;
    using other = at::network<at::input<1, 2>, at::depthwise_conv1d<1, at::no_bias>, at::tanh>;
    CHECK(layers<good>(prelu + R"(,{"type":"activation","activation":"tanh"})", {-1, -1}, &y) == "");
    check(y, {std::tanh(-0.5), std::tanh(-0.25)});
    CHECK_THAT(layers<other>(prelu), Contains("branches<add, relu, sequence<activation<"));
    CHECK_THAT(layers<good>(R"({"type":"prelu","weights":[[[0.5,0.25,0.1]]]})"),
               Contains("expected (1, 2), found (1, 3)"));
    using layer = at::network<at::input<1, 2>, at::prelu<>, at::tanh>;
    CHECK(layers<layer>(prelu + R"(,{"type":"activation","activation":"tanh"})", {-1, -1}, &y) == "");
    check(y, {std::tanh(-0.5), std::tanh(-0.25)});
    CHECK_THAT(layers<layer>(R"({"type":"prelu","weights":[[[0.5,0.25,0.1]]]})"),
               Contains("expected (1, 2), found (1, 3)"));

    // A network without gamma reads a file without it, and no other.
    using unscaled = at::network<at::input<1>, at::batch_norm<at::epsilon<0.25>, at::no_scale>>;
    CHECK(layers<unscaled>(norm(R"("epsilon":0.25,)", "[2],[0],[0.75]"), {3}, &y) == "");
    check(y, {5});
    CHECK_THAT(layers<unscaled>(norm(R"("epsilon":0.25,)", "[1],[2],[0],[0.75]")),
               Contains("expected no gamma, found one"));
}

// B-28
TEST_CASE("types of layers") {
    const std::string unknown = R"({"type":"unknown","activation":"","weights":[]})";
    using net = at::network<at::input<1>, at::dense<1>, at::relu, at::dropout<0.3>, at::dense<1>>;
    using plain = at::network<at::input<1>, at::dense<1>, at::relu, at::dense<1>>;
    const std::string relu = R"({"type":"dense","activation":"relu","weights":[[[0.5]],[0.25]]})";
    CHECK(layers<net>(relu + "," + unknown + "," + dense) == "");
    CHECK(layers<net>(relu + R"(,{"type":"dropout","weights":[]},)" + dense) == "");
    CHECK(layers<plain>(relu + R"(,{"type":"SpatialDropout1D"},)" + dense) == "");
    CHECK_THAT(layers<plain>(relu + "," + unknown + "," + dense),
               Contains("after dense: expected types of layers that are known") &&
                   Contains("found 1 of type \"unknown\""));
    CHECK(layers<plain>(relu + "," + unknown + "," + dense, {}, nullptr, {.skip_types = {"unknown"}}) == "");
    CHECK_THAT(layers<net>(relu + R"(,{"type":"unknown","weights":[[1]]},)" + dense),
               Contains("layer 2: weights: expected none of a layer of type unknown"));
    CHECK_THAT(layers<plain>(relu + R"(,{"type":"max_pooling2d"},)" + dense),
               Contains("layer 2: expected a type of layer that is known, found \"max_pooling2d\""));
    CHECK_THAT(layers<plain>(relu + R"(,{"units":1},)" + dense),
               Contains("layer 2: expected a type of layer that is known, found none"));
    CHECK_THAT(layers<plain>(relu + "," + dense + "," + dense),
               Contains("layer 3: expected no further layer, found dense"));
    CHECK_THAT(layers<plain>(relu), Contains("dense_1: expected dense, found the end of the file"));
    CHECK_THAT(layers<plain>("1,[],null"), Contains("layer 1: expected a type"));
    CHECK_THAT(message<plain>(R"({"layers":{}})"), Contains("an array \"layers\", found object"));
    CHECK_THAT(message<plain>("[1 2]"),
               Contains("expected a JSON document, found line 1, column 4: Missing a comma"));
}

// B-31
TEST_CASE("numbers beyond single precision") {
    using net = at::network<at::input<1>, at::dense<1>>;
    CHECK_THAT(
        layers<net>(R"({"type":"dense","weights":[[[1e39]],[0]]})"),
        Contains("dense/kernel: expected numbers of single precision, found 1e39 at line 1, column 42"));
    CHECK_THAT(
        layers<net>(R"({"type":"dense","weights":[[["a"]],[0]]})"),
        Contains("dense/kernel: expected nested arrays of numbers, found string at line 1, column 42"));
    CHECK_THAT(layers<net>(R"({"type":"dense","weights":[[[NaN]],[0]]})"),
               Contains("NaN, a number that JSON does not have"));
}

TEST_CASE("no dialect without recurrent layers") {
    const testing::temporary_directory here;
    const std::filesystem::path path = here.path() / "k.json";
    std::ofstream(path) << R"({"out_gain": 2, "layers": [)" << dense << "]}";
    at::model<at::network<at::input<1>, at::dense<1>>> net;
    CHECK(at::load_keras_json(net, path).out_gain == 2);
    CHECK(at::try_load_keras_json(net, path).value().out_gain == 2);
    std::ofstream(path) << "{}";
    CHECK_THROWS_AS(at::try_load_keras_json(net, path).value(), at::load_error);
}

// TensorFlow 1: order i, j, f, o, and 1 is added to the forget gate.
TEST_CASE("the forget bias of TensorFlow 1") {
    const testing::temporary_directory here;
    const std::filesystem::path path = here.path() / "k.json";
    std::ofstream(path) << "{\"layers\": [" << lstm("", "1,2,3,4", "10,20,30,40") << "]}";
    using one_unit = at::network<at::input<3, 1>, at::lstm<1, every>>;
    at::model<one_unit> net;
    const auto bias = [&](const at::recurrent_dialect& dialect) {
        (void)at::load_keras_json(net, path, dialect);
        const float* const from = net.data() + at::detail::parameters_of<one_unit>.offsets[0][2];
        return std::vector<float>(from, from + 4);
    };
    const auto gru = at::gru_gates::zrh;
    const auto one = at::bias_count::one;
    const auto after = at::reset_form::after;
    CHECK(bias({at::lstm_gates::ijfo, gru, one, after}) == std::vector<float>{10, 31, 20, 40});
    CHECK(bias({at::lstm_gates::ijfo, gru, one, after, 0}) == std::vector<float>{10, 30, 20, 40});
    CHECK(bias({at::lstm_gates::ifco, gru, one, after}) == std::vector<float>{10, 20, 30, 40});
    at::model<at::network<at::input<3, 1>, at::lstm<1, every, at::no_bias>>> without;
    std::ofstream(path) << R"({"layers": [{"type":"lstm","weights":[[[1,2,3,4]],[[1,2,3,4]]]}]})";
    const auto refused = at::try_load_keras_json(without, path, {at::lstm_gates::ijfo, gru, one, after});
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.failure().message(),
               Contains("lstm/bias: expected a bias: 1 is added to that of the forget gate"));
}
