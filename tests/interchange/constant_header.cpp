// SPDX-License-Identifier: BSL-1.0
#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/constant_object.hpp>
#include <archetype/weights.hpp>
#include <bit>
#include <catch.hpp>
#include <limits>
#include <sstream>
#include <vector>

#include "../temporary_directory.hpp"
#include "generated_weights.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {

/// What generated_weights.hpp holds: made once with `both_headers`.
template <class T>
std::vector<T> difficult_values() {
    using limits = std::numeric_limits<T>;
    std::vector<T> values{0,
                          -T(0),
                          1,
                          -2,
                          T(1) / 3,
                          T(0.1),
                          limits::max(),
                          limits::lowest(),
                          limits::min(),
                          limits::denorm_min(),
                          -limits::denorm_min(),
                          limits::epsilon(),
                          T(16777216),
                          T(1e-5)};
    std::uint32_t state = 1;
    for (int i = 0; i < 50; ++i) {
        state = state * 1664525u + 1013904223u;
        values.push_back((static_cast<T>(state) / T(4294967296.0) - T(0.5)) / 3);
    }
    return values;
}

const at::constant_header_options float_options{"generated_weights", 0x0123456789abcdef,
                                                "Test \\\nof floats\\"};
const at::constant_header_options double_options{"generated_doubles", ~0ull, "Test of doubles"};

std::string both_headers() {
    const auto floats = difficult_values<float>();
    const auto doubles = difficult_values<double>();
    return "// SPDX-License-Identifier: BSL-1.0\n" + at::constant_header_text<float>(floats, float_options) +
           "\n" + at::constant_header_text<double>(doubles, double_options);
}

}  // namespace

static_assert(decltype(generated_weights)::architecture == 0x0123456789abcdef);
static_assert(generated_weights.size() == 64 && generated_weights[2] == 1.0f &&
              generated_weights[3] == -2.0f);
static_assert(generated_weights_data[64] == 0.0f && generated_weights_data[64 + 63] == 0.0f);
static_assert(sizeof generated_weights_data == sizeof(float) * (64 + at::constant_weights_slack));
static_assert(generated_doubles.end() - generated_doubles.begin() == 64);

TEST_CASE("a generated header gives back every bit") {
    const auto floats = difficult_values<float>();
    REQUIRE(floats.size() == generated_weights.size());
    for (std::size_t i = 0; i < floats.size(); ++i)
        CHECK(std::bit_cast<std::uint32_t>(generated_weights[i]) == std::bit_cast<std::uint32_t>(floats[i]));
    const auto doubles = difficult_values<double>();
    for (std::size_t i = 0; i < doubles.size(); ++i)
        CHECK(std::bit_cast<std::uint64_t>(generated_doubles[i]) == std::bit_cast<std::uint64_t>(doubles[i]));
    CHECK(reinterpret_cast<std::uintptr_t>(generated_weights.data) % 64 == 0);
}

TEST_CASE("the generated text is the committed one") {
    std::ifstream in(std::filesystem::path(__FILE__).parent_path() / "generated_weights.hpp");
    std::stringstream committed;
    committed << in.rdbuf();
    CHECK(both_headers() == committed.str());
}

TEST_CASE("names and weights that cannot stand in a header are refused") {
    const std::vector<float> good{1, 2};
    const auto error = [&](const std::string& name) {
        CHECK_THROWS_WITH(at::constant_header_text<float>(good, {name, 1, ""}),
                          Contains("found \"" + name + "\""));
    };
    for (const char* name :
         {"", "1a", "a-b", "a::b", "class", "double", "_Weights", "_w", "a__b", "a b", "n\u00e4me"})
        error(name);
    for (const char* name : {"lenet5_weights", "A1", "classes"})
        CHECK_THAT(at::constant_header_text<float>(good, {name, 1, ""}),
                   Contains(std::string(name) + "_data[2 + 64]"));
    const std::vector<float> bad{1, std::numeric_limits<float>::quiet_NaN()};
    CHECK_THROWS_WITH(at::constant_header_text<float>(bad, {"w", 1, ""}), Contains("nan at index 1"));
    const std::vector<double> infinite{-std::numeric_limits<double>::infinity()};
    CHECK_THROWS_WITH(at::constant_header_text<double>(infinite, {"w", 1, ""}), Contains("-inf at index 0"));
}

TEST_CASE("write_constant_header writes that text, or nothing") {
    const testing::temporary_directory directory;
    const std::vector<float> weights{1, 2};
    const auto path = directory.path() / "weights.hpp";
    at::write_constant_header<float>(weights, path, float_options);
    const auto bytes = testing::read_bytes(path);
    CHECK(std::string(bytes.begin(), bytes.end()) == at::constant_header_text<float>(weights, float_options));
    const std::vector<float> bad{std::numeric_limits<float>::infinity()};
    CHECK_THROWS_AS(at::write_constant_header<float>(bad, path, float_options), std::invalid_argument);
    CHECK(testing::read_bytes(path) == bytes);
    CHECK_THROWS_AS(
        at::write_constant_header<float>(weights, directory.path() / "none" / "w.hpp", float_options),
        at::file_error);
    CHECK(at::constant_header_text<float>({}, {"none", 0, ""}).find("none_data[0 + 64] = {\n};") !=
          std::string::npos);
    // The order of arguments that goes with the next version.
    const std::span<const float> all = weights;
    const auto folder = directory.path();
    at::write_constant_object(all, folder, float_options);
    const auto header = testing::read_bytes(folder / (float_options.name + ".hpp")),
               raw = testing::read_bytes(folder / (float_options.name + ".bin"));
    std::filesystem::create_directory(folder / "old");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    at::write_constant_header(folder / "old" / "thrown.hpp", all, float_options);
    CHECK(!at::try_write_constant_header(folder / "old" / "tried.hpp", all, float_options));
    at::write_constant_object(folder / "old", all, float_options);
    CHECK(!at::try_write_constant_object(folder / "old", all, float_options));
#pragma GCC diagnostic pop
    CHECK(testing::read_bytes(folder / "old" / "thrown.hpp") == bytes);
    CHECK(testing::read_bytes(folder / "old" / "tried.hpp") == bytes);
    CHECK(testing::read_bytes(folder / "old" / (float_options.name + ".hpp")) == header);
    CHECK(testing::read_bytes(folder / "old" / (float_options.name + ".bin")) == raw);
}
