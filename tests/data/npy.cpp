// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/npy.hpp>
#include <catch.hpp>

#include "../temporary_directory.hpp"
#include "npy_references.hpp"

namespace at = archetype;
namespace saved = npy_references;
using Catch::Contains;
using bytes = std::vector<unsigned char>;

namespace {

template <class T, std::size_t Rank>
xt::xtensor<T, Rank> array(const bytes& file) {
    return at::npy_array<T, Rank>(std::as_bytes(std::span(file)), "array");
}

template <class T = float, std::size_t Rank = 2>
std::string error(const bytes& file) {
    try {
        (void)array<T, Rank>(file);
    } catch (const at::file_error& failure) {
        return failure.what();
    }
    return "none";
}

bytes replaced(bytes file, const std::string& from, const std::string& to) {
    std::copy(to.begin(), to.end(), std::search(file.begin(), file.end(), from.begin(), from.end()));
    return file;
}

}  // namespace

TEST_CASE("arrays of NumPy, by element type, byte order and layout") {
    CHECK((array<float, 2>(saved::floats) == xt::xtensor<float, 2>{{1.5f, -2, 3}, {4, 5, 0.25f}}));
    CHECK(array<double, 2>(saved::version_two)(1, 2) == 0.25);
    const auto columns = array<double, 3>(saved::columns);
    REQUIRE(columns.shape() == std::array<std::size_t, 3>{2, 3, 4});
    for (std::size_t i = 0; i < 24; ++i) CHECK(columns.data()[i] == static_cast<double>(i));
    CHECK((array<int, 1>(saved::big_endian) == xt::xtensor<int, 1>{-300, 2, 70000}));
    CHECK((array<float, 1>(saved::bools) == xt::xtensor<float, 1>{1, 0, 1}));
    CHECK((array<std::int64_t, 1>(saved::labels) == xt::xtensor<std::int64_t, 1>{7, 0, 9}));
    CHECK(array<double, 0>(saved::scalar)() == 2.5);
    CHECK(array<float, 2>(saved::empty).shape() == std::array<std::size_t, 2>{0, 5});
    const testing::temporary_directory directory;
    const auto path = directory.write("floats.npy", saved::floats);
    CHECK(at::read_npy<float>(path).dimension() == 2);
    CHECK(at::read_npy<float, 2>(path)(0, 1) == -2);
}

TEST_CASE("arrays that do not fit are errors with what was expected and found") {
    CHECK_THAT(error<float>(saved::columns), Contains("expected rank 2, found rank 3"));
    CHECK_THAT((error<float, 3>(saved::columns)), Contains("wanted type can hold, found type f8"));
    CHECK_THAT((error<std::int32_t, 1>(saved::labels)), Contains("found type i8"));
    CHECK_THAT((error<float, 1>(saved::halves)),
               Contains("expected elements of type f4") && Contains("\"<f2\""));
    CHECK_THAT((error<float, 1>(saved::records)), Contains("structured"));
    CHECK_THAT(error(saved::stored), Contains("zip archive"));
    CHECK_THAT(error({1, 2, 3}), Contains("another kind of file"));
    CHECK_THAT(error(replaced(saved::floats, "fortran", "nartrof")), Contains("key fortran_order"));
    CHECK_THAT(error(replaced(saved::floats, "(2, 3)", "(2, x)")),
               Contains("expected a shape, found \"(2, x)\""));
    CHECK_THAT(error(replaced(saved::floats, "(2, 3)", "(2, 4)")),
               Contains("expected 32 bytes of elements, found 24"));
    CHECK_THAT(error(replaced(saved::floats, "(2, 3), }       ", "(3, 9e9), } ")), Contains("shape"));
    CHECK_THAT(error(replaced(saved::floats, "(2, 3), }                        ",
                              "(4294967296, 4294967296, 4), }   ")),
               Contains("fit in memory"));
    bytes longer = saved::floats;
    longer.push_back(0);
    CHECK_THAT(error(longer), Contains("expected 24 bytes of elements, found 25 bytes"));
    for (std::size_t size = 0; size < saved::floats.size(); ++size)
        CHECK(error(bytes(saved::floats.begin(),
                          saved::floats.begin() + static_cast<std::ptrdiff_t>(size))) != "none");
    CHECK_THROWS_WITH(at::read_npy<float>("no/such.npy"), Contains("no/such.npy: expected a file"));
}
