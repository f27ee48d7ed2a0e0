// SPDX-License-Identifier: BSL-1.0
/// @file read_outputs.hpp
/// Targets of several outputs that are read: each sample has a row of numbers, output by output.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/error.hpp>
#include <archetype/training/evaluation.hpp>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Of the data of a network with a loss for each output.
template <class Data>
struct reads_outputs {
    static std::size_t row_size(const std::vector<std::size_t>& parts) {
        std::size_t size = 0;
        for (const std::size_t part : parts) size += part;
        return size;
    }
    /// Whether output `K` reads class numbers, if a reader has so many numbers for it.
    template <std::size_t K>
    static constexpr bool are_read_as_classes(std::size_t part) {
        return judges_pixels<typename Data::template loss_at<K>> && part == Data::template pixels_at<K> &&
               part != Data::template shape_at<K>.size();
    }
    /// @throws shape_error, std::invalid_argument
    template <class Losses>
    static void check_reader(const Losses& all, const read_data& found, const char* role) {
        Data::check_read_samples(found, role);
        const std::vector<std::size_t>& parts = found.target_parts;
        if (parts.size() != Data::trained)
            throw shape_error(Data::who() + ": expected " + role + "targets of " +
                              std::to_string(Data::trained) + " outputs, found a reader of " +
                              std::to_string(parts.empty() ? 1 : parts.size()) + " (see target_parts)");
        Data::for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const std::size_t part = parts[Data::position(K)];
            const bool are_classes = are_read_as_classes<K>(part);
            const auto refuse = [&](const std::string& expected) {
                throw shape_error(Data::who() + ": expected " + role + "targets of output " +
                                  std::to_string(K + 1) + " of " + expected + ", found a reader of " +
                                  std::to_string(part));
            };
            static_assert(!has_own_targets<typename Data::template loss_at<K>>,
                          "archetype::trainer: the targets of a sample_reader are class numbers or of the "
                          "result's shape");
            if (!are_classes && part != Data::template shape_at<K>.size())
                refuse(std::to_string(Data::template shape_at<K>.size()) + " numbers" +
                       (are_read_as_classes<K>(Data::template pixels_at<K>)
                            ? " or " + std::to_string(Data::template pixels_at<K>) + " for classes"
                            : std::string()));
            if (!are_classes && ignored_class(std::get<K>(all.of_outputs)))
                refuse("class numbers, as ignore_class is one of them");
        });
        if (const std::size_t sum = row_size(parts); sum != found.target_size)
            throw shape_error(Data::who() + ": expected a reader of " + std::to_string(sum) +
                              " target numbers, the sum of its target_parts, found one of " +
                              std::to_string(found.target_size));
    }
    /// A batch that was read. @throws std::invalid_argument
    template <class Losses>
    static void check_read(const Losses& all, const std::vector<float>& samples,
                           const std::vector<float>& targets, const std::vector<std::size_t>& parts,
                           const char* role) {
        const std::string name = Data::who().substr(std::string("archetype::").size());
        check_finite(samples.data(), samples.size(), name, std::string(role) + "samples of a batch");
        check_finite(targets.data(), targets.size(), name, std::string(role) + "targets of a batch");
        const std::size_t each = row_size(parts);
        std::size_t first = 0;
        const std::size_t size = targets.size() / each;
        Data::for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const std::size_t part = parts[Data::position(K)];
            for (std::size_t i = 0; i < (are_read_as_classes<K>(part) ? size * part : 0); ++i)
                if (const float x = targets[i / part * each + first + i % part];
                    x != std::trunc(x) ||
                    std::abs(x) > 16777216)  // up to there floats are whole numbers apart
                    throw detail::thrown<std::invalid_argument>(
                        Data::who() + ": expected " + role + "class numbers as targets of output " +
                        std::to_string(K + 1) + ", found " + detail::number_text(x));
            first += part;
        });
        typename Data::target_store store;
        const auto views = parts_of_read(targets, parts, size, store);
        Data::for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const auto& loss = std::get<K>(all.of_outputs);
            const std::size_t count = size * parts[Data::position(K)];
            if (views[K].classes == nullptr) {
                check_target_values(loss, store[K].values.data(), count, Data::template channels_at<K>,
                                    name.c_str());
            } else {
                store[K].classes.resize(count);  // without what kernels may read past the end
                check_class_numbers(store[K].classes, Data::template channels_at<K>, name.c_str(),
                                    ignored_class(loss));
            }
        });
    }
    /// The targets of `size` samples, each row of which has all outputs' numbers, output by output.
    template <class Store>
    static auto parts_of_read(const std::vector<float>& targets, const std::vector<std::size_t>& parts,
                              std::size_t size, Store& store) {
        const std::size_t each = row_size(parts);
        std::size_t first = 0;
        typename Data::targets_type views;
        Data::for_outputs([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            const std::size_t part = parts[Data::position(K)];
            const auto copy = [&](auto& to) {
                using number = typename std::remove_cvref_t<decltype(to)>::value_type;
                to.resize(size * part + read_slack);  // kernels may read past the end
                for (std::size_t n = 0; n < size; ++n)
                    for (std::size_t i = 0; i < part; ++i)
                        to[n * part + i] = static_cast<number>(targets[n * each + first + i]);
            };
            if (are_read_as_classes<K>(part))
                copy(store[K].classes);
            else
                copy(store[K].values);
            views[K] = store[K].view();
            first += part;
        });
        return views;
    }
    /// `take` gets `evaluations`.
    template <class Net, class T, class Losses, class Take, class By = judged_here>
    static void judge_read(model<Net, T>& net, const Losses& all, const read_data& data, const char* role,
                           const Take& take, By by = {}) {
        auto found = Data::nothing_judged([](std::size_t) { return false; });
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            const bool has_classes[] = {
                Data::has_loss[K] &&
                are_read_as_classes<K>(Data::has_loss[K] ? data.target_parts[Data::position(K)] : 0)...};
            found = Data::nothing_judged([&](std::size_t k) { return has_classes[k]; });
        }
        (std::make_index_sequence<Data::outputs>{});
        std::array<std::vector<T>, Data::outputs> results;
        data.for_batches(
            judged_at_once, [&](std::size_t chunk, std::size_t chunks) { return by.has(chunk, chunks); },
            [&](const std::vector<float>& samples, const std::vector<std::int32_t>&,
                const std::vector<float>& targets, std::size_t size) {
                check_read(all, samples, targets, data.target_parts, role);
                if constexpr (Data::input_count == 1) {
                    typename Data::target_store store;
                    std::vector<T> converted(samples.begin(), samples.end());
                    converted.resize(samples.size() + read_slack);
                    Data::judge_chunk(net, all, {converted.data()}, size,
                                      parts_of_read(targets, data.target_parts, size, store),
                                      Data::counting(found), by, results);
                }
            });
        double each[Data::outputs]{};
        found.loss = Data::sum_up(all, by, data.count, each);
        Data::finish(found, each, by);
        take(found);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
