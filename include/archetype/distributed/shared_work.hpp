// SPDX-License-Identifier: BSL-1.0
/// @file shared_work.hpp
/// An update that several processes make together: each computes some shards, adds and moves a slice of the parameters.
#pragma once
#include <archetype/distributed/agreement.hpp>
#include <archetype/distributed/shards.hpp>
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

/// Of xtensor expressions, several of them, or kept targets.
template <class Content>
void hash_content(content_hash& hash, const Content& content) {
    if constexpr (requires { content.are_classes; }) {
        hash.add(content.classes.data(), content.classes.size());
        hash.add(content.values.data(), content.values.size());
    } else if constexpr (requires { content.shape(); }) {
        hash.add(content.data(), content.size());
    } else {
        for (const auto& each : content) hash_content(hash, each);
    }
}

/// What of a network's training one process does. The flat buffer that is exchanged has the layout of the model's parameters:
/// gradients where trainable ones lie, and behind them moving statistics, which are the mean over the shards, by samples.
template <class Net, class T>
class shared_work {
    static_assert(!has_stateful_layers<Net>,
                  "archetype: distributed_trainer takes no layers with the option stateful: the states of a "
                  "shard are where "
                  "the shard was computed");
    static constexpr std::size_t trainable = parameters_of<Net>.trainable_elements,
                                 elements = parameters_of<Net>.elements,
                                 block = 16;  // where slices may be cut: no vector lies in two

public:
    static constexpr bool is_shared = true;
    shared_work(process_group& group, std::size_t shards) : group_(&group), shards_(shards) {
        if (group.world_size() > shards)
            throw std::invalid_argument("archetype::distributed_trainer: expected at most " +
                                        std::to_string(shards_) + " ranks for as many shards, found " +
                                        std::to_string(group.world_size()));
    }

    process_group& group() const { return *group_; }
    bool is_first() const { return group_->is_first(); }
    /// The part of [0, limit) of the flat buffer that is this process' to add and to move, or another one's.
    kernels::range owned(std::size_t limit) const { return slice(group_->rank(), limit); }
    kernels::range slice(std::size_t rank, std::size_t limit) const {
        const part_range blocks = piece_of((elements + block - 1) / block, rank, group_->world_size());
        return {std::min(blocks.first * block, limit), std::min(blocks.last * block, limit)};
    }

    /// All get the slices of [0, size) from their owners.

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
        if constexpr (constexpr std::size_t layer = norm_over_the_batch_alone<Net>(); layer != none) {
            const std::size_t update = batch < count / accumulate + 1 ? batch * accumulate : count;
            const auto smallest = [](std::size_t of, std::size_t parts) {
                return of < parts ? std::size_t{1} : of / parts;
            };
            std::size_t found = smallest(std::min(update, count), shards_ * accumulate);
            if (const std::size_t rest = count % std::max<std::size_t>(update, 1); rest != 0)
                found = std::min(found, smallest(rest, shards_ * ((rest + batch - 1) / batch)));
            if (found < 2)
                throw std::invalid_argument(
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
        state_ = state::agreed;
        agree(*group_, settings<Data>(of, samples, targets, count, options, is_mapped));
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
                throw std::runtime_error(texts[r] + " (on rank " + std::to_string(r) + ")");
            }
        group_->broadcast(std::as_writable_bytes(std::span(&decided, 1)), 0);
        rate = decided.rate;
        stop = decided.stop != 0;
    }

    /// Forward and backward on `count` samples in `batches` batches of shards: `run(first, last, part, false, result)` leaves the
    /// gradients of some of them. The owned slice of their sum is then in `gradients`, that of moving statistics in
    /// `parameters`. @return the results of all parts, in order. @throws training_diverged, everywhere the same
    template <class Result, class Run>
    std::vector<Result> add_up(T* parameters, T* gradients, std::size_t count, std::size_t batches,
                               const Run& run) {
        static_assert(std::is_trivially_copyable_v<Result>);
        const std::size_t ranks = group_->world_size(), rank = group_->rank(), parts = batches * shards_;
        const part_range all{0, parts};
        const kernels::range mine = owned(elements);
        std::vector<Result> results(parts);
        still_.assign(parameters + trainable, parameters + elements);
        failure_.clear();

        process_group::transfers transfers(*group_);
        sums_.clear();
        std::size_t received = 0;
        for (std::size_t r = 0; r < ranks; ++r)
            for_each_sum(all, piece_of(parts, r, ranks), [&](part_range sum) {
                sums_.push_back({sum, nullptr, r});
                if (r == rank)
                    sums_.back().values = own_buffer();
                else
                    ++received;
            });
        if (received_.size() < received) received_.resize(received);
        received = 0;
        for (partial_sum& each : sums_)
            if (each.rank != rank) {
                received_[received].resize(mine.size());
                each.values = received_[received++].data() - mine.first;
                transfers.receive(each.values + mine.first, mine.size() * sizeof(T), each.rank);
            }

        const auto shard = [&](std::size_t part, T* to, bool adds) {
            const part_range batch = piece_of(count, part / shards_, batches);
            const part_range cut = piece_of(batch.size(), part % shards_, shards_);
            const std::size_t first = batch.first + cut.first, last = batch.first + cut.last;
            if (first == last) {
                for (std::size_t i = 0; i < elements; ++i) to[i] = adds ? to[i] + T(0) : T(0);  // -0 + 0 is 0
                return;
            }
            if (failure_.empty()) try {
                    run(first, last, part, false, results[part]);
                } catch (const training_diverged& error) {
                    failure_ = error.what();
                    failed_ = part;
                }
            const T share = static_cast<T>(static_cast<double>(last - first) / static_cast<double>(count));
            if (adds)
                add(to, gradients, {0, trainable});
            else
                std::copy_n(gradients, trainable, to);
            for (std::size_t i = trainable; i < elements; ++i)
                to[i] = adds ? to[i] + share * parameters[i] : share * parameters[i];
            std::copy(still_.begin(), still_.end(), parameters + trainable);
            transfers.nudge();
        };
        for (const partial_sum& each : sums_)
            if (each.rank == rank) {
                compute(each.parts, each.values, 0, shard);
                for (std::size_t r = 0; r < ranks; ++r)
                    if (r != rank) {
                        const kernels::range there = slice(r, elements);
                        transfers.send(each.values + there.first, there.size() * sizeof(T), r);
                    }
            }
        share_results(results, parts);
        transfers.wait();
        stop_if_failed();

        // The last addition writes where the sums go.
        const auto [first, last] = owned(trainable);
        const std::size_t middle = parts == 1 || ranks == 1 ? parts : middle_of(all);
        const T* const left = reduce({0, middle}, mine);
        const T* const right = middle == parts ? nullptr : reduce({middle, parts}, mine);
        const auto write = [&](T* to, std::size_t begin, std::size_t end) {
            if (right == nullptr)
                std::copy(left + begin, left + end, to + begin);
            else
                for (std::size_t i = begin; i < end; ++i) to[i] = left[i] + right[i];
        };
        write(gradients, first, last);
        write(parameters, std::max(mine.first, last), mine.last);
        return results;
    }

private:
    enum class state { before, agreed, running };
    struct partial_sum {
        part_range parts;
        T* values;  ///< those of the flat buffer; of another rank's, this rank's slice of them only
        std::size_t rank;
    };
    T* own_buffer() {
        std::size_t used = 0;
        for (const partial_sum& each : sums_) used += each.rank == group_->rank() ? 1 : 0;
        if (own_.size() < used) own_.emplace_back(elements);
        return own_[used - 1].data();
    }

    /// The sum of some parts, by the tree, into `to`.
    template <class Shard>
    void compute(part_range sum, T* to, std::size_t depth, const Shard& shard) {
        if (sum.size() == 1) {
            shard(sum.first, to, false);
            return;
        }
        const std::size_t middle = middle_of(sum);
        compute({sum.first, middle}, to, depth, shard);
        if (sum.last - middle == 1) {
            shard(middle, to, true);
            return;
        }
        if (aside_.size() <= depth) aside_.emplace_back(elements);
        T* const other = aside_[depth].data();
        compute({middle, sum.last}, other, depth + 1, shard);
        add(to, other, {0, elements});
    }
    static void add(T* to, const T* from, kernels::range where) {
        for (std::size_t i = where.first; i < where.last; ++i) to[i] += from[i];
    }
    /// The slice of the sum of all, in the place of the leftmost part.
    T* reduce(part_range sum, kernels::range where) {
        for (const partial_sum& each : sums_)
            if (each.parts == sum) return each.values;
        const std::size_t middle = middle_of(sum);
        T* const left = reduce({sum.first, middle}, where);
        add(left, reduce({middle, sum.last}, where), where);
        return left;
    }

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

    template <class Data, class Trainer, class Inputs, class Targets>
    rank_settings settings(const Trainer& of, const Inputs& samples, const Targets& targets,
                           std::size_t count, const fit_options& options, bool is_mapped) const {
        rank_settings all;
        all.add("architecture", architecture_text<Net>());
        all.add("type of numbers", std::string(sizeof(T) == 4 ? "float" : "double") + " in vectors of " +
                                       std::to_string(kernels::lane_count<T>));
        all.add("shards", shards_);
        all.add("loss", settings_text(of.loss()));
        all.add("optimizer", settings_text(of.optimizer()));
        all.add("seed", std::to_string(of.counters().seed));
        all.add("epochs before", std::to_string(of.counters().epochs));
        all.add("updates before", std::to_string(of.counters().updates));
        all.add("epochs", options.epochs);
        all.add("batch", options.batch);
        all.add("accumulate", options.accumulate);
        all.add("shuffle", options.shuffle ? "true" : "false");
        all.add("keep_best", options.keep_best ? "true" : "false");
        const auto& stop = options.stop_early;
        all.add("stop_early", stop ? "patience " + std::to_string(stop->patience) + ", min_delta " +
                                         number_text(stop->min_delta) +
                                         (stop->restore_best ? ", restore_best" : "")
                                   : std::string("none"));
        all.add("schedule", options.schedule ? options.schedule.settings() : std::string("none"));
        all.add("clip", std::visit(
                            []<class Clip>(const Clip& clip) {
                                if constexpr (requires { clip.limit; })
                                    return type_text<Clip>().first + " " + number_text(clip.limit);
                                else
                                    return std::string("none");
                            },
                            options.clip));
        all.add("l1", number_text(options.l1));
        all.add("l2", number_text(options.l2));
        all.add("callbacks", options.callbacks.size());
        content_hash weights, parameters, data, validation;
        weights.add(options.sample_weights.data(), options.sample_weights.size());
        weights.add(options.class_weights.data(), options.class_weights.size());
        all.add("weights of samples and classes", weights.text());
        parameters.add(of.net().data(), of.net().size());
        all.add("parameters", parameters.text());
        all.add("samples", count);
        // Of a file that stays where it is, 64 samples: others are read when they are used.
        const std::size_t looked_at = is_mapped ? std::min<std::size_t>(count, 64) : 1;
        for (std::size_t k = 0; k < samples.size(); ++k)
            for (std::size_t i = 0; i < looked_at; ++i)
                data.add(samples[k] + count * i / looked_at * Data::input_sizes[k],
                         (is_mapped ? 1 : count) * Data::input_sizes[k]);
        hash_targets<Data>(data, targets, count);
        all.add("data", data.text());
        options.validation.visit<Data::has_several>(
            [&](const dataset& of_it) {
                hash_content(validation, of_it.samples);
                hash_content(validation, of_it.labels);
            },
            [&](const auto& of_samples, const auto& of_targets) {
                hash_content(validation, of_samples);
                hash_content(validation, of_targets);
            });
        all.add("validation data", validation.text());
        return all;
    }
    template <class Data, class Targets>
    static void hash_targets(content_hash& hash, const Targets& targets, std::size_t count) {
        if constexpr (std::is_pointer_v<Targets>) {
            hash.add(targets, count * Data::template target_size<std::remove_cvref_t<decltype(*targets)>>);
        } else {
            typename Data::target_store store;
            for (std::size_t i = 0; i < count; ++i) {
                Data::gather_targets(targets, &i, 1, store);
                for (const auto& one : store) {
                    hash.add(one.classes.data(), one.classes.size());
                    hash.add(one.values.data(), one.values.size());
                }
            }
        }
    }

    process_group* group_;
    std::size_t shards_;
    state state_ = state::before;
    std::vector<partial_sum> sums_;
    std::vector<buffer<T>> own_, aside_;
    std::vector<std::vector<T>> received_;
    std::vector<T> still_;
    std::string failure_;
    std::size_t failed_ = 0;
    std::vector<std::size_t> failed_parts_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
