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
#if defined(ARCHETYPE_HAS_THREAD_SANITIZER)
#include <thread>
#include <vector>
#elif defined(ARCHETYPE_HAS_TBB)
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Splits tasks into one contiguous range for each thread. Kernels compute every element the same way whatever the
/// ranges, so the number of threads changes no result.
class executor {
public:
    /// Without oneTBB everything runs on the calling thread.
    explicit executor([[maybe_unused]] std::size_t threads = 1) {
#ifdef ARCHETYPE_HAS_TBB
        threads_ = threads == 0 ? 1 : threads;
#endif
    }
    std::size_t threads() const { return threads_; }

    /// Calls `work(range, thread)` until all of `count` tasks are done; `thread` is below `threads()`.
    template <class Work>
    void operator()(std::size_t count, const Work& work) const {
        const std::size_t pieces = count < threads_ ? count : threads_;
        if (pieces > 1)
            split({count, pieces, &work, [](const void* called, kernels::range tasks, std::size_t thread) {
                       (*static_cast<const Work*>(called))(tasks, thread);
                   }});
        else if (count != 0)
            work(kernels::range{0, count}, std::size_t{0});
    }

private:
    /// Tasks without their type: what starts threads is compiled once, not for each layer of each network.
    struct split_tasks {
        std::size_t count, pieces;
        const void* called;
        void (*call)(const void*, kernels::range, std::size_t);

        void operator()(std::size_t piece) const {
            call(called, kernels::range{count * piece / pieces, count * (piece + 1) / pieces}, piece);
        }
    };

    static void split([[maybe_unused]] const split_tasks& tasks) {
#if defined(ARCHETYPE_HAS_THREAD_SANITIZER)
        std::vector<std::thread> others;
        for (std::size_t piece = 1; piece < tasks.pieces; ++piece) others.emplace_back(tasks, piece);
        tasks(0);
        for (std::thread& other : others) other.join();
#elif defined(ARCHETYPE_HAS_TBB)
        oneapi::tbb::task_arena arena(static_cast<int>(tasks.pieces));
        arena.execute([&] { oneapi::tbb::parallel_for(std::size_t{0}, tasks.pieces, tasks); });
#endif
    }

    std::size_t threads_ = 1;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
