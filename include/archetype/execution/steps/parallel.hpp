// SPDX-License-Identifier: BSL-1.0
/// @file parallel.hpp
/// Runs independent tasks on one or several threads (oneTBB, where the build has it).
#pragma once
#include <archetype/kernels/images/image.hpp>
// A thread sanitizer does not see how oneTBB, which is not built with one, orders its tasks: there threads do the same.
#if defined(__SANITIZE_THREAD__)
#define ARCHETYPE_HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ARCHETYPE_HAS_THREAD_SANITIZER 1
#endif
#endif
#if defined(ARCHETYPE_HAS_THREAD_SANITIZER) || defined(ARCHETYPE_HAS_TBB)
#include <atomic>
#include <barrier>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>
#endif
#if !defined(ARCHETYPE_HAS_THREAD_SANITIZER) && defined(ARCHETYPE_HAS_TBB)
#define ARCHETYPE_HAS_ARENAS 1
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Splits tasks into one contiguous range for each thread. Kernels compute every element the same way whatever the
/// ranges, so the number of threads changes no result.
class executor {
public:
    /// Without oneTBB everything runs on the calling thread.
    explicit constexpr executor([[maybe_unused]] std::size_t threads = 1) {
#ifdef ARCHETYPE_HAS_TBB
        threads_ = threads == 0 ? 1 : threads;
#endif
#ifdef ARCHETYPE_HAS_ARENAS
        if (threads_ > 1) arena_.of(threads_);
#endif
    }
    std::size_t threads() const { return threads_; }

    /// Calls `work(range, thread)` until all of `count` tasks are done; `thread` is below `threads()`. Tasks that move few
    /// numbers, `each` of them, are not worth another thread.
    template <class Work>
    void operator()(std::size_t count, const Work& work, std::size_t each = least_shared) const {
        const std::size_t pieces = count < threads_ ? count : threads_;
        if (pieces > 1 && count * each >= least_shared)
            split({count, pieces, &work, [](const void* called, kernels::range tasks, std::size_t thread) {
                       (*static_cast<const Work*>(called))(tasks, thread);
                   }});
        else if (count != 0)
            work(kernels::range{0, count}, std::size_t{0});
    }

    /// Numbers that are written in about the time that a thread takes to begin.
    static constexpr std::size_t least_shared = 32768;

    /// One of threads that do the same work together: its part, and where all wait for each other.
    struct member {
        kernels::share part{};
        void* others = nullptr;
        void (*wait)(void*) = nullptr;

        void meet() const {
            if (part.of != 1) wait(others);
        }
    };
    /// Calls `work(member)` on `threads` threads at once. They wait for each other, so each is one that surely runs, not a task.
    template <class Work>
    void together(std::size_t threads, const Work& work) const {
        if (threads == 1)
            work(member{});
        else
            gather(threads, &work,
                   [](const void* called, const member& one) { (*static_cast<const Work*>(called))(one); });
    }

private:
    static void gather([[maybe_unused]] std::size_t threads, [[maybe_unused]] const void* called,
                       [[maybe_unused]] void (*call)(const void*, const member&)) {
#if defined(ARCHETYPE_HAS_THREAD_SANITIZER) || defined(ARCHETYPE_HAS_TBB)
        std::optional<std::barrier<>> others;
        std::atomic<int> begun = 0;
        const auto run = [&](std::size_t index) {
            begun.wait(0);
            const auto count = static_cast<std::size_t>(begun.load());
            if (count == 1) return call(called, member{});
            call(called, {{index, count}, &*others, [](void* all) {
                              static_cast<std::barrier<>*>(all)->arrive_and_wait();
                          }});
        };
        std::vector<std::thread> all;
        all.reserve(threads);
        try {
            while (all.size() + 1 < threads) all.emplace_back(run, all.size() + 1);
        } catch (const std::exception&) {  // the system has no more: those that there are do the work
        }
        others.emplace(static_cast<std::ptrdiff_t>(all.size() + 1));
        begun = static_cast<int>(all.size() + 1);
        begun.notify_all();
        run(0);
        for (std::thread& one : all) one.join();
#endif
    }
    /// Tasks without their type: what starts threads is compiled once, not for each layer of each network.
    struct split_tasks {
        std::size_t count, pieces;
        const void* called;
        void (*call)(const void*, kernels::range, std::size_t);

        void operator()(std::size_t piece) const {
            call(called, kernels::range{count * piece / pieces, count * (piece + 1) / pieces}, piece);
        }
    };

    void split([[maybe_unused]] const split_tasks& tasks) const {
#if defined(ARCHETYPE_HAS_THREAD_SANITIZER)
        std::vector<std::thread> others;
        for (std::size_t piece = 1; piece < tasks.pieces; ++piece) others.emplace_back(tasks, piece);
        tasks(0);
        for (std::thread& other : others) other.join();
#elif defined(ARCHETYPE_HAS_TBB)
        if (arena_.own)
            return arena_.own->execute([&] {
                oneapi::tbb::parallel_for(std::size_t{0}, tasks.pieces, tasks,
                                          oneapi::tbb::static_partitioner{});
            });
        for (std::size_t piece = 0; piece < tasks.pieces; ++piece) tasks(piece);  // moved from
#endif
    }

    std::size_t threads_ = 1;
#ifdef ARCHETYPE_HAS_ARENAS
    /// Where the threads are, from one call to the next. A copy has its own, as it may be used at the same time.
    struct arena {
        std::unique_ptr<oneapi::tbb::task_arena> own;

        constexpr arena() = default;
        arena(const arena& other) {
            if (other.own) of(static_cast<std::size_t>(other.own->max_concurrency()));
        }
        arena(arena&&) = default;
        arena& operator=(arena other) noexcept {
            own = std::move(other.own);
            return *this;
        }
        ~arena() = default;
        void of(std::size_t threads) {
            constexpr std::size_t most = 4096;  // more pieces wait for one another
            own =
                std::make_unique<oneapi::tbb::task_arena>(static_cast<int>(threads < most ? threads : most));
        }
    };
    arena arena_;
#endif
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
