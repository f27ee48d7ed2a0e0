// SPDX-License-Identifier: BSL-1.0
/// @file over_ranks.hpp
/// A search whose candidates go to ranks as these get free.
#pragma once
#include <archetype/distributed/process_group.hpp>
#include <archetype/error.hpp>
#include <archetype/training/search.hpp>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers below `count`, each to the rank that asks next. Rank 0's main thread answers while another one works, as MPI is
/// called by main threads only.
template <class Work>
void for_each_on_ranks(const process_group& group, std::size_t count, const Work& work) {
    constexpr int tag = 1;
    MPI_Comm all = group.communicator();
    std::uint64_t number = 0;
    if (!group.is_first()) {
        while (true) {
            MPI_Sendrecv(&number, 1, MPI_UINT64_T, 0, tag, &number, 1, MPI_UINT64_T, 0, tag, all,
                         MPI_STATUS_IGNORE);
            if (number >= count) return;
            work(static_cast<std::size_t>(number));
        }
    }
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> is_done = false;
    joining_threads own;
    own.emplace_back([&] {
        for (std::size_t i = next++; i < count; i = next++) work(i);
        is_done = true;
    });
    std::size_t others = group.world_size() - 1;
    while (others != 0) {
        int is_asked = 0;
        MPI_Status status;
        MPI_Iprobe(MPI_ANY_SOURCE, tag, all, &is_asked, &status);
        if (is_asked == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            continue;
        }
        MPI_Recv(&number, 1, MPI_UINT64_T, status.MPI_SOURCE, tag, all, MPI_STATUS_IGNORE);
        number = next++;
        if (number >= count) --others;
        MPI_Send(&number, 1, MPI_UINT64_T, status.MPI_SOURCE, tag, all);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// For `search_options::spread`: every rank calls `search` or `search_architectures` with the same candidates and options, each
/// candidate is judged by the rank that is free next, and all get all results, those of a search by one process. An exception
/// of the objective, of the first candidate with one, is thrown on all ranks as std::runtime_error when the others are judged.
/// Rank 0 judges on a thread of its own. Refers to `group`.
inline decltype(search_options::spread) over_ranks(const process_group& group) {
    return [&group](std::span<double> scores, const std::function<double(std::size_t)>& score) {
        const std::vector<std::string> counts = group.gather(std::to_string(scores.size()));
        for (std::size_t r = 1; r < counts.size(); ++r)
            if (counts[r] != counts[0])
                throw detail::thrown<std::invalid_argument>("search: expected the " + counts[0] +
                                                            " runs of rank 0 on every rank, found " +
                                                            counts[r] + " on rank " + std::to_string(r));
        std::vector<std::uint64_t> judged;
        std::vector<double> found;
        std::size_t failed = std::numeric_limits<std::size_t>::max();
        std::string failure;
        detail::for_each_on_ranks(group, scores.size(), [&](std::size_t i) {
            try {
                found.push_back(score(i));
                judged.push_back(i);
            } catch (const std::exception& error) {
                if (failed < i) return;
                failed = i;
                failure = error.what();
            }
        });
        const auto bytes = [](const auto& of) {
            return std::string(reinterpret_cast<const char*>(of.data()), of.size() * sizeof(of[0]));
        };
        const auto numbers = group.gather(bytes(judged)), results = group.gather(bytes(found));
        const auto errors = group.gather(failure.empty() ? "" : std::to_string(failed) + " " + failure);
        for (const std::string& error : errors)
            if (!error.empty() && std::stoull(error) <= failed) {
                failed = static_cast<std::size_t>(std::stoull(error));
                failure = error.substr(error.find(' ') + 1);
            }
        if (!failure.empty()) throw detail::thrown<std::runtime_error>(failure);
        for (std::size_t r = 0; r < numbers.size(); ++r)
            for (std::size_t i = 0; i < numbers[r].size() / 8; ++i) {
                std::uint64_t at = 0;
                std::memcpy(&at, numbers[r].data() + 8 * i, 8);
                std::memcpy(&scores[at], results[r].data() + 8 * i, 8);
            }
    };
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
