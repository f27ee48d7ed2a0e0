// SPDX-License-Identifier: BSL-1.0
#include <zlib.h>

#include <archetype/data/idx.hpp>
#include <catch.hpp>

#include "../temporary_directory.hpp"

namespace at = archetype;
using bytes = std::vector<unsigned char>;
using Catch::Contains;
using testing::temporary_directory;

namespace {

std::span<const std::byte> as_bytes(const bytes& data) { return std::as_bytes(std::span(data)); }

/// gzip by zlib's own writer.
bytes compressed(const temporary_directory& directory, const bytes& data) {
    const auto path = directory.path() / "compressed-by-zlib";
    gzFile file = gzopen(path.c_str(), "wb9");
    if (!data.empty()) gzwrite(file, data.data(), static_cast<unsigned>(data.size()));
    gzclose(file);
    return testing::read_bytes(path);
}

bytes operator+(bytes left, const bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

std::string parse_error(const bytes& data, std::optional<std::uint32_t> magic = {}) {
    try {
        (void)at::parse_idx(as_bytes(data), "digits", magic);
    } catch (const at::file_error& error) {
        return error.what();
    }
    return "none";
}

const bytes two_images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 250, 251, 255};

}  // namespace

TEST_CASE("read_idx reads images plain and compressed") {
    const temporary_directory directory;
    for (const bytes& content : {two_images, compressed(directory, two_images)}) {
        const auto path = directory.write("images", content);
        const auto images = at::read_idx_images(path);
        REQUIRE(images.shape() == std::array<std::size_t, 3>{2, 1, 3});
        CHECK(images(0, 0, 0) == 1);
        CHECK(images(1, 0, 2) == 255);
        const auto floats = at::read_idx<float>(path);
        REQUIRE(floats.dimension() == 3);
        CHECK(floats(1, 0, 0) == 250.0f);
        CHECK(at::read_idx<int, 3>(path)(0, 0, 2) == 3);
        CHECK_THROWS_WITH((at::read_idx<int, 1>(path)), Contains("expected rank 1, found rank 3"));
        CHECK_THROWS_WITH((at::read_idx<std::int8_t>(path)), Contains("unsigned byte"));
        CHECK_THROWS_WITH(at::read_idx_labels(path), Contains("2049") && Contains("found first word 2051"));
    }
}

TEST_CASE("read_idx knows every element type") {
    const temporary_directory directory;
    const auto file = [&](bytes content) { return directory.write("typed", content); };
    CHECK(at::read_idx<int, 1>(file({0, 0, 0x09, 1, 0, 0, 0, 2, 0x7F, 0x80}))(1) == -128);
    CHECK(at::read_idx<int, 1>(file({0, 0, 0x0B, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE}))(0) == 258);
    CHECK(at::read_idx<int, 1>(file({0, 0, 0x0B, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE}))(1) == -2);
    CHECK(at::read_idx<std::int32_t, 1>(file({0, 0, 0x0C, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x00}))(0) ==
          -256);
    // 0xC0200000 is -2.5 in IEEE 754 binary32, 0x3FF8... is 1.5 in binary64
    CHECK(at::read_idx<float, 1>(file({0, 0, 0x0D, 1, 0, 0, 0, 1, 0xC0, 0x20, 0, 0}))(0) == -2.5f);
    CHECK(at::read_idx<double, 1>(file({0, 0, 0x0D, 1, 0, 0, 0, 1, 0xC0, 0x20, 0, 0}))(0) == -2.5);
    CHECK(at::read_idx<double, 1>(file({0, 0, 0x0E, 1, 0, 0, 0, 1, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0}))(0) == 1.5);
    CHECK_THROWS_AS((at::read_idx<float, 1>(file({0, 0, 0x0E, 1, 0, 0, 0, 0}))), at::file_error);
    CHECK_THROWS_AS((at::read_idx<float, 1>(file({0, 0, 0x0C, 1, 0, 0, 0, 0}))), at::file_error);
    CHECK(at::read_idx<float>(file({0, 0, 0x08, 2, 0, 0, 0, 0, 0, 0, 0, 5})).size() == 0);
}

TEST_CASE("a compressed file given to the plain parser is named as such (FL-25 a)") {
    const bytes start{0x1F, 0x8B, 0x08, 0x08, 0, 0, 0, 0};
    CHECK_THAT(parse_error(start, at::idx_images_magic), Contains("digits") &&
                                                             Contains("magic number 2051") &&
                                                             Contains("gzip") && Contains("529205256"));
    CHECK_THAT(parse_error(start, at::idx_labels_magic), Contains("2049") && Contains("gzip"));
}

TEST_CASE("the file's length is checked against the header (FL-25 b)") {
    bytes content{0, 0, 8, 3, 0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28};  // 60,000 images of 28 x 28
    content.resize(9'912'422);
    CHECK_THAT(parse_error(content, at::idx_images_magic), Contains("47040016") && Contains("9912422"));
    const temporary_directory directory;
    CHECK_THROWS_WITH(at::read_idx_images(directory.write("renamed", content)),
                      Contains("renamed") && Contains("expected 47040016 bytes, found 9912422 bytes"));
}

TEST_CASE("ill-posed IDX files are errors") {
    CHECK_THAT(parse_error({}), Contains("only 0 bytes"));
    CHECK_THAT(parse_error({0, 0, 8}), Contains("only 3 bytes"));
    CHECK_THAT(parse_error({0, 0, 7, 1, 0, 0, 0, 0}), Contains("first word 1793"));
    CHECK_THAT(parse_error({0, 1, 8, 1, 0, 0, 0, 0}), Contains("first word"));
    CHECK_THAT(parse_error({0, 0, 8, 0}), Contains("first word 2048"));
    CHECK_THAT(parse_error({0, 0, 8, 2, 0, 0, 0, 0}), Contains("header of 12 bytes, found 8 bytes"));
    CHECK_THAT(parse_error(two_images + bytes{0}), Contains("expected 22 bytes, found 23 bytes"));
    // 2^96 elements do not fit in 64 bits
    CHECK_THAT(parse_error({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}),
               Contains("4294967295 x 4294967295 x 4294967295"));
    CHECK_THROWS_WITH(at::read_idx<int>("no/such/file"), Contains("no/such/file"));
    CHECK_THROWS_WITH(at::read_idx<int>("/"), Contains("regular file"));
}

TEST_CASE("damaged gzip files are errors") {
    const temporary_directory directory;
    const bytes good = compressed(directory, two_images);
    const auto error = [&](const bytes& content) -> std::string {
        try {
            (void)at::read_idx_images(directory.write("damaged.gz", content));
        } catch (const at::file_error& failure) {
            return failure.what();
        }
        return "none";
    };
    for (std::size_t size = 2; size < good.size(); ++size)
        CHECK_THAT(error(bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
                   Contains("cut short"));
    bytes wrong_checksum = good;
    wrong_checksum[good.size() - 8] ^= 1;
    CHECK_THAT(error(wrong_checksum), Contains("incorrect data check"));
    CHECK_THAT(error(good + bytes{1, 2, 3}), Contains("3 more bytes"));
    CHECK(error(compressed(directory, bytes(two_images.begin(), two_images.begin() + 10)) +
                compressed(directory, bytes(two_images.begin() + 10, two_images.end()))) == "none");
    CHECK_THAT(error(compressed(directory, {})), Contains("only 0 bytes"));
    CHECK_THAT(error(compressed(directory, {0, 0, 8, 3, 0})), Contains("header of 16 bytes"));
    CHECK_THAT(error(compressed(directory, two_images + bytes{0})),
               Contains("expected 22 bytes") && Contains("more"));
    bytes less = two_images;
    less.pop_back();
    CHECK_THAT(error(compressed(directory, less)),
               Contains("expected 22 bytes") && Contains("found 21 bytes"));
    // a few bytes that announce 2^40: refused before anything is allocated
    CHECK_THAT(error(compressed(directory, {0, 0, 8, 3, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 16, 0})),
               Contains("compressed bytes"));
}
