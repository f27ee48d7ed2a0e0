// SPDX-License-Identifier: BSL-1.0
// Pictures, CIFAR and targets of tables: files made by Pillow (make_pictures.py), and by hand.
#include <archetype/data/cifar.hpp>
#include <archetype/data/pictures/image_folder.hpp>
#include <archetype/data/regression.hpp>
#include <catch.hpp>
#include <vector>

#include "picture_files.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

TEST_CASE("CIFAR's records") {
    const testing::temporary_directory folder;
    std::vector<unsigned char> bytes(2 * 3073);
    bytes[0] = 7;
    bytes[1] = 255;             // red of the first pixel
    bytes[1 + 1024 + 33] = 51;  // green of row 1, column 1
    bytes[3073] = 2;
    bytes[3073 + 1 + 2 * 1024 + 1023] = 102;  // blue of the last pixel
    const auto one = folder.write("one.bin", bytes);
    const at::dataset data = at::read_cifar10({one, one});
    REQUIRE(data.size() == 4);
    CHECK(data.labels == xt::xtensor<std::int32_t, 1>{7, 2, 7, 2});
    CHECK(data.samples(0, 0, 0, 0) == Approx(1));
    CHECK(data.samples(2, 1, 1, 1) == Approx(0.2));
    CHECK(data.samples(3, 31, 31, 2) == Approx(0.4));
    CHECK(xt::sum(data.samples)() == Approx(2 * 1.6));
    bytes[0] = 10;
    CHECK_THROWS_WITH(at::read_cifar10({folder.write("wrong.bin", bytes)}),
                      Contains("below 10") && Contains("record 0"));
    bytes[0] = 7;
    bytes.pop_back();
    CHECK_THROWS_WITH(at::read_cifar10({folder.write("short.bin", bytes)}),
                      Contains("3072 bytes as record 1"));
    std::vector<unsigned char> fine(3074);
    fine[0] = 19;
    fine[1] = 99;
    const auto path = folder.write("fine.bin", fine);
    CHECK(at::read_cifar100(path).labels(0) == 99);
    CHECK(at::read_cifar100(path, at::cifar100_labels::coarse).labels(0) == 19);
    fine[0] = 20;
    CHECK_THROWS_WITH(at::read_cifar100(folder.write("w.bin", fine)), Contains("below 20"));
    CHECK_THROWS_WITH(at::read_cifar10({folder.write("empty.bin", std::vector<unsigned char>{})}),
                      Contains("0 bytes"));
}

#if ARCHETYPE_HAS_LIBPNG && ARCHETYPE_HAS_LIBJPEG
TEST_CASE("PNG and JPEG have the values that Pillow reads") {
    const testing::temporary_directory folder;
    const auto compare = [](const xt::xtensor<std::uint8_t, 3>& found, std::vector<std::uint8_t> wanted) {
        return std::vector<std::uint8_t>(found.begin(), found.end()) == wanted;
    };
    const auto color = folder.write("c", pictures::png), gray = folder.write("g", pictures::gray_png),
               photo = folder.write("j", pictures::jpeg);
    const auto found = at::read_image(color);
    CHECK(found.shape()[0] == 2);
    CHECK(found.shape()[1] == 3);
    CHECK(compare(found, pictures::png_values));
    CHECK(compare(at::read_image(gray, at::image_channels::gray), pictures::gray_png_values));
    CHECK(at::read_image(gray).shape()[2] == 3);
    CHECK(compare(at::read_image(photo), pictures::jpeg_values));
    // Without alpha, and grey as Pillow's "L".
    const auto clear = folder.write("a", pictures::clear_png);
    CHECK(compare(at::read_image(clear), pictures::clear_png_values));
    CHECK(compare(at::read_image(clear, at::image_channels::gray), pictures::clear_png_grays));
    CHECK(compare(at::read_image(color, at::image_channels::gray), pictures::png_grays));
    CHECK(compare(at::read_image(photo, at::image_channels::gray), pictures::jpeg_grays));
    // Cut at any place a picture is refused, never half read.
    for (std::size_t size = 0; size + 12 < pictures::png.size(); ++size)
        CHECK_THROWS_AS(at::read_image(folder.write("cut", std::span(pictures::png).first(size))),
                        at::file_error);
    for (std::size_t size = 0; size + 2 < pictures::jpeg.size(); size += 7)
        CHECK_THROWS_AS(at::read_image(folder.write("cut", std::span(pictures::jpeg).first(size))),
                        at::file_error);
    CHECK_THROWS_WITH(at::read_image(color, at::image_channels::rgb, {.decompressed_bytes = 17}),
                      Contains("2 x 3 of 3 channels"));
}

TEST_CASE("a folder of pictures") {
    const testing::temporary_directory folder;
    for (const char* name : {"b", "a"}) std::filesystem::create_directory(folder.path() / name);
    folder.write("b/2.png", pictures::png);
    folder.write("b/10.png", pictures::png);
    CHECK_THROWS_WITH(at::read_image_folder(folder.path()), Contains("at least one picture"));
    folder.write("a/1.png", pictures::png);
    const at::image_folder found = at::read_image_folder(folder.path());
    CHECK(found.classes == std::vector<std::string>{"a", "b"});
    CHECK(found.data.labels == xt::xtensor<std::int32_t, 1>{0, 1, 1});
    CHECK(found.files[1].filename() == "10.png");
    CHECK(found.data.samples(2, 1, 2, 0) == Approx(pictures::png_values[15] / 255.0));
    folder.write("a/2.jpg", pictures::jpeg);
    CHECK_THROWS_WITH(at::read_image_folder(folder.path()), Contains("2 x 3") && Contains("2.jpg"));
    folder.write("a/2.jpg", std::vector<unsigned char>{1, 2, 3});
    CHECK_THROWS_WITH(at::read_image_folder(folder.path()), Contains("another file"));
    folder.write("notes.txt", std::vector<unsigned char>{1});
    CHECK_THROWS_WITH(at::read_image_folder(folder.path()), Contains("notes.txt"));
    CHECK_THROWS_AS(at::read_image_folder(folder.path() / "none"), at::file_error);
}
#endif

TEST_CASE("columns of a table as targets") {
    const at::csv_table table{{"a", "b", "c"}, {{1, 2, 3}, {4, 5, 6}}, {}, {}};
    const at::regression_table found = at::split_targets(table, {"c", 0});
    CHECK(found.samples == xt::xtensor<double, 2>{{2}, {5}});
    CHECK(found.targets == xt::xtensor<double, 2>{{3, 1}, {6, 4}});
    CHECK(found.features == std::vector<std::string>{"b"});
    CHECK(found.names == std::vector<std::string>{"c", "a"});
    CHECK_THROWS_WITH(at::split_targets(table, {"d"}), Contains("\"d\"") && Contains("no such one"));
    CHECK_THROWS_WITH(at::split_targets(table, {"a", 0}), Contains("twice"));
    CHECK_THROWS_WITH(at::split_targets(table, {0, 1, 2}), Contains("3 and 0"));
    CHECK_THROWS_WITH(at::split_targets(table, {}), Contains("0 and 3"));
}
