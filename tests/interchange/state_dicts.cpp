// SPDX-License-Identifier: BSL-1.0
// State dicts compute here what they compute in PyTorch, and what they leave unsaid has to be said.
#include <archetype/archetype.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <catch.hpp>
#include <fstream>

#include "../temporary_directory.hpp"
#include "cnn_of_torch.hpp"

namespace {

namespace at = archetype;
using every = at::return_sequences;
const at::recurrent_dialect pytorch = at::recurrent_dialect::pytorch();
const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "state_dicts";

using cnn = cnn_of_torch::net;
const std::vector<at::state_dict_module>& cnn_modules = cnn_of_torch::modules;
using cnn_of_torch::difference;
using cnn_of_torch::torch_epsilon;
/// The same network with the layer of slopes, and a batch norm that has no gamma and beta where the file has none.
using cnn_of_layers = at::network<
    at::input<8, 8, 2>, at::conv2d<4, 3, at::padding<1>, at::groups<2>>, at::batch_norm<torch_epsilon>,
    at::prelu<>, at::max_pool2d<2>, at::depthwise_conv2d<at::extent{3, 2}, at::depth_multiplier<2>>, at::relu,
    at::depthwise_conv2d<2, at::no_bias>,
    at::conv2d_transpose<3, 3, at::stride<2>, at::padding<1>, at::output_padding<1>>, at::flatten,
    at::batch_norm<torch_epsilon, at::no_center, at::no_scale>, at::dense<5>, at::layer_norm<torch_epsilon>>;
const at::state_dict_options in_document{
    .epsilon = 1e-5, .member = "state_dict", .skip_keys = {"input", "output"}};

/// What try_load_state_dict says of a text.
template <class Net>
std::string message(const std::string& text, std::vector<at::state_dict_module> modules,
                    const at::state_dict_options& options = {}, at::model<Net>* keep = nullptr) {
    const testing::temporary_directory here;
    const std::filesystem::path path = here.path() / "dict.json";
    std::ofstream(path) << text;
    at::model<Net> own{at::seed{3}};
    at::model<Net>& net = keep == nullptr ? own : *keep;
    const std::vector<float> before(net.data(), net.data() + net.size());
    const auto failure = at::try_load_state_dict(net, path, modules, pytorch, options);
    if (failure) CHECK(before == std::vector<float>(net.data(), net.data() + net.size()));
    return failure ? failure->message(100) : "";
}
using Catch::Contains;

}  // namespace

// B-25, B-26
TEST_CASE("images, transposed, depthwise and flattened ones, against PyTorch") {
    at::model<cnn> net;
    at::load_state_dict(net, folder / "cnn.json", cnn_modules, in_document);
    CHECK(difference(net, "cnn") < 1e-5);
    at::model<cnn> other{at::seed{9}};
    at::load_state_dict(other, folder / "cnn.safetensors", cnn_modules, {.epsilon = 1e-5});
    CHECK(difference(other, "cnn") < 1e-5);
    at::model<cnn_of_layers> third{at::seed{9}};
    at::load_state_dict(third, folder / "cnn.safetensors", cnn_modules, {.epsilon = 1e-5});
    CHECK(difference(third, "cnn") < 1e-5);

    const auto refused = at::try_load_state_dict(other, folder / "cnn.json", cnn_modules,
                                                 {.epsilon = 1e-5, .member = "state_dict"});
    REQUIRE(refused);
    CHECK_THAT(refused->message(), Contains("input: expected no key of this name"));
    const auto without =
        at::try_load_state_dict(other, folder / "cnn.safetensors", cnn_modules, {.epsilon = 1e-3});
    REQUIRE(without);
    CHECK(without->mismatches.size() == 3);
    CHECK_THAT(
        without->message(),
        Contains("batch_norm: epsilon: expected 1e-05, to be said in the call for \"1\", found 0.001"));
}

TEST_CASE("weight norms are folded, against PyTorch") {
    using normed = at::network<at::input<4, 5, 2>, at::conv2d<4, at::extent{2, 3}>, at::tanh,
                               at::conv2d_transpose<3, 2>, at::flatten, at::dense<5>, at::dense<2>>;
    const std::vector<at::state_dict_module> modules{"0", "2", "4", "5"};
    at::model<normed> net;
    at::load_state_dict(net, folder / "weight_norm.json", modules, in_document);
    CHECK(difference(net, "weight_norm") < 1e-5);

    using small = at::network<at::input<2>, at::dense<2, at::no_bias>>;
    at::model<small> own;
    CHECK(message<small>(R"({"weight_g": [[10], [1]], "weight_v": [[3, 4], [0, -2]]})", {""}, {}, &own)
              .empty());
    CHECK(std::vector<float>(own.data(), own.data() + 4) == std::vector<float>{6, 0, 8, -1});
    CHECK(message<small>(R"({"parametrizations.weight.original0": [[5, 1]],
                             "parametrizations.weight.original1": [[3, 6], [4, 8]]})",
                         {""}, {}, &own)
              .empty());
    CHECK(std::vector<float>(own.data(), own.data() + 2) == std::vector<float>{3, 4});
    CHECK_THAT(message<small>(R"({"weight_g": [10, 1], "weight_v": [[3, 4], [0, -2]]})", {""}),
               Contains("weight_g: expected (2, 1), found (2"));
    using image = at::network<at::input<1, 1, 1>, at::conv2d<4, 1, at::no_bias>>;
    CHECK_THAT(
        message<image>(R"({"weight_g": [[1], [2], [3]], "weight_v": [[[[1]]], [[[1]]], [[[1]]], [[[1]]]]})",
                       {""}),
        Contains("weight_g: expected (4, 1, 1, 1), found (3, 1)"));
    CHECK_THAT(message<small>(R"({"weight_g": [[1], [1]], "weight_v": [[3, 4], [0, 0]]})", {""}),
               Contains("weight_v: expected directions of a length above 0, found zeros alone at index 1"));
    CHECK_THAT(message<small>(R"({"weight_v": [[3, 4], [0, 1]]})", {""}),
               Contains("weight_g: expected a tensor"));
}

TEST_CASE("a vector that becomes an image, against PyTorch") {
    using generator = at::network<at::input<3>, at::dense<12>, at::batch_norm<torch_epsilon>, at::tanh,
                                  at::reshape<2, 2, 3>, at::conv2d_transpose<1, 2>>;
    at::model<generator> net;
    at::load_state_dict(net, folder / "generator.json", {"0", "1", "4"}, in_document);
    CHECK(difference(net, "generator") < 1e-5);
    at::state_dict_options turned = in_document;
    turned.flatten = at::flatten_order::channels_last;
    at::load_state_dict(net, folder / "generator.json", {"0", "1", "4"}, turned);
    CHECK(difference(net, "generator") > 1e-2);
}

// B-26
TEST_CASE("both directions, against PyTorch") {
    using recurrent = at::network<at::input<4, 2>, at::bidirectional<at::lstm<3, every>>,
                                  at::bidirectional<at::gru<2, every, at::reset_after>>,
                                  at::simple_rnn<2, every>, at::flatten, at::dense<1>>;
    const std::vector<at::state_dict_module> modules{"0.module", "0.module", "1.module",
                                                     "1.module", "2.module", "4"};
    at::model<recurrent> net;
    at::load_state_dict(net, folder / "recurrent.json", modules, pytorch, in_document);
    CHECK(difference(net, "recurrent") < 1e-5);
    // The same weights for both directions are another model's.
    auto once = modules;
    once[1].options.reverse = false;
    const auto refused = at::try_load_state_dict(net, folder / "recurrent.json", once, pytorch, in_document);
    REQUIRE(refused);
    CHECK_THAT(refused->message(),
               Contains("0.module.weight_ih_l0_reverse: expected no tensor of this name"));
}

// B-13: by hand, 1*1 + 2*2 + 3*30 + 4*40.
TEST_CASE("a Linear behind a flattened convolution") {
    const std::string text = R"({"c.weight": [[[1, 0, 0]], [[0, 0, 10]]], "c.bias": [0, 0],
                                 "l.weight": [[1, 2, 3, 4]], "l.bias": [0]})";
    const std::vector<float> x{1, 2, 3, 4};
    using chain = at::network<at::input<4, 1>, at::conv1d<2, 3>, at::relu, at::flatten, at::dense<1>>;
    at::model<chain> net;
    float y = 0;
    CHECK(message<chain>(text, {"c", "l"}, {}, &net) == "");
    net.run(x.data(), 1, &y);
    CHECK(y == 255);
    CHECK(message<chain>(text, {"c", "l"}, {.flatten = at::flatten_order::channels_last}, &net) == "");
    net.run(x.data(), 1, &y);
    CHECK(y == 227);
    // Two flattened branches, one behind the other.
    using merged =
        at::network<at::input<4, 1>, at::conv1d<2, 3>,
                    at::branches<at::concatenate, at::flatten, at::sequence<at::relu, at::flatten>>,
                    at::dense<1>>;
    at::model<merged> both;
    CHECK(message<merged>(R"({"c.weight": [[[1, 0, 0]], [[0, 0, 10]]], "c.bias": [0, 0],
                              "l.weight": [[1, 2, 3, 4, 5, 6, 7, 8]], "l.bias": [0]})",
                          {"c", "l"}, {}, &both) == "");
    both.run(x.data(), 1, &y);
    CHECK(y == 255 + 5 * 1 + 6 * 2 + 7 * 30 + 8 * 40);
}

// Squeeze and excitation has 1 x 1 convolutions of an image with one pixel. By hand: 1 * 3 + 2 * 4.
TEST_CASE("a 1 x 1 convolution is a Linear") {
    using net_of_means = at::network<at::input<2, 1, 2>, at::global_avg_pool2d, at::dense<1>>;
    at::model<net_of_means> net;
    CHECK(message<net_of_means>(R"({"fc.weight": [[[[3]], [[4]]]], "fc.bias": [0]})", {"fc"}, {}, &net) ==
          "");
    const std::vector<float> x{0, 4, 2, 0};
    float y = 0;
    net.run(x.data(), 1, &y);
    CHECK(y == 11);
    CHECK_THAT(message<net_of_means>(R"({"fc.weight": [[[[3, 4]]]], "fc.bias": [0]})", {"fc"}, {}, &net),
               Contains("fc.weight: expected (1, 2), found (1, 1, 1, 2)"));
}

// What is added to a flattened image is made in its order. By hand: 1 + 30, 2, 30, 40 times 1, 2, 3, 4.
TEST_CASE("a shortcut around a Linear behind a flattened convolution") {
    using net = at::network<at::input<4, 1>, at::conv1d<2, 3>, at::relu, at::flatten,
                            at::residual<at::sequence<at::dense<4>, at::relu>>, at::dense<1>>;
    at::model<net> model;
    CHECK(message<net>(R"({"c.weight": [[[1, 0, 0]], [[0, 0, 10]]], "c.bias": [0, 0], "r.bias": [0, 0, 0, 0],
                           "r.weight": [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
                           "l.weight": [[1, 2, 3, 4]], "l.bias": [0]})",
                       {"c", "r", "l"}, {}, &model) == "");
    const float x[]{1, 2, 3, 4};
    float y = 0;
    model.run(x, 1, &y);
    CHECK(y == 285);
}

TEST_CASE("what is flattened in an order that nobody knows is asked for") {
    const std::string text = R"({"l.weight": [[1, 2, 3, 4]], "l.bias": [0]})";
    using chain = at::network<at::input<2, 2>, at::flatten, at::dense<1>>;
    CHECK_THAT(message<chain>(text, {"l"}),
               Contains("dense: order of what is flattened or reshaped: expected "
                        "state_dict_options::flatten to say it"));
    at::model<chain> net;
    CHECK(message<chain>(text, {"l"}, {.flatten = at::flatten_order::channels_first}, &net) == "");
    CHECK(std::vector<float>(net.data(), net.data() + 4) == std::vector<float>{1, 3, 2, 4});
    CHECK(message<chain>(text, {"l"}, {.flatten = at::flatten_order::channels_last}, &net) == "");
    CHECK(std::vector<float>(net.data(), net.data() + 4) == std::vector<float>{1, 2, 3, 4});
    using doubled =
        at::network<at::input<2, 2>, at::branches<at::add, at::flatten, at::flatten>, at::dense<1>>;
    CHECK_THAT(message<doubled>(text, {"l"}), Contains("dense: order of what is flattened"));
    using plain = at::network<at::input<4, 1>, at::flatten, at::dense<1>>;
    CHECK(message<plain>(text, {"l"}) == "");
}

// B-14
TEST_CASE("a normalization's epsilon is said in the call") {
    using norm = at::network<at::input<4>, at::layer_norm<torch_epsilon>>;
    const std::string text = R"({"n.weight": [1, 1, 1, 1], "n.bias": [0, 0, 0, 0]})";
    CHECK_THAT(
        message<norm>(text, {"n"}),
        Contains("layer_norm: epsilon: expected 1e-05, to be said in the call for \"n\", found nothing"));
    CHECK_THAT(message<norm>(text, {"n"}, {.epsilon = 1e-6}),
               Contains("epsilon: expected 1e-05") && Contains("found 1e-06"));
    at::model<norm> net;
    CHECK(message<norm>(text, {{"n", {.epsilon = 1e-5}}}, {}, &net) == "");
    const float x[]{0.01f, 0.02f, 0.03f, 0.04f};
    float y[4];
    net.run(x, 1, y);
    // By hand: (x - 0.025) / sqrt(1.25e-4 + 1e-5).
    for (int i = 0; i < 4; ++i) CHECK(y[i] == Approx((x[i] - 0.025) / std::sqrt(1.35e-4)).epsilon(1e-4));
    // Without weight and bias, without bias.
    CHECK_THAT(message<norm>("{}", {"n"}, {.epsilon = 1e-5}),
               Contains("n.weight: expected a tensor for layer_norm"));
    CHECK(message<norm>("{}", {{"n", {.affine = false}}}, {.epsilon = 1e-5}, &net) == "");
    CHECK(net.data()[0] == 1);
    CHECK(net.data()[at::detail::parameters_of<norm>.offsets[0][1]] == 0);
    CHECK_THAT(message<norm>(text, {{"n", {.affine = false}}}, {.epsilon = 1e-5}),
               Contains("n.bias: expected no tensor of this name"));
    CHECK(message<norm>(R"({"n.weight": [2, 1, 1, 1]})", {{"n", {.bias = false}}}, {.epsilon = 1e-5}) == "");
}

TEST_CASE("tensors nobody reads and parameters nobody sets are named") {
    const std::string cell =
        R"("r.weight_ih_l0": [[1], [1], [1], [1]], "r.weight_hh_l0": [[1], [1], [1], [1]],
                                "r.bias_ih_l0": [0, 0, 0, 0], "r.bias_hh_l0": [0, 0, 0, 0])";
    using plain = at::network<at::input<2, 1>, at::lstm<1>>;
    CHECK(message<plain>("{" + cell + "}", {"r"}) == "");
    CHECK_THAT(message<plain>("{" + cell + R"(, "r.weight_hr_l0": [[1]]})", {"r"}),
               Contains("r.weight_hr_l0: expected no tensor of this name, found (1, 1)"));
    CHECK(message<plain>("{" + cell + R"(, "fc.weight": [[1]]})", {"r"}, {.skip_keys = {"fc.weight"}}) == "");
    using peepholes = at::network<at::input<2, 1>, at::lstm<1, at::peepholes>>;
    CHECK_THAT(message<peepholes>("{" + cell + "}", {"r"}),
               Contains("lstm/peephole_kernel: expected a layer without it"));
    using diagonal = at::network<at::input<2, 1>, at::lstm<1, at::diagonal_peepholes>>;
    CHECK_THAT(message<diagonal>("{" + cell + "}", {"r"}),
               Contains("lstm/peephole: expected a layer without it"));
    using given = at::network<at::input<2, 1>, at::lstm<1, at::given_initial_state>>;
    CHECK_THAT(message<given>("{" + cell + "}", {"r"}),
               Contains("lstm/initial_state: expected a layer without it"));
    using no_bias = at::network<at::input<2, 1>, at::lstm<1, at::no_bias>>;
    CHECK_THAT(message<no_bias>("{" + cell + "}", {"r"}),
               Contains("r.bias_ih_l0: expected no tensor of this name"));
    using backward = at::network<at::input<2, 1>, at::lstm<1, at::reversed>>;
    CHECK_THAT(message<backward>("{" + cell + "}", {"r"}),
               Contains("r.weight_ih_l0_reverse: expected a tensor for lstm"));
    CHECK(message<backward>("{" + cell + "}", {{"r", {.reverse = false}}}) == "");
}

TEST_CASE("an LSTM with a projection, against PyTorch's proj_size") {
    const std::string text =
        R"({"r.weight_ih_l0": [[-0.572, -0.455], [-0.247, -0.546], [-0.033, -0.508], [0.314, 0.281], [0.109, 0.448], [-0.057, 0.346], [-0.404, -0.114], [-0.515, -0.047], [-0.375, 0.519], [0.401, 0.433], [0.171, -0.329], [0.519, -0.563]],
            "r.weight_hh_l0": [[-0.368, -0.361], [-0.239, 0.115], [-0.437, -0.445], [-0.276, 0.352], [-0.416, -0.518], [-0.5, -0.284], [-0.152, -0.572], [-0.27, 0.011], [0.095, -0.083], [-0.065, -0.376], [0.296, -0.139], [-0.395, -0.139]],
            "r.bias_ih_l0": [-0.081, 0.534, 0.301, -0.233, -0.082, 0.51, 0.371, 0.144, -0.207, 0.48, 0.247, -0.257],
            "r.bias_hh_l0": [0.41, 0.041, -0.427, -0.256, -0.432, -0.478, 0.014, -0.414, 0.308, 0.258, 0.124, 0.476],
            "r.weight_hr_l0": [[-0.262, 0.009, 0.355], [0.2, 0.07, 0.483]]})";
    using projected = at::network<at::input<2, 2>, at::lstm<3, at::proj_size<2>, at::return_sequences>>;
    at::model<projected> net;
    CHECK(message<projected>(text, {"r"}, {}, &net) == "");
    const auto found = net(xt::xtensor<float, 2>{{0.5f, -0.2f}, {0.9f, 0.1f}});
    const double wanted[] = {-0.04245007643366747, -0.02635779568624067, -0.04554930167902919,
                             -0.05117656138390743};
    for (std::size_t i = 0; i < 4; ++i) CHECK(found.data()[i] == Approx(wanted[i]).epsilon(1e-5));
    using larger = at::network<at::input<2, 2>, at::lstm<3, at::return_sequences>>;
    CHECK_THAT(message<larger>(text, {"r"}), Contains("r.weight_hr_l0: expected no tensor of this name"));
    using normalized = at::network<at::input<2, 1>, at::lstm<1, at::layer_norm_inside>>;
    CHECK_THAT(message<normalized>("{}", {"r"}), Contains("lstm/gate_norm: expected a layer without it"));
}

// B-31
TEST_CASE("numbers that are none are named with their place") {
    using line = at::network<at::input<2>, at::dense<1>>;
    const auto of = [](const std::string& weight, const std::string& bias = "[0]") {
        return message<line>("{\"l.weight\": " + weight + ",\n \"l.bias\": " + bias + "}", {"l"});
    };
    CHECK(of("[[1, 2]]") == "");
    CHECK(of("[[1, 1e-400]]") == "");
    CHECK_THAT(of("[[1, NaN]]"), Contains("file: expected a JSON document, found line 1, column 19: NaN, a "
                                          "number that JSON does not have"));
    CHECK_THAT(of("[[1, 1e39]]"),
               Contains("l.weight: expected numbers of single precision, found 1e39 at line 1, column 19"));
    CHECK_THAT(of("[[1, null]]"),
               Contains("l.weight: expected nested arrays of numbers, found null at line 1, column 19"));
    CHECK_THAT(of("[[1, 2], [3]]"),
               Contains("l.weight: expected arrays of the same length, 2, found one of 1"));
    CHECK_THAT(of("[[1, [2]]]"), Contains("l.weight: expected a number, found an array at line 1"));
    CHECK_THAT(of("[[1, 2]]", "[\"0\"]"),
               Contains("l.bias: expected nested arrays of numbers, found string at line 2, column 13"));
    CHECK_THAT(of("[1, 2]"), Contains("l.weight: expected (1, 2), found (2)"));
    CHECK_THAT(of("[[[1, 2]]]"), Contains("l.weight: expected (1, 2), found (1, 1, 2)"));
    CHECK_THAT(of("[]"), Contains("l.weight: expected (1, 2), found (0)"));
}

TEST_CASE("safetensors of other types") {
    const testing::temporary_directory here;
    const std::string path = (here.path() / "line.safetensors").string();
    using line = at::network<at::input<2>, at::dense<1>>;
    at::model<line> net;
    const std::vector<at::state_dict_module> modules{"l"};
    const auto load = [&](const auto& weight) {
        using T = typename std::remove_cvref_t<decltype(weight)>::value_type;
        const std::vector<float> bias{0.5f};
        const std::vector<at::tensor_entry> entries{at::make_tensor_entry<T>("l.weight", {1, 2}, weight),
                                                    at::make_tensor_entry<float>("l.bias", {1}, bias)};
        at::write_safetensors(entries, path);
        const auto failure = at::try_load_state_dict(net, path, modules);
        return failure ? failure->message() : std::string();
    };
    CHECK(load(std::vector<double>{1, 2}) == "");
    CHECK(net.data()[1] == 2);
    CHECK_THAT(load(std::vector<double>{1, 1e39}),
               Contains("l.weight: expected numbers of single precision, found inf at element 1"));
    CHECK_THAT(load(std::vector<float>{std::nanf(""), 1}), Contains("found nan at element 0"));
    CHECK_THAT(load(std::vector<std::int8_t>{1, 2}),
               Contains("l.weight: expected a floating type, found I8 of shape (1, 2)"));
    const auto member = at::try_load_state_dict(net, path, modules, {.member = "state_dict"});
    REQUIRE(member);
    CHECK_THAT(member->message(), Contains("found safetensors"));
}

TEST_CASE("a document says more than its state dict") {
    using plain = at::network<at::input<2, 1>, at::lstm<1, every>, at::dense<1, at::last_axis>>;
    using skipping = at::network<at::input<2, 1>,
                                 at::residual<at::sequence<at::lstm<1, every>, at::dense<1, at::last_axis>>>>;
    const auto text = [](const std::string& data) {
        return R"({"model_data": {)" + data + R"(}, "epoch": 3, "state_dict": {
            "r.weight_ih_l0": [[1], [1], [1], [1]], "r.weight_hh_l0": [[1], [1], [1], [1]],
            "r.bias_ih_l0": [0, 0, 0, 0], "r.bias_hh_l0": [0, 0, 0, 0], "l.weight": [[1]], "l.bias": [0]}})";
    };
    const at::state_dict_options member{.member = "state_dict"};
    const std::string same =
        R"("model": "SimpleRNN", "input_size": 1, "skip": 1, "output_size": 1, "unit_type": "LSTM",
                                "num_layers": 1, "hidden_size": 1, "bias_fl": true)";
    CHECK(message<skipping>(text(same), {"r", "l"}, member) == "");
    CHECK_THAT(message<plain>(text(same), {"r", "l"}, member),
               Contains("model_data: skip: expected 0, found 1"));
    CHECK_THAT(message<plain>(text(R"("unit_type": "GRU")"), {"r", "l"}, member),
               Contains("model_data: unit_type: expected LSTM"));
    CHECK_THAT(message<plain>(text(R"("gain": 3)"), {"r", "l"}, member),
               Contains("model_data: gain: expected no key of this name, found 3"));
}
