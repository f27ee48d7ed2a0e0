// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/npz.hpp>
#include <catch.hpp>

#include "../temporary_directory.hpp"
#include "npy_references.hpp"

namespace at = archetype;
namespace saved = npy_references;
using Catch::Contains;
using bytes = std::vector<unsigned char>;

#if ARCHETYPE_HAS_LIBZIP
TEST_CASE("archives of NumPy, stored and compressed") {
    const testing::temporary_directory directory;
    for (const bytes* archive : {&saved::stored, &saved::compressed}) {
        const at::npz_file file(directory.write("arrays.npz", *archive));
        CHECK(file.names() == std::vector<std::string>{"weights", "labels"});
        CHECK((file.read<float, 2>("weights") == xt::xtensor<float, 2>{{1.5f, -2, 3}, {4, 5, 0.25f}}));
        CHECK(file.read<std::int64_t>("labels")(2) == 9);
        CHECK_THROWS_WITH((file.read<float, 1>("weights")),
                          Contains("arrays.npz: weights: expected rank 1, found rank 2"));
        CHECK_THROWS_WITH(file.read<float>("bias"),
                          Contains("expected an array bias, found only weights, labels"));
    }
}

TEST_CASE("damaged archives are errors") {
    const testing::temporary_directory directory;
    CHECK_THROWS_WITH(at::npz_file(directory.path() / "none.npz"), Contains("zip archive"));
    CHECK_THROWS_WITH(at::npz_file(directory.write("text.npz", bytes(100, 'a'))), Contains("zip archive"));
    const bytes& good = saved::stored;
    CHECK_THROWS_AS(at::npz_file(directory.write("short.npz", std::span(good).first(good.size() - 30))),
                    at::file_error);
    bytes wrong = good;  // a bit of the first array: its checksum does not fit
    wrong[200] ^= 1;
    CHECK_THROWS_WITH(at::npz_file(directory.write("wrong.npz", wrong)).read<float>("weights"),
                      Contains("weights: expected an array that can be read") && Contains("CRC"));
}
#else
TEST_CASE("without libzip archives are an error that says so") {
    CHECK_THROWS_WITH(at::npz_file("arrays.npz"), Contains("libzip"));
}
#endif
