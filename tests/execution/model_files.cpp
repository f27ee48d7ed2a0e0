// SPDX-License-Identifier: BSL-1.0
// Models and files: what is saved comes back bit for bit, what does not fit changes nothing.
#include <archetype/interchange/model_file.hpp>
#include <catch.hpp>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "numbers.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {
using stored = at::network<at::input<6, 6, 2>, at::named<"stem", at::conv2d<3, 3>>, at::batch_norm<>,
                           at::relu, at::flatten, at::repeat<2, at::named<"block", at::dense<5>>>>;
template <std::size_t Units>
using hidden = at::network<at::input<1>, at::named<"recurrent", at::dense<Units>>, at::tanh, at::dense<1>>;

template <class Net, class T>
std::vector<T> weights(const at::model<Net, T>& net) {
    return {net.data(), net.data() + net.size()};
}

std::string text_of(const std::filesystem::path& path) {
    const auto bytes = testing::read_bytes(path);
    return {bytes.begin(), bytes.end()};
}

template <class T>
void round_trip() {
    const testing::temporary_directory folder;
    at::model<stored, T> net{at::seed{5}, at::he_normal{}};
    net.data()[net.trainable_size()] = T(0.125);  // a moving mean
    net.data()[1] = std::numeric_limits<T>::denorm_min();
    net.data()[2] = -T(0);
    at::save(net, folder.path() / "net.safetensors");
    at::model<stored, T> loaded{at::seed{6}};
    REQUIRE(weights(loaded) != weights(net));
    const auto samples = numbers::samples<stored, T>(2);
    loaded(samples);
    at::load(loaded, folder.path() / "net.safetensors");
    CHECK(weights(loaded) == weights(net));
    CHECK(std::signbit(loaded.data()[2]));
    CHECK((loaded(samples) == net(samples)));
}
}  // namespace

TEST_CASE("what is saved is loaded, bit for bit") { round_trip<float>(); }
TEST_CASE("models in double precision, too") { round_trip<double>(); }

TEST_CASE("a file for 20 units does not fit a model for 16") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "20.safetensors";
    at::save(at::model<hidden<20>>{at::seed{1}}, path);
    at::model<hidden<16>> net{at::seed{2}};
    const auto before = weights(net);
    CHECK_THROWS_AS(at::load(net, path), at::load_error);
    CHECK_THROWS_WITH(
        at::load(net, path),
        Contains("recurrent/kernel: expected F32 of shape (1, 16), found F32 of shape (1, 20)") &&
            Contains("recurrent/bias: expected F32 of shape (16), found F32 of shape (20)") &&
            Contains("nothing was loaded"));
    CHECK(weights(net) == before);
}

TEST_CASE("another type fits only where it is allowed") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "double.safetensors";
    at::model<hidden<4>, double> wide{at::seed{1}};
    at::save(wide, path);
    at::model<hidden<4>> net{at::seed{2}};
    const auto before = weights(net);
    CHECK_THROWS_WITH(at::load(net, path), Contains("expected F32") && Contains("found F64"));
    CHECK(weights(net) == before);
    at::load(net, path, {.convert = true});
    for (std::size_t i = 0; i < net.size(); ++i) CHECK(net.data()[i] == static_cast<float>(wide.data()[i]));
}

TEST_CASE("constants are the folded weights") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "weights.hpp";
    at::model<stored> net{at::seed{5}};
    at::write_constant_weights(net, path, "stored_weights");
    const std::string text = text_of(path);
    CHECK_THAT(text, Contains("stored_weights_data") &&
                         Contains(std::to_string(at::inference_weight_count<stored>)));
    net.data()[0] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(at::write_constant_weights(net, path, "stored_weights"), Contains("finite"));
    CHECK_THROWS_AS(at::write_constant_weights(net, path, "not a name"), std::invalid_argument);
}

TEST_CASE("numbers that are not finite are neither saved nor loaded unless asked for") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "net.safetensors";
    at::model<hidden<4>> net{at::seed{1}}, other{at::seed{2}};
    const auto before = weights(other);
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    inf = std::numeric_limits<float>::infinity();
    // recurrent/kernel (1, 4), its bias (4), dense/kernel (4, 1) from 16 on, its bias
    for (const float bad : {nan, inf, -inf}) {
        net.data()[2] = bad;
        const auto failure = at::try_save(net, path);
        REQUIRE(failure);
        CHECK_THAT(failure->message(), Contains("expected finite numbers in recurrent/kernel") &&
                                           Contains("save_options::allow_not_finite") &&
                                           Contains("at index 2, element (0, 2)"));
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK_THROWS_AS(at::save(net, path), at::file_error);
        CHECK_FALSE(at::try_save(net, path, {.allow_not_finite = true}));
        const auto refused = at::try_load(other, path);
        REQUIRE(refused);
        REQUIRE(refused->mismatches.size() == 1);
        CHECK(refused->mismatches[0].problem == at::load_problem::not_finite);
        CHECK_THAT(refused->message(), Contains("recurrent/kernel: expected finite numbers") &&
                                           Contains("load_options::allow_not_finite") &&
                                           Contains("at index 2, element (0, 2)"));
        CHECK_THROWS_AS(at::load(other, path), at::load_error);
        CHECK(weights(other) == before);
        at::model<hidden<4>> allowed;
        CHECK_FALSE(at::try_load(allowed, path, {.allow_not_finite = true}));
        CHECK(std::memcmp(&allowed.data()[2], &bad, sizeof bad) == 0);
        std::filesystem::remove(path);
    }
    // Finite in the file, and beyond a float
    at::model<hidden<4>, double> precise{at::seed{1}};
    precise.data()[1] = 1e300;
    at::save(precise, path);
    const auto refused = at::try_load(other, path, {.convert = true});
    REQUIRE(refused);
    CHECK_THAT(refused->message(), Contains("1e+300, which is beyond a float at index 1"));
    CHECK(weights(other) == before);
}

TEST_CASE("functions that do not throw name file and reason") {
    const testing::temporary_directory folder;
    at::model<hidden<4>> net{at::seed{1}};
    const auto missing = at::try_load(net, folder.path() / "none");
    REQUIRE(missing);
    CHECK_THAT(missing->message(), Contains("none") && Contains("expected a file, found none"));
    CHECK_THROWS_WITH(at::load(net, folder.path() / "none"), Contains("none: expected a file, found none"));
    CHECK(at::try_save(net, folder.path())->found == "a directory");
    CHECK(at::try_write_constant_weights(net, folder.path() / "x.hpp", "no name")->expected ==
          "a C++ identifier as name");
    CHECK_FALSE(at::try_write_constant_weights(net, folder.path() / "x.hpp", "x"));
    CHECK_FALSE(at::try_write_constant_weights_object(net, folder.path(), "y"));
    CHECK(at::try_write_constant_weights_object(net, folder.path() / "none", "y").has_value());
    net.data()[0] = std::numeric_limits<float>::infinity();
    CHECK(at::try_write_constant_weights(net, folder.path() / "z.hpp", "z")->found == "inf at index 0");
    CHECK_FALSE(std::filesystem::exists(folder.path() / "z.hpp"));
}
