// SPDX-License-Identifier: BSL-1.0
/// @file batch_loader.hpp
/// Batches read ahead by other threads.
#pragma once
#include <archetype/data/sample_reader.hpp>
#include <archetype/error.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How samples are read while others are learnt.
struct loading_options {
    std::size_t workers = 1;   ///< threads that read; 0: the caller's does, between steps
    std::size_t prefetch = 2;  ///< batches that are ready or being read besides the one in use
};

/// Samples one after the other, and their labels or, where there are none, their targets.
struct sample_batch {
    std::size_t size = 0;
    std::vector<float> samples;
    std::vector<std::int32_t> labels;
    std::vector<float> targets;
};

/// Reads the samples that `order` names, `batch` at a time. Batches come in their order and with the same bits, whatever the
/// options. `check(batch, first)` is called by the thread that read a batch, `first` being the place of its first sample in
/// `order`.
class batch_loader {
public:
    using checker = std::function<void(const sample_batch&, std::size_t first)>;

    /// @throws std::invalid_argument for a batch of 0, or workers without a prefetch
    batch_loader(sample_reader reader, std::vector<std::size_t> order, std::size_t batch, std::size_t epoch,
                 const loading_options& options = {}, checker check = {})
        : reader_(std::move(reader)), order_(std::move(order)), epoch_(epoch), check_(std::move(check)) {
        if (batch == 0)
            throw detail::thrown<std::invalid_argument>(
                "archetype::batch_loader: expected a batch of at least 1, found 0");
        for (std::size_t first = 0; first < order_.size(); first += std::min(batch, order_.size() - first))
            firsts_.push_back(first);
        start(options);
    }
    /// Batches of these sizes. @throws std::invalid_argument if one is 0 or they are not together as many as `order` has, or
    /// workers without a prefetch
    batch_loader(sample_reader reader, std::vector<std::size_t> order, const std::vector<std::size_t>& sizes,
                 std::size_t epoch, const loading_options& options = {}, checker check = {})
        : reader_(std::move(reader)), order_(std::move(order)), epoch_(epoch), check_(std::move(check)) {
        std::size_t first = 0;
        for (const std::size_t size : sizes) {
            if (size == 0)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::batch_loader: expected a batch of at least 1, found 0");
            firsts_.push_back(first);
            first += size;
        }
        if (first != order_.size())
            throw detail::thrown<std::invalid_argument>(
                "archetype::batch_loader: expected batches of together " + std::to_string(order_.size()) +
                " samples, found " + std::to_string(first));
        start(options);
    }
    batch_loader(const batch_loader&) = delete;
    batch_loader& operator=(const batch_loader&) = delete;
    ~batch_loader() { stop(); }

    /// Batches that there are.
    std::size_t size() const { return count_; }

    /// The next batch, which stays until the next call. @throws what the reader or the check threw for it; std::out_of_range after
    /// the last one
    const sample_batch& next() {
        if (taken_ == count_)
            throw detail::thrown<std::out_of_range>("archetype::batch_loader: expected one of " +
                                                    std::to_string(count_) + " batches, found a further one");
        const auto begin = std::chrono::steady_clock::now();
        slot& at = slots_[taken_ % slots_.size()];
        if (workers_.empty()) {
            read(taken_, at.batch);
            ++taken_;
        } else {
            std::unique_lock lock(mutex_);
            // The batch before is no longer used: its place may be read into.
            released_ = taken_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return at.ready == taken_ + 1; });
            if (at.failed) std::rethrow_exception(at.failed);
            ++taken_;
        }
        waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return at.batch;
    }
    /// Seconds that `next` took so far.
    double waited() const { return waited_; }

private:
    struct slot {
        sample_batch batch;
        std::size_t ready = 0;  ///< 1 + the number of the batch that is there
        std::exception_ptr failed;
    };

    void start(const loading_options& options) {
        if (options.workers != 0 && options.prefetch == 0)
            throw detail::thrown<std::invalid_argument>(
                "archetype::batch_loader: expected a prefetch of at least 1 for workers, found 0");
        count_ = firsts_.size();
        slots_.resize(options.workers == 0 ? 1 : std::min(options.prefetch, count_) + 1);
        try {
            for (std::size_t i = 0; i < std::min(options.workers, count_); ++i)
                workers_.emplace_back([this] { work(); });
        } catch (...) {
            stop();
            throw;
        }
    }
    void read(std::size_t number, sample_batch& to) const {
        const std::size_t first = firsts_[number];
        to.size = (number + 1 == count_ ? order_.size() : firsts_[number + 1]) - first;
        const std::size_t size = reader_.shape[0] * reader_.shape[1] * reader_.shape[2];
        to.samples.resize(to.size * size);
        to.labels.resize(reader_.target_size == 0 ? to.size : 0);
        to.targets.resize(reader_.target_size * to.size);
        sample made;
        for (std::size_t i = 0; i < to.size; ++i) {
            reader_.read(order_[first + i], epoch_, made);
            detail::check_read(reader_, made, order_[first + i]);
            std::copy(made.values.begin(), made.values.end(), to.samples.data() + i * size);
            std::copy(made.target.begin(), made.target.end(), to.targets.data() + i * reader_.target_size);
            if (reader_.target_size == 0) to.labels[i] = made.label;
        }
        if (check_) check_(to, first);
    }
    void work() {
        while (true) {
            std::unique_lock lock(mutex_);
            // Batch `released_` may be in use; those up to slots - 1 behind it have places of their own.
            changed_.wait(lock,
                          [&] { return ended_ || begun_ == count_ || begun_ < released_ + slots_.size(); });
            if (ended_ || begun_ == count_) return;
            const std::size_t number = begun_++;
            slot& at = slots_[number % slots_.size()];
            lock.unlock();
            std::exception_ptr failed;
            try {
                read(number, at.batch);
            } catch (...) {
                failed = std::current_exception();
            }
            lock.lock();
            at.failed = failed;
            at.ready = number + 1;
            changed_.notify_all();
        }
    }
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        for (std::thread& worker : workers_) worker.join();
    }

    sample_reader reader_;
    std::vector<std::size_t> order_, firsts_;  ///< the places in `order_` where batches begin
    std::size_t epoch_, count_ = 0;
    checker check_;
    std::vector<slot> slots_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t begun_ = 0, taken_ = 0, released_ = 0;
    bool ended_ = false;
    double waited_ = 0;
    std::vector<std::thread> workers_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
