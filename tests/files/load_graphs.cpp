// SPDX-License-Identifier: BSL-1.0
// load_onnx and load_tflite: results against PyTorch and TFLite's definitions, every layer compared, nothing half done.
#include <archetype/archetype.hpp>
#include <archetype/interchange/graphs/load_onnx.hpp>
#include <archetype/interchange/graphs/load_tflite.hpp>
#include <catch.hpp>

#include <fstream>

#include "../temporary_directory.hpp"
#include "integer_results.hpp"
#include "results.hpp"

namespace {

namespace at = archetype;
const std::filesystem::path files = std::filesystem::path(__FILE__).parent_path();
using Catch::Contains;

template <class Net>
double difference(at::model<Net>& model, const std::vector<float>& x, const std::vector<float>& y) {
    std::vector<float> found(y.size());
    REQUIRE(x.size() == at::model<Net>::input_shape.size());
    REQUIRE(y.size() == at::model<Net>::output_shape.size());
    model.run(x.data(), 1, found.data());
    double most = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        most = std::max(most, std::abs(double(found[i]) - double(y[i])));
    return most;
}

/// What is said of a file, and that nothing is written then.
template <class Net>
std::string message(at::model<Net>& model, const std::filesystem::path& path) {
    const std::vector<float> before(model.data(), model.data() + model.size());
    const auto failure =
        path.extension() == ".tflite" ? at::try_load_tflite(model, path) : at::try_load_onnx(model, path);
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    return failure ? failure->message() : "";
}

template <class First = at::conv2d<4, 3, at::stride<2>, at::padding<1>>, class Function = at::relu,
          class Last = at::tanh, class Norm = at::batch_norm<at::epsilon<1e-3>>,
          class Pool = at::max_pool2d<2>, class... Rest>
using image_of = at::network<
    at::input<8, 8, 2>, First, Function,
    at::residual<at::sequence<at::named<"conv", at::conv2d<4, 3, at::same>>, at::named<"norm", Norm>>>,
    at::relu, Pool, at::leaky_relu<0.2>, at::conv2d_transpose<3, 2, at::stride<2>, at::no_bias>, at::flatten,
    at::dropout<0.5>, at::dense<5>, Last, Rest...>;
using image = image_of<>;
template <class Gru = at::gru<4, at::return_sequences, at::reset_after>>
using recurrent_of = at::network<at::input<6, 3>, Gru, at::lstm<5>, at::dense<2>, at::softmax>;
template <class First>
using small_of =
    at::network<at::input<6, 4, 2>, First, at::relu, at::max_pool2d<2>, at::flatten, at::dense<4>>;
using small = small_of<at::conv2d<3, 3, at::same>>;

}  // namespace

TEST_CASE("load_onnx: networks of torch.onnx.export compute what PyTorch computes") {
    at::model<image> net{at::seed{1}};
    at::load_onnx(net, files / "image.onnx");
    CHECK(difference(net, results::image_input, results::image_output) < 1e-6);
    at::model<recurrent_of<>> steps{at::seed{2}};
    at::load_onnx(steps, files / "recurrent.onnx");
    CHECK(difference(steps, results::recurrent_input, results::recurrent_output) < 1e-6);
}

TEST_CASE("load_tflite: weights of 16 bits, functions within operators") {
    at::model<small> net{at::seed{3}};
    at::load_tflite(net, files / "small.tflite");
    CHECK(difference(net, results::small_input, results::small_output) < 1e-5);
}

TEST_CASE("load_onnx: what write_onnx wrote, in both orders of axes") {
    const testing::temporary_directory folder;
    at::model<image> net{at::seed{6}}, again{at::seed{7}};
    for (const bool first : {false, true}) {
        at::write_onnx(net, folder.path() / "net.onnx", {.channels_first = first});
        at::load_onnx(again, folder.path() / "net.onnx");
        at::detail::for_each_parameter<image>(
            [&](const std::string& name, const std::vector<std::size_t>& extents, std::size_t begin) {
                INFO(name);
                std::size_t size = 1;
                for (const std::size_t extent : extents) size *= extent;
                CHECK(std::equal(net.data() + begin, net.data() + begin + size, again.data() + begin));
            });
        net.data()[0] += 1;
    }
    net.data()[0] = std::numeric_limits<float>::infinity();
    at::write_onnx(net, folder.path() / "net.onnx", {.allow_not_finite = true});
    CHECK_THAT(message(again, folder.path() / "net.onnx"),
               Contains("conv2d/kernel: expected finite numbers, found inf"));
}

TEST_CASE("load_onnx: layers without weights, options and functions are compared") {
    // All that differs is told at once.
    at::model<image_of<at::conv2d<4, 3, at::stride<2>, at::padding<1, 2>>, at::tanh, at::tanh,
                       at::batch_norm<at::epsilon<1e-5>>, at::avg_pool2d<2>>>
        options{at::seed{4}};
    const std::string all = message(options, files / "image.onnx");
    for (const char* const one :
         {"conv2d: expected conv2d<4, 3, stride<2>, padding<1, 2>>, kernel 3x3x2x4, bias 4, found "
          "conv2d<4, 3, stride<2>, padding<1>>",
          "tanh: expected tanh, found relu (node \"/1/Relu\" (Relu))",
          "norm: expected batch_norm<epsilon<1e-5>>",
          "avg_pool2d: expected avg_pool2d<2>, found max_pool2d<2> (node \"/3/MaxPool\" (MaxPool))"})
        CHECK_THAT(all, Contains(one));
    at::model<image_of<at::conv2d<4, 3, at::stride<2>, at::padding<1>>, at::relu, at::tanh,
                       at::batch_norm<at::epsilon<1e-3>>, at::max_pool2d<2>, at::relu>>
        longer{at::seed{4}};
    CHECK_THAT(message(longer, files / "image.onnx"),
               Contains(": expected relu, found tanh (node \"/9/Tanh\" (Tanh))"));
    at::model<recurrent_of<at::gru<4, at::return_sequences>>> before{at::seed{4}};
    CHECK_THAT(message(before, files / "recurrent.onnx"),
               Contains("gru: expected gru<4, return_sequences>, kernel 3x12, recurrent_kernel 4x12, bias "
                        "12, found gru<4, reset_after, return_sequences>"));
    at::model<small_of<at::conv2d<3, 3, at::same, at::no_bias>>> no_bias{at::seed{5}};
    CHECK_THAT(message(no_bias, files / "small.tflite"),
               Contains("conv2d: expected conv2d<3, 3, padding<1>, no_bias>, kernel 3x3x2x3, found conv2d<3, "
                        "3, padding<1>>, kernel 3x3x2x3, bias 3"));
    CHECK_THAT(message(no_bias, files / "image.onnx"),
               Contains("dense: expected dense<4>, kernel 18x4, bias 4, found tanh"));
    at::model<small> net{at::seed{5}};
    CHECK_THAT(message(net, files / "nothing.onnx"), Contains("file: expected a file, found none"));
    CHECK_THAT(at::try_load_onnx(net, files / "small.tflite")->message(),
               Contains("expected an ONNX file, found a TFLite file, which load_tflite reads"));
    CHECK_THAT(at::try_load_tflite(net, files / "image.onnx")->message(),
               Contains("expected a file that begins as TFLite files do (TFL3), found another kind of file"));
    CHECK_THROWS_AS(at::load_tflite(net, files / "image.onnx"), at::load_error);
}

namespace {

constexpr auto same = [](auto x) { return x; };
constexpr auto root = [](auto x) { return at::expression::sqrt(x); };

/// Two branches of other scales in a concatenation, one of them a pooling, functions between scales.
using pooled_branch =
    at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::stride<2>, at::padding<1>>, at::batch_norm<>,
                at::relu, at::residual<at::conv2d<4, 3, at::same, at::no_bias>>, at::tanh, at::avg_pool2d<2>,
                at::branches<at::concatenate, at::sequence<at::conv2d<3, 1>, at::relu6>, at::sequence<>>,
                at::flatten, at::dense<1>>;

template <class Change = at::activation<same>, class Least = at::relu6>
using integers_of = at::network<
    at::input<8, 8, 3>, at::conv2d<8, 3, at::same>, at::relu, at::residual<at::depthwise_conv2d<3, at::same>>,
    Least, at::max_pool2d<2>,
    at::branches<
        at::concatenate, at::sequence<at::conv2d<6, 3, at::padding<1>>, at::relu6, Change>,
        at::sequence<at::avg_pool2d<2, at::stride<1>>, at::zero_padding2d<0, 1, 1, 0>, at::activation<same>>>,
    at::global_avg_pool2d, at::dense<5>, at::sigmoid>;

template <class Net>
at::quantized_model<Net> quantized(unsigned seed) {
    const at::model<Net> net{at::seed{seed}};
    xt::xtensor<float, 4> samples(std::array<std::size_t, 4>{20, 8, 8, 2});
    for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = std::sin(0.7f * float(i * i % 997));
    return at::quantize(net, samples);
}
template <class Net>
std::string integer_message(const std::filesystem::path& path) {
    std::optional<at::quantized_model<Net>> net;
    const auto failure =
        path.extension() == ".tflite" ? at::try_load_tflite(net, path) : at::try_load_onnx(net, path);
    CHECK(!net);
    return failure ? failure->message() : "";
}

}  // namespace

TEST_CASE("load_onnx, load_tflite: quantized models with the integers of a file") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "net.onnx";
    const auto net = quantized<pooled_branch>(8);
    at::write_onnx(net, path);
    // The pooling in the concatenation changes its scale: in the file that is a layer.
    CHECK_THAT(integer_message<pooled_branch>(path),
               Contains("found node \"concatenate/Concat\" (a change of scale)"));
    at::model<small> real{at::seed{1}};
    at::write_onnx(real, path);
    CHECK_THAT(integer_message<pooled_branch>(path),
               Contains("file: expected a network in 8 bits, found one in real numbers"));

    auto integers = at::load_tflite<at::quantized_model<integers_of<>>>(files / "integers.tflite");
    std::vector<std::int8_t> found(results::integers_output.size());
    integers.run(results::integers_input.data(), 1, found.data());
    CHECK(found == results::integers_output);
    CHECK_THAT((integer_message<integers_of<at::activation<same>, at::relu>>(files / "integers.tflite")),
               Contains(": expected relu, found relu6 (node \"t7\" (tflite:ADD))"));
    CHECK_THAT((integer_message<integers_of<at::tanh>>(files / "integers.tflite")),
               Contains("branch/tanh: expected tanh, found activation<x>"));
    CHECK_THAT(message(real, files / "integers.tflite"),
               Contains("the file: expected a network in real numbers, found one in 8 bits, which a "
                        "quantized_model reads"));
    CHECK_THROWS_AS(at::load_onnx<at::quantized_model<integers_of<>>>(files / "image.onnx"), at::load_error);
}

TEST_CASE("load_onnx: what write_onnx wrote of a quantized model is the same in every word") {
    const testing::temporary_directory folder;
    using net_type = at::network<
        at::input<8, 8, 2>, at::conv2d<4, 3, at::stride<2>, at::padding<1>>, at::batch_norm<>, at::relu,
        at::residual<at::conv2d<4, 3, at::same, at::no_bias>>, at::tanh, at::avg_pool2d<2>,
        at::branches<at::concatenate, at::sequence<at::conv2d<3, 1>, at::relu6>, at::conv2d<2, 1>>, at::swish,
        at::flatten, at::dense<1>, at::sigmoid>;
    const auto net = quantized<net_type>(9);
    for (const bool first : {false, true}) {
        at::write_onnx(net, folder.path() / "net.onnx", {.channels_first = first});
        CHECK(at::load_onnx<at::quantized_model<net_type>>(folder.path() / "net.onnx").words() ==
              net.words());
    }
    // What chooses among integers, and joins that are no sums.
    using other_type =
        at::network<at::input<8, 8, 2>, at::conv2d<4, 1>, at::conv2d<6, 3, at::groups<2>>,
                    at::max_pool2d<2, at::stride<1>, at::dilation<2>>,
                    at::branches<at::maximum, at::sequence<>, at::conv2d<6, 1>>, at::relu,
                    at::branches<at::average, at::conv2d<6, 1>, at::conv2d<6, 1>>, at::upsampling2d<2>,
                    at::resize2d<at::extent{7, 5}, at::bilinear>,
                    at::max_pool2d<2, at::stride<2>, at::ceil_mode>, at::global_max_pool2d, at::dense<2>>;
    const auto other = quantized<other_type>(9);
    at::write_onnx(other, folder.path() / "other.onnx");
    CHECK(at::load_onnx<at::quantized_model<other_type>>(folder.path() / "other.onnx").words() ==
          other.words());
}

TEST_CASE("load_onnx: what is not a number is the zero point in the file, too") {
    const testing::temporary_directory folder;
    using net_type = at::network<at::input<4>, at::dense<3>, at::activation<root>>;
    at::model<net_type> net{at::seed{1}};
    std::fill(net.data(), net.data() + net.size(), 0.25f);
    const xt::xtensor<float, 2> samples = xt::ones<float>({8, 4});
    at::given_quantization given = at::given_quantization_of(at::quantize(net, samples));
    given.layers.at("dense").result = at::quantization{0.02f, 0};  // of numbers below 0
    given.layers.at("activation").result = at::quantization{0.01f, 7};
    const auto made = at::quantized_with<net_type>(given);
    at::write_onnx(made, folder.path() / "net.onnx");
    CHECK(at::load_onnx<at::quantized_model<net_type>>(folder.path() / "net.onnx").words() == made.words());
}

TEST_CASE("load_tflite: files in 8 bits that are cut or changed are messages, or networks still") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "broken.tflite";
    std::ifstream from(files / "integers.tflite", std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(from), {}};
    REQUIRE(whole.size() > 5000);
    const auto words = at::load_tflite<at::quantized_model<integers_of<>>>(files / "integers.tflite").words();
    std::size_t refused = 0, others = 0;  // of the changed ones
    for (std::size_t k = 0; k < 60; ++k) {
        std::string content = whole;
        const std::size_t at = whole.size() * k / 60;
        if (k % 3 == 0)
            content.resize(at);
        else
            content[at] = static_cast<char>(content[at] ^ (k % 3 == 1 ? 0x80 : 0x07));
        std::ofstream(path, std::ios::binary) << content;
        std::optional<at::quantized_model<integers_of<>>> net;
        const auto failure = at::try_load_tflite(net, path);
        CHECK(failure.has_value() != net.has_value());
        if (k % 3 == 0)
            CHECK(failure);
        else if (failure)
            ++refused;
        else if (net->words() != words)
            ++others;
    }
    INFO(refused << " refused, " << others << " with other numbers");
    CHECK(refused >= 10);
    CHECK(others >= 5);
}
