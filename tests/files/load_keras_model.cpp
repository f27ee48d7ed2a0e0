// SPDX-License-Identifier: BSL-1.0
// load_keras_model: whole models of Keras, every layer compared.
#include <archetype/archetype.hpp>
#include <archetype/interchange/graphs/load_keras_model.hpp>
#include <catch.hpp>

#include <cmath>

namespace {

namespace at = archetype;
const std::filesystem::path files = std::filesystem::path(__FILE__).parent_path();
using Catch::Contains;

}  // namespace

TEST_CASE("load_keras_model: layers without weights are compared") {
    // Of tests/interchange/keras_files/make_keras_files.py: weight k of tensor n is sin(k + n).
    using conv = at::conv2d<3, at::extent{3, 2}, at::same, at::stride<2>>;
    using net = at::network<at::input<6, 5, 2>, conv, at::relu, at::batch_norm<>, at::depthwise_conv2d<2>,
                            at::flatten, at::dense<4>, at::softmax>;
    using other = at::network<at::input<6, 5, 2>, conv, at::relu, at::batch_norm<>, at::depthwise_conv2d<2>,
                              at::flatten, at::dense<4>, at::sigmoid>;
    const std::filesystem::path folder = files.parent_path() / "interchange" / "keras_files";
    for (const char* name : {"image_2.h5", "image_3.h5", "image.keras"}) {
        INFO(name);
        at::model<net> model{at::seed{8}};
        const auto failure = at::try_load_keras_model(model, folder / name);
        if (failure && failure->message().find("a program built with HDF5") != std::string::npos) continue;
        INFO((failure ? failure->message() : ""));
        REQUIRE_FALSE(failure);
        // Trainable ones come first.
        const std::size_t numbers[] = {0, 1, 2, 3, 6, 7, 8, 9, 4, 5};
        std::size_t next = 0;
        at::detail::for_each_parameter<net>(
            [&](const std::string& tensor, const std::vector<std::size_t>& extents, std::size_t begin) {
                INFO(tensor);
                std::size_t size = 1;
                for (const std::size_t extent : extents) size *= extent;
                double most = 0;
                const std::size_t number = numbers[next++];
                for (std::size_t k = 0; k < size; ++k)
                    most = std::max(most, std::abs(model.data()[begin + k] - std::sin(double(k + number))));
                CHECK(most < 1e-6);
            });
        at::model<other> wrong;
        CHECK_THAT(at::try_load_keras_model(wrong, folder / name)->message(),
                   Contains("sigmoid: expected sigmoid, found softmax"));
    }
    at::model<net> model;
    CHECK_THROWS_WITH(at::load_keras_model(model, files / "image.onnx"),
                      Contains("expected a whole model of Keras, .h5 or .keras, found another kind of file"));
}
