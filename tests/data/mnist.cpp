// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/mnist.hpp>
#include <catch.hpp>

#include "../temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

TEST_CASE("read_mnist reads the digits of the repository") {
    const at::mnist digits = at::read_mnist(ARCHETYPE_DATA_DIR, {.padding = 2});
    REQUIRE(digits.train.samples.shape() == std::array<std::size_t, 4>{7500, 32, 32, 1});
    REQUIRE(digits.test.samples.shape() == std::array<std::size_t, 4>{1000, 32, 32, 1});
    check(digits.train, 10);
    check(digits.test, 10);
    // Sums over the files by an independent reader (gzip and numpy).
    const at::mnist plain = at::read_mnist(ARCHETYPE_DATA_DIR, {.scale = 1.0f});
    REQUIRE(plain.test.samples.shape() == std::array<std::size_t, 4>{1000, 28, 28, 1});
    double sum = 0, padded_sum = 0, labels = 0;
    for (float value : plain.test.samples) sum += static_cast<double>(value);
    for (float value : digits.test.samples) padded_sum += static_cast<double>(value) * 255;
    for (std::int32_t label : digits.test.labels) labels += label;
    CHECK(sum == 26332493);
    CHECK(padded_sum == Approx(sum));
    CHECK(labels == 4381);
    CHECK(digits.test.labels(0) == 5);
    CHECK(plain.test.samples(7, 14, 13, 0) == 252.0f);
    CHECK(digits.test.samples(7, 16, 15, 0) == Approx(252 / 255.0));
    CHECK(digits.test.samples(7, 1, 15, 0) == 0.0f);
    CHECK(digits.test.samples(7, 16, 31, 0) == 0.0f);
}

TEST_CASE("read_idx_dataset checks counts and labels") {
    const testing::temporary_directory directory;
    const auto images = directory.write(
        "images", std::vector<unsigned char>{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 51});
    const auto one = directory.write("one", std::vector<unsigned char>{0, 0, 8, 1, 0, 0, 0, 1, 3});
    const auto wrong = directory.write("wrong", std::vector<unsigned char>{0, 0, 8, 1, 0, 0, 0, 2, 3, 10});
    const auto good = directory.write("good", std::vector<unsigned char>{0, 0, 8, 1, 0, 0, 0, 2, 3, 9});
    CHECK_THROWS_WITH(at::read_idx_dataset(images, one),
                      Contains("expected 2 labels") && Contains("found 1"));
    CHECK_THROWS_WITH(at::read_idx_dataset(images, wrong), Contains("below 10") && Contains("10 at index 1"));
    CHECK_THROWS_WITH(at::read_idx_dataset(one, good), Contains("2051"));
    const at::dataset data = at::read_idx_dataset(images, good);
    CHECK(data.labels(1) == 9);
    CHECK(data.samples(1, 0, 0, 0) == Approx(0.2));
    CHECK_THROWS_WITH(at::read_mnist(directory.path()),
                      Contains("train-images-idx3-ubyte") && Contains(".gz"));
}
