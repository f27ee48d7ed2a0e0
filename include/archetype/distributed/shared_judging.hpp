// SPDX-License-Identifier: BSL-1.0
/// @file shared_judging.hpp
/// A dataset that several processes judge together, with the loss of one.
#pragma once
#include <archetype/distributed/process_group.hpp>
#include <archetype/distributed/shards.hpp>
#include <archetype/training/metrics.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Each rank judges some chunks; their losses are added in the order of the dataset everywhere.
class judged_by_ranks {
public:
    explicit judged_by_ranks(const process_group& group) : group_(&group) {}
    bool has(std::size_t chunk, std::size_t chunks) const {
        const part_range own = piece_of(chunks, group_->rank(), group_->world_size());
        return own.first <= chunk && chunk < own.last;
    }
    void add(double loss) { own_.push_back(loss); }
    /// Everybody calls it.
    std::vector<double> all() const { return all_of(own_); }
    /// Of the counts of all. Everybody calls it.
    double accuracy(const confusion_matrix& own) const {
        std::uint64_t right = 0, all = 0;
        for (std::size_t i = 0; i < own.classes(); ++i)
            for (std::size_t j = 0; j < own.classes(); ++j) {
                all += own(i, j);
                if (i == j) right += own(i, j);
            }
        const std::vector<std::uint64_t> counts = all_of(std::vector<std::uint64_t>{right, all});
        right = all = 0;
        for (std::size_t i = 0; i < counts.size(); i += 2) {
            right += counts[i];
            all += counts[i + 1];
        }
        return static_cast<double>(right) / static_cast<double>(all);
    }

private:
    /// The numbers of all ranks, by rank.
    template <class Number>
    std::vector<Number> all_of(const std::vector<Number>& own) const {
        const char* const bytes = reinterpret_cast<const char*>(own.data());
        std::string together;
        for (const std::string& text :
             group_->gather(std::string(bytes, bytes + own.size() * sizeof(Number))))
            together += text;
        std::vector<Number> all(together.size() / sizeof(Number));
        if (!all.empty()) std::memcpy(all.data(), together.data(), together.size());
        return all;
    }

    const process_group* group_;
    std::vector<double> own_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
