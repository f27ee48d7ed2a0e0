// SPDX-License-Identifier: BSL-1.0
/// @file split.hpp
/// Parts of a set for training, validation and test, and the folds of cross-validation.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What `train_validation_test_split` makes.
struct data_parts {
    dataset train, validation, test;
};

/// Splits at random into three parts: each share is rounded to a number of samples, the rest is for training.
/// @throws std::invalid_argument if a share is not between 0 and 1, or both together are more than 1
inline data_parts train_validation_test_split(const dataset& data, double validation_share, double test_share,
                                              std::uint64_t seed) {
    const auto refuse = [](const char* what, double found) {
        throw detail::thrown<std::invalid_argument>(std::string("train_validation_test_split: expected ") +
                                                    what + " between 0 and 1, found " +
                                                    std::to_string(found));
    };
    if (!(validation_share >= 0 && validation_share <= 1)) refuse("validation_share", validation_share);
    if (!(test_share >= 0 && test_share <= 1)) refuse("test_share", test_share);
    if (const double sum = validation_share + test_share; sum > 1 + 1e-9) refuse("the sum of shares", sum);
    const auto count = static_cast<double>(data.size());
    const auto validation = static_cast<std::size_t>(std::lround(validation_share * count));
    const std::size_t test =
        std::min(static_cast<std::size_t>(std::lround(test_share * count)), data.size() - validation);
    const std::vector<std::size_t> order = shuffled_order(data.size(), seed);
    const std::span all(order);
    return {data.select(all.subspan(validation + test)), data.select(all.first(validation)),
            data.select(all.subspan(validation, test))};
}

/// Numbers of the samples that one round of cross-validation trains on and is judged by.
struct fold {
    std::vector<std::size_t> train, validation;
};

/// `k` folds of `count` samples in an order that the seed decides: every sample is in the validation part of exactly one,
/// and in the training part of all others. Sizes differ by one at most, the larger come first.
/// @throws std::invalid_argument if k is below 2 or above `count`
inline std::vector<fold> k_fold(std::size_t count, std::size_t k, std::uint64_t seed) {
    if (k < 2 || k > count)
        throw detail::thrown<std::invalid_argument>("k_fold: expected k from 2 to the number of samples (" +
                                                    std::to_string(count) + "), found " + std::to_string(k));
    const std::vector<std::size_t> order = shuffled_order(count, seed);
    std::vector<fold> folds(k);
    std::size_t first = 0;
    for (std::size_t i = 0; i < k; ++i) {
        const std::size_t last = first + count / k + (i < count % k ? 1 : 0);
        for (std::size_t n = 0; n < count; ++n)
            (n >= first && n < last ? folds[i].validation : folds[i].train).push_back(order[n]);
        first = last;
    }
    return folds;
}

/// Calls `score(train, validation)` for the k folds of a dataset, and returns what it returned.
/// @throws as `k_fold`
template <class Score>
std::vector<double> cross_validate(const dataset& data, std::size_t k, std::uint64_t seed, Score&& score) {
    std::vector<double> scores;
    for (const fold& part : k_fold(data.size(), k, seed))
        scores.push_back(score(data.select(part.train), data.select(part.validation)));
    return scores;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
