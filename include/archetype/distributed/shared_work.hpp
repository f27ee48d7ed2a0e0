// SPDX-License-Identifier: BSL-1.0
/// @file shared_work.hpp
/// An update that several processes make together: each computes some shards, adds and moves a slice of the parameters.
#pragma once
#include <archetype/distributed/agreement.hpp>
#include <archetype/distributed/fit_settings.hpp>
#include <archetype/distributed/shard_sums.hpp>
#include <archetype/distributed/shards.hpp>
#include <archetype/distributed/shared_judging.hpp>
#include <archetype/error.hpp>
#include <archetype/training/trainer.hpp>

#include <cstring>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A layer goes on from the states of the batch before.
template <class Net>
inline constexpr bool has_stateful_layers = [] {
    bool found = false;
    for_each_step<Net, purpose::training>([&]<class Step>(Step) {
        if constexpr (requires { Step::layer::is_stateful; }) found |= bool{Step::layer::is_stateful};
    });
    return found;
}();

/// What of a network's training one process does. The flat buffer that is exchanged has the layout of the model's parameters:
/// gradients where trainable ones lie, and behind them moving statistics, which are the mean over the shards, by samples.
template <class Net, class T>
class shared_work {
    static constexpr std::size_t trainable = parameters_of<Net>.trainable_elements,
                                 elements = parameters_of<Net>.written_elements,
                                 block = 16;  // where slices may be cut: no vector lies in two

public:
    static constexpr bool is_shared = true;
    shared_work(process_group& group, std::size_t shards) : group_(&group), shards_(shards) {
        if (group.world_size() > shards)
            throw detail::thrown<std::invalid_argument>(
                "archetype::distributed_trainer: expected at most " + std::to_string(shards_) +
                " ranks for as many shards, found " + std::to_string(group.world_size()));
    }

    process_group& group() const { return *group_; }
    bool is_first() const { return group_->is_first(); }
    /// The part of [0, limit) of the flat buffer that is this process' to add and to move, or another one's.
    kernels::range owned(std::size_t limit) const { return slice(group_->rank(), limit); }
    kernels::range slice(std::size_t rank, std::size_t limit) const {
        const part_range blocks = piece_of((elements + block - 1) / block, rank, group_->world_size());
        return {std::min(blocks.first * block, limit), std::min(blocks.last * block, limit)};
    }

    /// What training writes: trainable parameters and moving statistics.
    static constexpr std::size_t written = elements;
    /// All get the slices of [0, size) from their owners.
    void publish(T* data, std::size_t size) {
        process_group::transfers transfers(*group_);
        const std::size_t ranks = group_->world_size(), rank = group_->rank();
        const kernels::range mine = owned(size);
        for (std::size_t step = 1; step < ranks; ++step) {  // each to another one at a time
            const std::size_t from = (rank + ranks - step) % ranks, to = (rank + step) % ranks;
            const kernels::range theirs = slice(from, size);
            transfers.receive(data + theirs.first, theirs.size() * sizeof(T), from);
            transfers.send(data + mine.first, mine.size() * sizeof(T), to);
        }
        transfers.wait();
    }
    /// What all keep for their trainable parameters, on rank 0; elsewhere empty.
    template <std::size_t States>
    std::vector<T> gathered_states(const T* states) const {
        process_group::transfers transfers(*group_);
        const kernels::range mine = owned(trainable);
        std::vector<T> all;
        if (!is_first()) {
            transfers.send(states, States * mine.size() * sizeof(T), 0);
            transfers.wait();
            return all;
        }
        all.resize(States * trainable);
        std::vector<std::vector<T>> theirs(group_->world_size());
        for (std::size_t r = 1; r < theirs.size(); ++r) {
            theirs[r].resize(States * slice(r, trainable).size());
            transfers.receive(theirs[r].data(), theirs[r].size() * sizeof(T), r);
        }
        transfers.wait();
        for (std::size_t r = 0; r < theirs.size(); ++r) {
            const kernels::range own = slice(r, trainable);
            for (std::size_t s = 0; s < States; ++s)
                std::copy_n((r == 0 ? states : theirs[r].data()) + s * own.size(), own.size(),
                            all.data() + s * trainable + own.first);
        }
        return all;
    }

    /// @throws std::invalid_argument if a batch norm would see one value
    template <class>
    void check_parts(std::size_t count, std::size_t batch, std::size_t accumulate) const {
        if (has_stateful_layers<Net> && accumulate > 1)
            throw detail::thrown<std::invalid_argument>(
                "archetype::distributed_trainer: expected accumulate to be 1 for layers with the option "
                "stateful, as "
                "a shard's states go from one update to the next, found " +
                std::to_string(accumulate));
        if constexpr (constexpr std::size_t layer = norm_over_the_batch_alone<Net>(); layer != none) {
            const std::size_t update = batch < count / accumulate + 1 ? batch * accumulate : count;
            const auto smallest = [](std::size_t of, std::size_t parts) {
                return of < parts ? std::size_t{1} : of / parts;
            };
            std::size_t found = smallest(std::min(update, count), shards_ * accumulate);
            if (const std::size_t rest = count % std::max<std::size_t>(update, 1); rest != 0)
                found = std::min(found, smallest(rest, shards_ * ((rest + batch - 1) / batch)));
            if (found < 2)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::distributed_trainer: expected at least 2 samples in every shard, as layer " +
                    layer_label<Net>(layer) + " normalizes over them, found " + std::to_string(count) +
                    " samples in batches of " + std::to_string(batch) + " and " + std::to_string(shards_) +
                    " shards");
        }
    }

    /// Compares what must be alike everywhere. @throws std::invalid_argument, on all ranks the same
    template <class Data, class Trainer, class Inputs, class Targets>
    void begin(const Trainer& of, const Inputs& samples, const Targets& targets, std::size_t count,
               const fit_options& options, bool is_mapped) {
        const rank_settings own =  // readers may throw
            settings_of_fit<Net, T, Data>(shards_, of, samples, targets, count, options, is_mapped);
        state_ = state::agreed;
        agree(*group_, own);
        state_ = state::running;
    }
    /// Runs `fit`, which calls `begin`. What fails before is said everywhere; what fails later on one rank only ends all.
    template <class Fit>
    auto guard(const Fit& fit) {
        state_ = state::before;
        try {
            return fit();
        } catch (const training_diverged&) {
            throw;  // everywhere the same
        } catch (const std::exception& error) {
            if (state_ == state::before) agree(*group_, rank_settings{{}, error.what()});
            if (state_ == state::running) group_->abort(std::string("ends by an exception: ") + error.what());
            throw;
        }
    }

    /// Callbacks run everywhere; rank 0's decide on rate and end.
    template <class Call>
    void call_back(const Call& call, double& rate, bool& stop) {
        struct {
            double rate;
            std::uint64_t stop;
        } decided{};
        std::exception_ptr own;
        std::string text;
        try {
            call();
        } catch (const std::exception& error) {
            own = std::current_exception();
            text = error.what();
            if (text.empty()) text = "an exception";
        }
        decided.rate = rate;
        decided.stop = stop;
        const std::vector<std::string> texts = group_->gather(text);
        const bool all_alike =
            std::all_of(texts.begin(), texts.end(), [&](const auto& t) { return t == text; });
        for (std::size_t r = 0; r < texts.size(); ++r)
            if (!texts[r].empty()) {
                state_ = state::agreed;
                if (all_alike) std::rethrow_exception(own);
                throw detail::thrown<std::runtime_error>(texts[r] + " (on rank " + std::to_string(r) + ")");
            }
        group_->broadcast(std::as_writable_bytes(std::span(&decided, 1)), 0);
        rate = decided.rate;
        stop = decided.stop != 0;
    }

    /// Forward and backward on `count` samples in `batches` batches of shards: `run(first, last, part, false, result, done)`
    /// leaves the gradients of some of them and calls `done(step)` on the way. The owned slice of their sum is then in
    /// `gradients`, that of moving statistics in `parameters`. @return the results of all parts, in order.
    /// @throws training_diverged, everywhere the same
    template <class Result, class Run>
    std::vector<Result> add_up(T* parameters, T* gradients, std::size_t count, std::size_t batches,
                               const Run& run) {
        static_assert(std::is_trivially_copyable_v<Result>);
        const std::size_t parts = batches * shards_;
        const kernels::range mine = owned(elements);
        const auto slice_of = [&](std::size_t rank) { return slice(rank, elements); };
        std::vector<Result> results(parts);
        still_.assign(parameters + trainable, parameters + elements);
        failure_.clear();
        if (count != count_) forget_states();
        count_ = count;

        process_group::transfers transfers(*group_);
        sums_.begin(*group_, transfers, parts, slice_of, gradients);
        const auto shard = [&](std::size_t part, T* to, const auto& sums, const auto& finished) {
            const auto [first, last] = samples_of(part, count, batches);
            const T share = static_cast<T>(static_cast<double>(last - first) / static_cast<double>(count));
            std::size_t added = 0;
            const auto add_until = [&](std::size_t ready) {
                for (; added < ready; finished(added++)) {
                    const flat_range where = portions.all[added];
                    if (first == last)  // -0 + 0 is 0
                        sums_.add(to, sums, where, [](std::size_t) { return T(0); });
                    else if (where.first >= trainable)
                        sums_.add(to, sums, where, [&](std::size_t i) { return share * parameters[i]; });
                    else if (to != gradients)
                        sums_.add(to, sums, where, [&](std::size_t i) { return gradients[i]; });
                }
                transfers.nudge();
            };
            if (first != last && failure_.empty()) try {
                    run(first, last, part, false, results[part],
                        [&]<class Step>(Step) { add_until(portions.ready[Step::index]); });
                } catch (const training_diverged& error) {
                    failure_ = error.what();
                    failed_ = part;
                }
            add_until(portions.count);
            std::copy(still_.begin(), still_.end(), parameters + trainable);
        };
        sums_.compute(*group_, transfers, slice_of, shard);
        share_results(results, parts);
        transfers.wait();
        stop_if_failed();

        // The last addition writes where the sums go.
        const auto [first, last] = owned(trainable);
        sums_.finish(mine, group_->world_size() == 1, [&](const T* left, const T* right) {
            const auto write = [&](T* to, std::size_t begin, std::size_t end) {
                if (right == nullptr && left != to)
                    std::copy(left + begin, left + end, to + begin);
                else if (right != nullptr)
                    for (std::size_t i = begin; i < end; ++i) to[i] = left[i] + right[i];
            };
            write(gradients, first, last);
            write(parameters, std::max(mine.first, last), mine.last);
        });
        return results;
    }

    /// The samples of this rank's parts of an epoch, in the order in which `add_up` asks for them, are read.
    template <class Feed>
    void begin_reading(const Feed& feed, const std::vector<std::size_t>& order, const fit_options& options,
                       std::size_t epoch) const {
        std::vector<std::size_t> own, sizes;
        for (std::size_t first = 0, some = 0; first < order.size(); first += some) {
            some = order.size() - first;
            if (options.batch < some / options.accumulate + 1)
                some = std::min(some, options.batch * options.accumulate);
            const std::size_t batches = (some + options.batch - 1) / options.batch;
            const part_range parts = piece_of(batches * shards_, group_->rank(), group_->world_size());
            for (std::size_t part = parts.first; part < parts.last; ++part) {
                const part_range samples = samples_of(part, some, batches);
                if (samples.size() != 0) sizes.push_back(samples.size());
                for (std::size_t i = samples.first; i < samples.last; ++i) own.push_back(order[first + i]);
            }
        }
        feed.begin_some(own, sizes, epoch);
    }
    /// Calls `check()`, whose training_diverged, of the first rank that has one, is thrown everywhere.
    template <class Check>
    void check_everywhere(const Check& check) {
        std::string own;
        try {
            check();
        } catch (const training_diverged& error) {
            own = error.what();
        }
        for (const std::string& text : group_->gather(own))
            if (!text.empty()) throw training_diverged(text);
    }
    void overlap(bool overlaps) { sums_.overlap(overlaps); }
    /// For validation data.
    judged_by_ranks judges() const { return judged_by_ranks(*group_); }
    /// Before the forward pass on a part: its stateful layers go on from where the same shard of the update before left them.
    void enter(training_pass<Net, T>& pass, std::size_t part) {
        if constexpr (has_stateful_layers<Net>) {
            if (states_.size() < shards_) states_.resize(shards_);
            if (forgets_inside_) pass.reset_states();
            forgets_inside_ = false;
            if (inside_ != none) pass.exchange_states(states_[inside_]);
            inside_ = part % shards_;
            pass.exchange_states(states_[inside_]);
        }
    }
    /// Stateful layers start from their first states.
    void forget_states() {
        for (auto& each : states_) each.are_there = false;
        forgets_inside_ = true;
    }

private:
    /// Of the samples of an update in `batches` batches.
    part_range samples_of(std::size_t part, std::size_t count, std::size_t batches) const {
        const part_range batch = piece_of(count, part / shards_, batches),
                         cut = piece_of(batch.size(), part % shards_, shards_);
        return {batch.first + cut.first, batch.first + cut.last};
    }
    static constexpr const auto& portions = portions_of<Net>;
    enum class state { before, agreed, running };
    template <class Result>
    void share_results(std::vector<Result>& results, std::size_t parts) {
        process_group::transfers transfers(*group_);
        const std::size_t ranks = group_->world_size(), rank = group_->rank();
        const part_range own = piece_of(parts, rank, ranks);
        failed_parts_.assign(ranks, none);
        failed_parts_[rank] = failure_.empty() ? none : failed_;
        for (std::size_t step = 1; step < ranks; ++step) {
            const std::size_t from = (rank + ranks - step) % ranks, to = (rank + step) % ranks;
            const part_range theirs = piece_of(parts, from, ranks);
            transfers.receive(results.data() + theirs.first, theirs.size() * sizeof(Result), from);
            transfers.receive(&failed_parts_[from], sizeof(std::size_t), from);
            transfers.send(results.data() + own.first, own.size() * sizeof(Result), to);
            transfers.send(&failed_parts_[rank], sizeof(std::size_t), to);
        }
        transfers.wait();
    }
    void stop_if_failed() {
        for (std::size_t r = 0; r < failed_parts_.size(); ++r) {
            if (failed_parts_[r] == none) continue;
            throw training_diverged(group_->gather(failure_)[r]);  // ranks have their parts in order
        }
    }

    process_group* group_;
    std::size_t shards_;
    state state_ = state::before;
    shard_sums<Net, T> sums_;
    std::vector<typename training_pass<Net, T>::states>
        states_;  ///< of shards, but for the one that the pass is at
    std::size_t inside_ = none, count_ = 0;
    bool forgets_inside_ = false;
    std::vector<T> still_;
    std::string failure_;
    std::size_t failed_ = 0;
    std::vector<std::size_t> failed_parts_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
