// SPDX-License-Identifier: BSL-1.0
/// @file process_group.hpp
/// The processes that train together, by MPI: who they are, and bytes from one to another.
#pragma once
#include <archetype/error.hpp>
#include <archetype/instruction_set.hpp>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// MPI's own C++ interface left the standard in 2012.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The processes that a launcher (mpirun, srun) started, each of which makes one of these, before anything else of this room
/// and by its main thread. MPI begins with the object and ends with it, unless the program began it itself. All calls are
/// made by one thread.
///
/// A process that ends otherwise than by the end of this object ends all: one that is killed by the launcher, one that leaves by
/// an exception by itself, if the others have not come to their end three seconds later.
class process_group {
public:
    /// All processes of the launcher. @throws std::runtime_error if MPI cannot have threads besides the one that calls it
    process_group() {
        int is_begun = 0, is_over = 0, given = MPI_THREAD_FUNNELED;
        MPI_Initialized(&is_begun);
        MPI_Finalized(&is_over);
        if (is_over != 0)
            throw detail::thrown<std::runtime_error>(
                "archetype::process_group: expected one before MPI's end, found MPI over");
        if (is_begun == 0) {
            MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
            begun_here_ = true;
        } else {
            MPI_Query_thread(&given);
        }
        if (given < MPI_THREAD_FUNNELED)
            throw detail::thrown<std::runtime_error>(
                "archetype::process_group: expected MPI with threads (MPI_THREAD_FUNNELED), found one "
                "without");
        join(MPI_COMM_WORLD);
    }
    /// Those of a communicator, of which a duplicate is made.
    explicit process_group(MPI_Comm others) { join(others); }
    process_group(const process_group&) = delete;
    process_group& operator=(const process_group&) = delete;
    ~process_group() {
        if (!is_over_) finish(std::uncaught_exceptions() > exceptions_ ? "an exception" : "");
        MPI_Comm_free(&ends_);
        MPI_Comm_free(&all_);
        if (begun_here_) MPI_Finalize();
    }

    std::size_t rank() const { return rank_; }              ///< from 0 on
    std::size_t world_size() const { return world_size_; }  ///< processes
    bool is_first() const { return rank_ == 0; }            ///< the one that prints and writes
    /// Waits until all have come here.
    void barrier() const { MPI_Barrier(all_); }
    /// For what this class does not do. Its messages are the library's.
    MPI_Comm communicator() const { return all_; }
    /// That parameters, gradients and results took from this process to others, all in all.
    std::uint64_t bytes_sent() const { return bytes_sent_; }
    /// In which this process had nothing to do until such bytes came or were sent, all in all.
    double seconds_waited() const { return seconds_waited_; }

    /// For `main`: calls `work()` and returns 0, or, if it throws a std::exception, says so on std::cerr and returns 1: once what
    /// all throw, and of each rank what it throws alone.
    template <class Work>
    int run(const Work& work) {
        std::string failure;
        try {
            work();
        } catch (const std::exception& error) {
            failure = error.what();
            if (failure.empty()) failure = "an exception";
        }
        finish(failure);
        return failure.empty() ? 0 : 1;
    }

    /// Ends all processes, after a line on std::cerr that names this one.
    [[noreturn]] void abort(const std::string& why) const {
        std::fprintf(stderr, "archetype: rank %zu of %zu: %s; all ranks end\n", rank_, world_size_,
                     why.c_str());
        std::fflush(nullptr);
        MPI_Abort(all_, 1);
        std::terminate();
    }

    /// The texts of all, by rank. Everybody calls it.
    std::vector<std::string> gather(const std::string& text) const { return gather(all_, text); }
    /// The bytes of rank `from` for all.
    void broadcast(std::span<std::byte> bytes, std::size_t from) const {
        for (std::size_t done = 0; done < bytes.size(); done += most_at_once)
            MPI_Bcast(bytes.data() + done, part_of(bytes.size() - done), MPI_BYTE, static_cast<int>(from),
                      all_);
    }

    /// Sends and receptions that are under way; what they read and write must stay until `wait`.
    class transfers {
    public:
        explicit transfers(process_group& group) : group_(group) {}
        transfers(const transfers&) = delete;
        transfers& operator=(const transfers&) = delete;
        void send(const void* data, std::size_t size, std::size_t to) {
            for (std::size_t done = 0; done < size; done += most_at_once) {
                requests_.emplace_back();
                MPI_Isend(static_cast<const std::byte*>(data) + done, part_of(size - done), MPI_BYTE,
                          static_cast<int>(to), 0, group_.all_, &requests_.back());
            }
            group_.bytes_sent_ += size;
        }
        void receive(void* data, std::size_t size, std::size_t from) {
            for (std::size_t done = 0; done < size; done += most_at_once) {
                requests_.emplace_back();
                MPI_Irecv(static_cast<std::byte*>(data) + done, part_of(size - done), MPI_BYTE,
                          static_cast<int>(from), 0, group_.all_, &requests_.back());
            }
        }
        /// Until all are done. Where there are more ranks than cores, the others get this one's meanwhile.
        void wait() {
            const auto begin = std::chrono::steady_clock::now();
            for (nudge(); !requests_.empty(); nudge()) std::this_thread::yield();
            group_.seconds_waited_ +=
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        }
        /// Lets MPI go on with them, which many do in calls only.
        void nudge() {
            if (requests_.empty()) return;
            int are_done = 0;
            MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &are_done, MPI_STATUSES_IGNORE);
            if (are_done != 0) requests_.clear();
        }

    private:
        process_group& group_;
        std::vector<MPI_Request> requests_;
    };

private:
    static constexpr std::size_t most_at_once = std::size_t{1} << 30;  // counts of MPI are int
    static int part_of(std::size_t left) { return static_cast<int>(std::min(left, most_at_once)); }

    /// The end of this process' work, which waits for the others: after a failure not for long.
    void finish(const std::string& failure) {
        using namespace std::chrono_literals;
        MPI_Request request;
        MPI_Ibarrier(ends_, &request);
        int all_are_here = 0;
        const auto begin = std::chrono::steady_clock::now();
        while (true) {
            MPI_Test(&request, &all_are_here, MPI_STATUS_IGNORE);
            if (all_are_here != 0) break;
            if (!failure.empty() && std::chrono::steady_clock::now() - begin > 3s) abort(failure);
            std::this_thread::sleep_for(500us);
        }
        is_over_ = true;
        const std::vector<std::string> failures = gather(ends_, failure);
        if (!is_first()) return;
        const bool all_alike = std::count(failures.begin(), failures.end(), failures[0]) ==
                               static_cast<std::ptrdiff_t>(world_size_);
        for (std::size_t r = 0; r < (all_alike ? 1 : world_size_); ++r)
            if (!failures[r].empty())
                std::fprintf(stderr, "archetype: %s%s: %s\n", all_alike ? "all ranks" : "rank ",
                             all_alike ? "" : std::to_string(r).c_str(), failures[r].c_str());
    }
    std::vector<std::string> gather(MPI_Comm among, const std::string& text) const {
        std::uint64_t size = text.size();
        std::vector<std::uint64_t> sizes(world_size_);
        MPI_Allgather(&size, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, among);
        std::vector<int> counts, places;
        std::uint64_t sum = 0;
        for (const std::uint64_t each : sizes) {
            counts.push_back(static_cast<int>(each));
            places.push_back(static_cast<int>(sum));
            sum += each;
        }
        if (sum > INT_MAX)
            throw detail::thrown<std::runtime_error>(
                "archetype::process_group: expected texts below 2 GiB, found " + std::to_string(sum) +
                " bytes");
        std::string together(sum, '\0');
        MPI_Allgatherv(text.data(), static_cast<int>(size), MPI_CHAR, together.data(), counts.data(),
                       places.data(), MPI_CHAR, among);
        std::vector<std::string> texts;
        texts.reserve(world_size_);
        for (std::size_t i = 0; i < world_size_; ++i)
            texts.push_back(
                together.substr(static_cast<std::size_t>(places[i]), static_cast<std::size_t>(sizes[i])));
        return texts;
    }

    void join(MPI_Comm others) {
        MPI_Comm_dup(others, &all_);
        MPI_Comm_dup(others, &ends_);
        int rank = 0, size = 1;
        MPI_Comm_rank(all_, &rank);
        MPI_Comm_size(all_, &size);
        rank_ = static_cast<std::size_t>(rank);
        world_size_ = static_cast<std::size_t>(size);
    }

    MPI_Comm all_ = MPI_COMM_NULL, ends_ = MPI_COMM_NULL;
    std::size_t rank_ = 0, world_size_ = 1;
    std::uint64_t bytes_sent_ = 0;
    double seconds_waited_ = 0;
    bool begun_here_ = false, is_over_ = false;
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
