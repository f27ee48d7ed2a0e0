// SPDX-License-Identifier: BSL-1.0
// Arrays that stay in their files.
#include <archetype/data/mapped_array.hpp>
#include <catch.hpp>
#include <cstdint>
#include <fstream>
#include <string>
#include <temporary_directory.hpp>

namespace at = archetype;
using Catch::Contains;

namespace {

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}
/// As NumPy writes it: elements begin at a multiple of 64 bytes.
std::string npy(const std::string& type, const std::string& shape, const std::string& order,
                const std::string& elements) {
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
    header.resize(117, ' ');
    return std::string("\x93NUMPY\x01\0v\0", 10) + header + "\n" + elements;
}

}  // namespace

TEST_CASE("arrays of files are there without being read") {
    const testing::temporary_directory folder;
    const float numbers[] = {1.5f, -2, 3, 4, 5, 6};
    const std::string elements(reinterpret_cast<const char*>(numbers), sizeof numbers);
    write(folder.path() / "a.npy", npy("<f4", "(2, 3)", "False", elements));
    at::mapped_array<float> array(folder.path() / "a.npy");
    CHECK(array.shape() == std::vector<std::size_t>{2, 3});
    CHECK(array.size() == 6);
    CHECK(std::equal(numbers, numbers + 6, array.data()));
    const at::mapped_array<float> moved(std::move(array));
    CHECK(moved.data()[1] == -2);

    write(folder.path() / "a.idx", std::string("\0\0\x08\x01\0\0\0\x03", 8) + "abc");
    CHECK(at::mapped_array<std::uint8_t>(folder.path() / "a.idx").data()[2] == 'c');

    const auto refuses = [&](const std::string& bytes, const std::string& text) {
        write(folder.path() / "bad", bytes);
        CHECK_THROWS_WITH(at::mapped_array<float>(folder.path() / "bad"), Contains(text));
    };
    refuses(npy("<f8", "(3,)", "False", elements), "expected elements of type f4, found f8");
    refuses(npy(">f4", "(6,)", "False", elements), "found the other order");
    refuses(npy("<f4", "(2, 3)", "True", elements), "expected elements row by row, found column by column");
    refuses(npy("<f4", "(7,)", "False", elements), "bad: expected ");
    refuses("PNG", "bad: expected ");
    refuses("", "an empty file");
    CHECK_THROWS_WITH(at::mapped_array<float>(folder.path() / "none"), Contains("No such file"));
}
