// SPDX-License-Identifier: BSL-1.0
/// @file dataset.hpp
/// Labelled samples for training a classifier.
#pragma once
#include <algorithm>
#include <archetype/error.hpp>
#include <archetype/instruction_set.hpp>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Samples [sample][row][column][channel] and one class number per sample.
struct dataset {
    xt::xtensor<float, 4> samples;
    xt::xtensor<std::int32_t, 1> labels;

    std::size_t size() const { return samples.shape()[0]; }
    bool empty() const { return size() == 0; }

    /// A copy of samples `first` to `last - 1`. @throws std::out_of_range
    dataset slice(std::size_t first, std::size_t last) const {
        if (first > last || last > size())
            throw detail::thrown<std::out_of_range>("dataset::slice: expected a range within " +
                                                    std::to_string(size()) + " samples, found " +
                                                    std::to_string(first) + " to " + std::to_string(last));
        std::vector<std::size_t> order(last - first);
        std::iota(order.begin(), order.end(), first);
        return select(order);
    }

    /// A copy of the samples with these numbers, in this order. @throws std::out_of_range
    dataset select(std::span<const std::size_t> order) const {
        auto shape = samples.shape();
        shape[0] = order.size();
        dataset result{xt::xtensor<float, 4>::from_shape(shape),
                       xt::xtensor<std::int32_t, 1>::from_shape({order.size()})};
        const std::size_t features = shape[1] * shape[2] * shape[3];
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (order[i] >= size())
                throw detail::thrown<std::out_of_range>("dataset::select: expected a sample below " +
                                                        std::to_string(size()) + ", found " +
                                                        std::to_string(order[i]));
            std::copy_n(samples.data() + order[i] * features, features, result.samples.data() + i * features);
            result.labels(i) = labels(order[i]);
        }
        return result;
    }
};

/// Checks that there is one label per sample and that all are from 0 to `classes - 1`.
/// @throws std::invalid_argument with what was expected and found
inline void check(const dataset& data, std::size_t classes) {
    if (data.labels.size() != data.size())
        throw detail::thrown<std::invalid_argument>("dataset: expected as many labels as samples (" +
                                                    std::to_string(data.size()) + "), found " +
                                                    std::to_string(data.labels.size()));
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (data.labels(i) < 0 || static_cast<std::size_t>(data.labels(i)) >= classes)
            throw detail::thrown<std::invalid_argument>(
                "dataset: expected labels from 0 to " + std::to_string(classes) + " (exclusive), found " +
                std::to_string(data.labels(i)) + " at sample " + std::to_string(i));
}

/// The numbers 0 to `count - 1` in an order that depends only on the seed, on every platform.
inline std::vector<std::size_t> shuffled_order(std::size_t count, std::uint64_t seed) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random(seed);
    for (std::size_t i = count; i > 1; --i) {
        // The remainder is biased by less than count / 2^64; the standard's distributions differ between
        // libraries.
        const auto other = static_cast<std::size_t>(random() % i);
        std::swap(order[i - 1], order[other]);
    }
    return order;
}

/// Splits at random into a part of `count` samples and the rest: {part, rest}. @throws std::out_of_range
inline std::pair<dataset, dataset> random_split(const dataset& data, std::size_t count, std::uint64_t seed) {
    if (count > data.size())
        throw detail::thrown<std::out_of_range>("random_split: expected at most " +
                                                std::to_string(data.size()) + " samples, found " +
                                                std::to_string(count));
    const std::vector<std::size_t> order = shuffled_order(data.size(), seed);
    const std::span all(order);
    return {data.select(all.first(count)), data.select(all.subspan(count))};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
