// SPDX-License-Identifier: BSL-1.0
// A given quantization as a file, and files that are none.
#include "temporary_directory.hpp"

#include <archetype/interchange/integers/given_quantization_file.hpp>

#include <catch.hpp>

namespace at = archetype;

namespace {

struct tensors {
    std::vector<float> scale{0.5f}, scales{0.25f, 0.5f};
    std::vector<std::int32_t> zero{3}, bias{10, -7};
    std::vector<std::int8_t> kernel{2, -3, 4, 5}, table = std::vector<std::int8_t>(256, 7);

    std::vector<at::tensor_entry> entries() const {
        return {at::make_tensor_entry<float>("scale", {1}, scale),
                at::make_tensor_entry<std::int32_t>("zero_point", {1}, zero),
                at::make_tensor_entry<std::int8_t>("block/dense/kernel", {2, 2}, kernel),
                at::make_tensor_entry<float>("block/dense/scales", {2}, scales),
                at::make_tensor_entry<std::int32_t>("block/dense/bias", {2}, bias),
                at::make_tensor_entry<float>("tanh/scale", {1}, scale),
                at::make_tensor_entry<std::int32_t>("tanh/zero_point", {1}, zero),
                at::make_tensor_entry<std::int8_t>("tanh/table", {256}, table)};
    }
};

}  // namespace

TEST_CASE("given quantization: read from a file") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "given.safetensors";
    const tensors all;
    at::write_safetensors(all.entries(), path);
    const at::given_quantization given = at::read_given_quantization(path);
    CHECK(given.input == at::quantization{0.5f, 3});
    REQUIRE(given.layers.size() == 2);
    const at::given_layer &dense = given.layers.at("block/dense"), &tanh = given.layers.at("tanh");
    CHECK(dense.weights == all.kernel);
    CHECK(dense.scales == all.scales);
    CHECK(dense.biases == all.bias);
    CHECK(!dense.result);
    CHECK(tanh.result == at::quantization{0.5f, 3});
    CHECK(tanh.table == all.table);
}

TEST_CASE("given quantization: files that are wrong are one message") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "given.safetensors";
    const tensors all;
    const auto message = [&](auto change) -> std::string {
        auto entries = all.entries();
        change(entries);
        at::write_safetensors(entries, path);
        try {
            (void)at::read_given_quantization(path);
        } catch (const at::file_error& problem) {
            return problem.what();
        }
        return "";
    };
    const auto says = [](const std::string& text, const char* words) {
        INFO(text);
        CHECK(text.find(words) != std::string::npos);
    };
    says(message([](auto& e) { e.erase(e.begin(), e.begin() + 2); }), "the quantization of the input");
    says(message([](auto& e) { e.erase(e.begin() + 6); }), "tanh/zero_point");
    says(message([](auto& e) { e[2].name = "block/dense/weights"; }), "found weights");
    says(message([](auto& e) { e[2].name = "kernel"; }), "the path of a layer");
    says(message([](auto& e) { e[3].name = "block/dense/bias", e.erase(e.begin() + 4); }),
         "expected I32, found F32");
    says(message([](auto& e) { e[7].data = e[7].data.first(8), e[7].shape = {8}; }),
         "expected 256 elements, found 8");
}
