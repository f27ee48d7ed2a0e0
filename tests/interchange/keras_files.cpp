// SPDX-License-Identifier: BSL-1.0
// Files of Keras: weights by order, by class and by name, configurations against the network's layers, and back.
#include <archetype/archetype.hpp>
#include <archetype/interchange/keras/load_keras.hpp>
#include <archetype/interchange/keras/write_keras_weights.hpp>
#include <catch.hpp>
#include <cmath>

#include "../temporary_directory.hpp"

#if ARCHETYPE_HAS_HDF5

namespace {

namespace at = archetype;
const std::filesystem::path files = std::filesystem::path(__FILE__).parent_path() / "keras_files";
using Catch::Contains;

// The networks of make_keras_files.py, whose weight k of a tensor is sin(k + the tensor's number).
using image =
    at::network<at::input<6, 5, 2>, at::conv2d<3, at::extent{3, 2}, at::same, at::stride<2>>, at::relu,
                at::batch_norm<>, at::depthwise_conv2d<2>, at::flatten, at::dense<4>, at::softmax>;
using words = at::network<at::input<7>, at::embedding<9, 4>,
                          at::bidirectional<at::lstm<3, at::return_sequences>, at::concatenate>,
                          at::gru<5, at::reset_after>, at::dense<2>>;

template <class Net>
void check_weights(const at::model<Net>& net) {
    using target = at::detail::import_target<Net, float>;
    std::size_t number = 0;
    for (const auto& layer : at::detail::import_layers<Net>())
        for (std::size_t tensor = 0; tensor < target::at(layer).parameter_tensors; ++tensor, ++number) {
            const float* const values =
                net.data() + at::detail::parameters_of<Net>.offsets[layer.node][tensor];
            const auto size = static_cast<std::size_t>(target::at(layer).parameters[tensor].extents.size());
            std::size_t wrong = 0;
            for (std::size_t k = 0; k < size; ++k)
                wrong += std::abs(values[k] - static_cast<float>(std::sin(static_cast<double>(k + number)))) >
                         1e-6F;
            INFO(layer.path << ", tensor " << tensor);
            CHECK(wrong == 0);
        }
}

template <class Net>
std::string problem(const char* name) {
    at::model<Net> net;
    const auto failure = at::try_load_keras(net, files / name);
    return failure ? failure->message(20) : "";
}

}  // namespace

TEST_CASE("Keras files: every form of a file fills the network") {
    for (const char* name :
         {"image_2.h5", "image_3.h5", "image.keras", "image.weights.h5", "image_2.weights.h5"}) {
        INFO(name);
        at::model<image> net;
        at::load_keras(net, files / name);
        check_weights(net);
    }
    for (const char* name : {"words_2.h5", "words_3.h5", "words.keras", "words.weights.h5"}) {
        INFO(name);
        at::model<words> net;
        at::load_keras(net, files / name);
        check_weights(net);
    }
}

TEST_CASE("Keras files: names tell where all of them are the file's") {
    // The depthwise layer and the dense one stand in branches, which the file lists in another order.
    using branches =
        at::network<at::input<6, 5, 2>,
                    at::named<"conv2d_7", at::conv2d<3, at::extent{3, 2}, at::same, at::stride<2>>>, at::relu,
                    at::named<"norm", at::batch_norm<>>,
                    at::branches<at::concatenate, at::sequence<at::flatten, at::named<"wide", at::dense<2>>>,
                                 at::sequence<at::flatten, at::named<"other", at::dense<2>>>>>;
    at::model<branches> net;
    at::load_keras(net, files / "branches.h5");
    const auto value = [&](std::size_t layer) {
        return net.data()[at::detail::parameters_of<branches>.offsets
                              [at::detail::import_layers<branches>()[layer].node][0]];
    };
    CHECK(value(2) == 2);  // "wide" comes behind "other" in the file
    CHECK(value(3) == 1);
}

TEST_CASE("Keras files: what the file says otherwise is said, and nothing is written") {
    using other = at::network<at::input<6, 5, 2>, at::conv2d<3, at::extent{3, 2}, at::same>, at::tanh,
                              at::batch_norm<at::epsilon<1e-5>>, at::depthwise_conv2d<2>, at::flatten,
                              at::dense<4>, at::softmax>;
    const std::string found = problem<other>("image.keras");
    CHECK_THAT(found, Contains("strides: expected 1") &&
                          Contains("activation: expected tanh, found \"relu\"") && Contains("epsilon"));
    using before = at::network<at::input<7>, at::embedding<9, 4>,
                               at::bidirectional<at::lstm<3, at::return_sequences>, at::concatenate>,
                               at::gru<5>, at::dense<2>>;
    CHECK_THAT(problem<before>("words.weights.h5"), Contains("without reset_after"));
    using shorter = at::network<at::input<7>, at::embedding<9, 4>,
                                at::bidirectional<at::lstm<3, at::return_sequences>, at::concatenate>,
                                at::gru<5, at::reset_after>>;
    for (const char* name : {"words_2.h5", "words.weights.h5"})
        CHECK_THAT(problem<shorter>(name), Contains("no weight beyond"));
    using longer = at::network<at::input<6, 5, 2>, at::conv2d<3, at::extent{3, 2}, at::same, at::stride<2>>,
                               at::relu, at::batch_norm<>, at::depthwise_conv2d<2>, at::flatten, at::dense<4>,
                               at::dense<4>, at::softmax>;
    for (const char* name : {"image_2.weights.h5", "image.weights.h5"})
        CHECK_THAT(problem<longer>(name), Contains("a layer of the file for dense, found none"));
    CHECK_THAT(problem<image>("make_keras_files.py"), Contains("expected"));
    CHECK_THAT(problem<image>("none.h5"), Contains("found none"));
    at::model<other> net;
    const std::vector<float> kept(net.data(), net.data() + net.size());
    CHECK_THROWS_AS(at::load_keras(net, files / "image.keras"), at::load_error);
    CHECK(std::equal(kept.begin(), kept.end(), net.data()));
}

TEST_CASE("Keras files: layers without weights are compared") {
    using point = at::conv2d<2, 1>;
    using slope = at::leaky_relu<0.3>;
    using window = at::max_pool2d<at::extent{3, 2}, at::stride<2>, at::same>;
    using right = at::network<at::input<6, 6, 1>, point, slope, window, at::tanh, at::global_avg_pool2d,
                              at::dense<2>, at::softmax>;
    at::model<right> net;
    at::load_keras(net, files / "pooled.h5");
    check_weights(net);
    CHECK_THAT((problem<at::network<at::input<6, 6, 1>, point, at::leaky_relu<0.2>, window, at::relu,
                                    at::global_avg_pool2d, at::dense<2>, at::softmax>>("pooled.h5")),
               Contains("leaky: expected leaky_relu of 0.2, found leaky_relu of 0.3") &&
                   Contains("bend: expected relu, found tanh"));
    CHECK_THAT(
        (problem<
            at::network<at::input<6, 6, 1>, point, slope, at::max_pool2d<at::extent{3, 2}, at::stride<2>>,
                        at::tanh, at::global_avg_pool2d, at::dense<2>, at::softmax>>("pooled.h5")),
        Contains(
            "pool: expected max_pool2d: pool_size 3, 2, strides 2, 2, padding valid, found pool_size 3, 2"));
    CHECK_THAT((problem<at::network<at::input<6, 6, 1>, point, slope,
                                    at::avg_pool2d<at::extent{3, 2}, at::stride<2>, at::same>, at::tanh,
                                    at::global_max_pool2d, at::dense<2>, at::softmax>>("pooled.h5")),
               Contains("pool: expected no max_pool2d") && Contains("mean: expected no global_avg_pool2d") &&
                   Contains("no such layer in the file"));
    CHECK_THAT((problem<at::network<at::input<6, 6, 1>, point, slope, window, at::global_avg_pool2d,
                                    at::dense<2>, at::softmax>>("pooled.h5")),
               Contains("bend"));
}

TEST_CASE("Keras files: windows lie as in the file") {
    using point = at::conv2d<2, 1>;
    using pool = at::max_pool2d<3, at::stride<2>, at::padding<1>>;
    using mean = at::avg_pool2d<3, at::stride<2>, at::same>;
    using right = at::network<at::input<8, 8, 1>, point, at::relu, pool, mean, at::flatten, at::dense<2>>;
    at::model<right> net;
    at::load_keras(net, files / "stem.h5");  // zeros around what is never negative are a pooling's padding
    check_weights(net);
    CHECK_THAT(
        (problem<at::network<at::input<8, 8, 1>, point, at::relu, at::max_pool2d<3, at::stride<2>, at::same>,
                             mean, at::flatten, at::dense<2>>>("stem.h5")),
        Contains("pool: expected max_pool2d") && Contains("padding same of its own"));
    using counted = at::avg_pool2d<3, at::stride<2>, at::padding<0, 1, 0, 1>>;
    CHECK_THAT(
        (problem<at::network<at::input<8, 8, 1>, point, at::relu, pool, counted, at::flatten, at::dense<2>>>(
            "stem.h5")),
        Contains("mean: expected avg_pool2d") && Contains("that counts in means"));
    using both = at::avg_pool2d<3, at::stride<2>, at::padding<1>, at::exclude_padding>;
    CHECK_THAT(
        (problem<at::network<at::input<8, 8, 1>, point, at::relu, pool, both, at::flatten, at::dense<2>>>(
            "stem.h5")),
        Contains("mean: expected avg_pool2d"));
}

namespace {
struct wave {
    constexpr auto operator()(auto x) const { return x * tanh(x); }
};
struct bounded {
    constexpr auto operator()(auto x) const { return min(max(x, 0.0), 2.0); }
};
template <class First, class Second, class Third>
using three = at::network<at::input<5, 2>, at::simple_rnn<3>, at::dense<4>, First, at::dense<2>, Second,
                          at::dense<1>, Third>;
}  // namespace

TEST_CASE("Keras files: functions of layers and those without a known name are compared") {
    using own = at::activation<wave{}>;
    using most = at::activation<bounded{}>;
    at::model<three<at::leaky_relu<0.3>, most, own>> net;
    at::load_keras(net, files / "functions.h5");
    check_weights(net);
    CHECK_THAT((problem<three<at::leaky_relu<0.2>, most, own>>("functions.h5")),
               Contains("first: expected leaky_relu of 0.2, found leaky_relu of 0.3"));
    CHECK_THAT((problem<three<at::leaky_relu<0.3>, at::relu6, own>>("functions.h5")),
               Contains("bounded: expected relu6, found relu up to 2"));
    CHECK_THAT((problem<three<at::leaky_relu<0.3>, most, at::relu>>("functions.h5")),
               Contains("own: expected relu, found wave, which no name tells"));
}

TEST_CASE("Keras files: what is written is read") {
    const testing::temporary_directory folder;
    using net_type = at::network<at::input<8, 4>, at::conv1d<6, 3>, at::batch_norm<>, at::relu,
                                 at::lstm<5, at::return_sequences>, at::layer_norm<>,
                                 at::gru<4, at::reset_after, at::return_sequences>, at::simple_rnn<3>,
                                 at::dense<5>, at::prelu<>, at::dense<2>>;
    at::model<net_type> from;
    at::write_keras_weights(from, folder.path() / "net.weights.h5");
    at::model<net_type> to;
    std::fill_n(to.data(), to.size(), 0.0F);
    at::load_keras(to, folder.path() / "net.weights.h5");
    CHECK(std::equal(from.data(), from.data() + from.size(), to.data()));
    using own = at::network<at::input<4>, at::rms_norm<>, at::dense<2>>;
    const at::model<own> none;
    const auto failure = at::try_write_keras_weights(none, folder.path() / "none.weights.h5");
    REQUIRE(failure);
    CHECK_THAT(failure->message(), Contains("a layer that Keras has, found rms_norm"));
    CHECK(!std::filesystem::exists(folder.path() / "none.weights.h5"));
}

#endif
