// SPDX-License-Identifier: BSL-1.0
/// @file batches.hpp
/// Mini-batches of an epoch, for loops of one's own; `trainer::fit` makes the same.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/error.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The numbers 0 to `count - 1` in groups of `batch`; the last group may be smaller. A range of
/// `std::span<const std::size_t>`, valid as long as the object:
///
///     for (std::span<const std::size_t> batch : at::mini_batches{data.size(), 32, seed}) use(data.select(batch));
class mini_batches {
public:
    /// In the order of `shuffled_order(count, seed)`. @throws std::invalid_argument if batch is 0
    mini_batches(std::size_t count, std::size_t batch, std::uint64_t seed)
        : order_(shuffled_order(count, seed)), batch_(batch) {
        if (batch == 0)
            throw detail::thrown<std::invalid_argument>(
                "mini_batches: expected batch of at least 1, found 0");
    }

    class iterator {
    public:
        using value_type = std::span<const std::size_t>;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        iterator() = default;
        value_type operator*() const { return rest_.first(std::min(batch_, rest_.size())); }
        iterator& operator++() {
            rest_ = rest_.subspan(std::min(batch_, rest_.size()));
            return *this;
        }
        iterator operator++(int) {
            const iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const iterator& other) const { return rest_.size() == other.rest_.size(); }

    private:
        friend class mini_batches;
        iterator(std::span<const std::size_t> rest, std::size_t batch) : rest_(rest), batch_(batch) {}
        std::span<const std::size_t> rest_;
        std::size_t batch_ = 1;
    };

    iterator begin() const { return {order_, batch_}; }
    iterator end() const { return {{}, batch_}; }
    /// Number of batches.
    std::size_t size() const { return (order_.size() + batch_ - 1) / batch_; }

private:
    std::vector<std::size_t> order_;
    std::size_t batch_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
