// SPDX-License-Identifier: BSL-1.0
#include <archetype/data/batches.hpp>
#include <archetype/data/split.hpp>
#include <catch.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace at = archetype;
using Catch::Contains;

namespace {
at::dataset numbered(std::size_t count) {
    at::dataset data{xt::xtensor<float, 4>::from_shape({count, 1, 1, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t i = 0; i < count; ++i) {
        data.samples(i, 0, 0, 0) = static_cast<float>(i);
        data.labels(i) = static_cast<std::int32_t>(i);
    }
    return data;
}
}  // namespace

TEST_CASE("three parts hold every sample once, by seed") {
    const at::dataset data = numbered(101);
    const at::data_parts parts = at::train_validation_test_split(data, 0.2, 0.1, 3);
    CHECK(parts.validation.size() == 20);
    CHECK(parts.test.size() == 10);
    CHECK(parts.train.size() == 71);
    std::multiset<int> seen;
    for (const at::dataset* part : {&parts.train, &parts.validation, &parts.test})
        seen.insert(part->labels.begin(), part->labels.end());
    CHECK(seen.size() == 101);
    CHECK(std::set<int>(seen.begin(), seen.end()).size() == 101);
    CHECK(parts.test.labels == at::train_validation_test_split(data, 0.2, 0.1, 3).test.labels);
    CHECK(parts.test.labels != at::train_validation_test_split(data, 0.2, 0.1, 4).test.labels);
    CHECK(at::train_validation_test_split(data, 0.5, 0.5, 1).train.empty());
    CHECK(at::train_validation_test_split(data, 0, 0, 1).train.size() == 101);
    CHECK_THROWS_WITH(at::train_validation_test_split(data, -0.1, 0, 1),
                      Contains("validation_share") && Contains("found -0.1"));
    CHECK_THROWS_WITH(at::train_validation_test_split(data, 0.1, std::numeric_limits<double>::quiet_NaN(), 1),
                      Contains("test_share") && Contains("found nan"));
    CHECK_THROWS_WITH(at::train_validation_test_split(data, 0.7, 0.7, 1),
                      Contains("sum of shares") && Contains("found 1.4"));
}

TEST_CASE("k-fold validates every sample exactly once") {
    for (const auto& [count, k] : {std::pair<std::size_t, std::size_t>{10, 3}, {12, 4}, {7, 7}, {2, 2}}) {
        const std::vector<at::fold> folds = at::k_fold(count, k, 5);
        REQUIRE(folds.size() == k);
        std::vector<int> validated(count);
        for (const at::fold& part : folds) {
            CHECK(part.validation.size() + part.train.size() == count);
            CHECK(part.validation.size() - count / k <= 1);
            std::set<std::size_t> all(part.train.begin(), part.train.end());
            for (const std::size_t n : part.validation) {
                ++validated[n];
                CHECK(all.insert(n).second);
            }
            CHECK(all.size() == count);
        }
        CHECK(std::count(validated.begin(), validated.end(), 1) == static_cast<std::ptrdiff_t>(count));
    }
    CHECK(at::k_fold(10, 5, 1)[0].validation == at::k_fold(10, 5, 1)[0].validation);
    CHECK(at::k_fold(10, 5, 1)[0].validation != at::k_fold(10, 5, 2)[0].validation);
    CHECK_THROWS_WITH(at::k_fold(5, 6, 1), "k_fold: expected k from 2 to the number of samples (5), found 6");
    CHECK_THROWS_WITH(at::k_fold(5, 1, 1), Contains("found 1"));
    CHECK_THROWS_WITH(at::k_fold(0, 2, 1), Contains("(0)"));
}

TEST_CASE("cross_validate gives each fold to a function") {
    int labels = 0;
    const auto scores =
        at::cross_validate(numbered(9), 3, 1, [&](const at::dataset& train, const at::dataset& held_out) {
            for (int label : held_out.labels) labels += label;
            return static_cast<double>(train.size());
        });
    CHECK(scores == std::vector<double>{6, 6, 6});
    CHECK(labels == 36);
}

TEST_CASE("mini-batches hold every sample once, the last may be smaller") {
    const at::mini_batches batches(10, 4, 7);
    CHECK(batches.size() == 3);
    std::vector<std::size_t> sizes, all;
    for (const std::span<const std::size_t> batch : batches) {
        sizes.push_back(batch.size());
        all.insert(all.end(), batch.begin(), batch.end());
    }
    CHECK(sizes == std::vector<std::size_t>{4, 4, 2});
    CHECK(all == at::shuffled_order(10, 7));
    CHECK(at::mini_batches(0, 4, 7).begin() == at::mini_batches(0, 4, 7).end());
    CHECK_THROWS_WITH(at::mini_batches(10, 0, 7), Contains("found 0"));
}
