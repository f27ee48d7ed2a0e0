// SPDX-License-Identifier: BSL-1.0
/// @file sample_reader.hpp
/// Samples that are made when they are needed: read from files, or changed anew in each epoch.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>

#include <array>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample [row][column][channel] and its target: `label` where `target` is empty, else the numbers of `target`.
struct sample {
    std::size_t height = 0, width = 0, channels = 0;
    std::vector<float> values;
    std::int32_t label = 0;
    std::vector<float> target;

    float& at(std::size_t row, std::size_t column, std::size_t channel) {
        return values[(row * width + column) * channels + channel];
    }
    float at(std::size_t row, std::size_t column, std::size_t channel) const {
        return values[(row * width + column) * channels + channel];
    }
};

/// `count` samples of one shape.
struct sample_reader {
    std::size_t count = 0;
    std::array<std::size_t, 3> shape{};  ///< height, width, channels
    std::size_t target_size = 0;         ///< numbers of each target; 0: class numbers
    /// Makes sample `number` of epoch `epoch` (from 1 on), with the given shape. Its result depends on nothing else, and
    /// several threads may call it at once. What it throws reaches the caller of `trainer::fit`.
    std::function<void(std::size_t number, std::size_t epoch, sample& made)> read;
    /// For `losses`: how many numbers of a target belong to each trained output, in their order, `target_size` together. A class
    /// number is one number; empty where there is one target.
    std::vector<std::size_t> target_parts = {};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// @throws std::runtime_error if a reader made something else than it announces
inline void check_read(const sample_reader& reader, const sample& made, std::size_t number) {
    const auto text = [](std::size_t h, std::size_t w, std::size_t c, std::size_t targets) {
        return std::to_string(h) + " x " + std::to_string(w) + " x " + std::to_string(c) + " with " +
               (targets == 0 ? std::string("a class number") : std::to_string(targets) + " target numbers");
    };
    const auto [h, w, c] = reader.shape;
    if (made.height == h && made.width == w && made.channels == c &&
        made.target.size() == reader.target_size && made.values.size() == h * w * c)
        return;
    throw detail::thrown<std::runtime_error>(
        "archetype::sample_reader: expected sample " + std::to_string(number) + " of " +
        text(h, w, c, reader.target_size) + ", found " +
        text(made.height, made.width, made.channels, made.target.size()) + " and " +
        std::to_string(made.values.size()) + " values");
}

/// Sample `number` of those that lie one after the other.
inline void read_row(const float* samples, const std::array<std::size_t, 3>& shape, std::size_t number,
                     sample& to) {
    const std::size_t size = shape[0] * shape[1] * shape[2];
    to.height = shape[0];
    to.width = shape[1];
    to.channels = shape[2];
    to.values.assign(samples + number * size, samples + (number + 1) * size);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads from a dataset, which must outlive the reader. @throws std::invalid_argument without a label for each sample
inline sample_reader reader_of(const dataset& data) {
    if (data.labels.size() != data.size())
        throw detail::thrown<std::invalid_argument>("reader_of: expected as many labels as samples (" +
                                                    std::to_string(data.size()) + "), found " +
                                                    std::to_string(data.labels.size()));
    const auto& shape = data.samples.shape();
    return {data.size(),
            {shape[1], shape[2], shape[3]},
            0,
            [&data](std::size_t number, std::size_t, sample& made) {
                const auto& extents = data.samples.shape();
                detail::read_row(data.samples.data(), {extents[1], extents[2], extents[3]}, number, made);
                made.label = data.labels(number);
                made.target.clear();
            }};
}

/// Reads samples and targets that are numbers; both are kept. @throws std::invalid_argument if their counts differ
inline sample_reader reader_of(xt::xtensor<float, 4> samples, xt::xtensor<float, 2> targets) {
    if (samples.shape()[0] != targets.shape()[0] || targets.shape()[1] == 0)
        throw detail::thrown<std::invalid_argument>(
            "reader_of: expected " + std::to_string(samples.shape()[0]) +
            " targets of at least one number, found " + std::to_string(targets.shape()[0]) + " of " +
            std::to_string(targets.shape()[1]));
    struct tensors {
        xt::xtensor<float, 4> samples;
        xt::xtensor<float, 2> targets;
    };
    const auto kept = std::make_shared<const tensors>(tensors{std::move(samples), std::move(targets)});
    const auto& shape = kept->samples.shape();
    return {shape[0],
            {shape[1], shape[2], shape[3]},
            kept->targets.shape()[1],
            [kept, each = kept->targets.shape()[1]](std::size_t number, std::size_t, sample& made) {
                const auto& extents = kept->samples.shape();
                detail::read_row(kept->samples.data(), {extents[1], extents[2], extents[3]}, number, made);
                made.target.assign(kept->targets.data() + number * each,
                                   kept->targets.data() + (number + 1) * each);
            }};
}

/// Reads samples and the targets of several outputs, for `losses`: tensors, batch axis first, of class numbers (integers) or
/// of numbers. All are kept. @throws std::invalid_argument if their counts differ, or for class numbers beyond 2^24
template <class... Targets>
sample_reader reader_of(xt::xtensor<float, 4> samples, const std::tuple<Targets...>& targets) {
    struct tensors {
        xt::xtensor<float, 4> samples;
        std::vector<float> targets;
    };
    const std::size_t count = samples.shape()[0];
    sample_reader made;
    const auto measure = [&](const auto& of_output) {
        const bool fits = of_output.dimension() != 0 && of_output.shape()[0] == count;
        if (count == 0 || !fits || of_output.size() == 0)
            throw detail::thrown<std::invalid_argument>(
                "reader_of: expected " + std::to_string(count) + " targets of output " +
                std::to_string(made.target_parts.size() + 1) + " of at least one number, found " +
                std::to_string(of_output.dimension() == 0 ? 0 : of_output.shape()[0]));
        made.target_parts.push_back(of_output.size() / count);
        made.target_size += made.target_parts.back();
    };
    std::apply([&](const auto&... each) { (measure(each), ...); }, targets);
    std::vector<float> rows(count * made.target_size);
    std::size_t column = 0, output = 0;
    const auto copy = [&](const auto& of_output) {
        using number = typename std::remove_cvref_t<decltype(of_output)>::value_type;
        const xt::xarray<number> from = of_output;
        const std::size_t each = made.target_parts[output++];
        for (std::size_t n = 0; n < count; ++n)
            for (std::size_t i = 0; i < each; ++i) {
                const number x = from.data()[n * each + i];
                // Up to there a float tells whole numbers apart.
                if (std::is_integral_v<number> && (x < number(0) ? x < -16777216 : x > 16777216))
                    throw detail::thrown<std::invalid_argument>(
                        "reader_of: expected class numbers up to 16777216, found " + std::to_string(x));
                rows[n * made.target_size + column + i] = static_cast<float>(x);
            }
        column += each;
    };
    std::apply([&](const auto&... each) { (copy(each), ...); }, targets);
    const auto kept = std::make_shared<const tensors>(tensors{std::move(samples), std::move(rows)});
    made.count = count;
    made.shape = {kept->samples.shape()[1], kept->samples.shape()[2], kept->samples.shape()[3]};
    made.read = [kept, shape = made.shape, each = made.target_size](std::size_t number, std::size_t,
                                                                    sample& to) {
        detail::read_row(kept->samples.data(), shape, number, to);
        to.target.assign(kept->targets.data() + number * each, kept->targets.data() + (number + 1) * each);
    };
    return made;
}

/// All samples of one epoch, as a dataset. @throws std::invalid_argument if targets are no class numbers; what the reader throws
inline dataset read_all(const sample_reader& reader, std::size_t epoch = 1) {
    if (reader.target_size != 0)
        throw detail::thrown<std::invalid_argument>("read_all: expected class numbers as targets, found " +
                                                    std::to_string(reader.target_size) + " numbers each");
    const auto [height, width, channels] = reader.shape;
    dataset all{xt::xtensor<float, 4>::from_shape({reader.count, height, width, channels}),
                xt::xtensor<std::int32_t, 1>::from_shape({reader.count})};
    sample made;
    for (std::size_t n = 0; n < reader.count; ++n) {
        reader.read(n, epoch, made);
        detail::check_read(reader, made, n);
        std::copy(made.values.begin(), made.values.end(), all.samples.data() + n * made.values.size());
        all.labels(n) = made.label;
    }
    return all;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
