// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/dataset.hpp>
#include <catch.hpp>
#include <set>

namespace at = archetype;
using Catch::Contains;

namespace {
at::dataset numbered(std::size_t count) {
    at::dataset data{xt::xtensor<float, 4>::from_shape({count, 1, 2, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t i = 0; i < count; ++i) {
        data.samples(i, 0, 0, 0) = static_cast<float>(i);
        data.samples(i, 0, 1, 0) = -static_cast<float>(i);
        data.labels(i) = static_cast<std::int32_t>(i);
    }
    return data;
}
}  // namespace

TEST_CASE("dataset parts keep samples with their labels") {
    const at::dataset data = numbered(10);
    const at::dataset middle = data.slice(3, 6);
    REQUIRE(middle.size() == 3);
    CHECK(middle.samples(0, 0, 1, 0) == -3.0f);
    CHECK(middle.labels(2) == 5);
    CHECK(data.slice(4, 4).empty());
    CHECK_THROWS_AS(data.slice(8, 11), std::out_of_range);
    CHECK_THROWS_AS(data.select(std::vector<std::size_t>{10}), std::out_of_range);

    const auto [part, rest] = random_split(data, 7, 1);
    REQUIRE(part.size() == 7);
    REQUIRE(rest.size() == 3);
    std::set<int> seen;
    for (const at::dataset* half : {&part, &rest})
        for (std::size_t i = 0; i < half->size(); ++i) {
            CHECK(half->samples(i, 0, 0, 0) == static_cast<float>(half->labels(i)));
            seen.insert(half->labels(i));
        }
    CHECK(seen.size() == 10);
    CHECK_THROWS_AS(random_split(data, 11, 1), std::out_of_range);
}

TEST_CASE("shuffled_order is a permutation fixed by the seed") {
    const auto order = at::shuffled_order(100, 7);
    CHECK(order == at::shuffled_order(100, 7));
    CHECK(order != at::shuffled_order(100, 8));
    CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == 100);
    CHECK(*std::max_element(order.begin(), order.end()) == 99);
    CHECK(at::shuffled_order(0, 1).empty());
}

TEST_CASE("check finds labels that do not fit") {
    at::dataset data = numbered(4);
    check(data, 4);
    CHECK_THROWS_WITH(check(data, 3), Contains("found 3 at sample 3"));
    data.labels(1) = -1;
    CHECK_THROWS_WITH(check(data, 4), Contains("found -1 at sample 1"));
    data.labels = xt::xtensor<std::int32_t, 1>::from_shape({3});
    CHECK_THROWS_WITH(check(data, 4), Contains("(4), found 3"));
}
