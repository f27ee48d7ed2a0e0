// SPDX-License-Identifier: BSL-1.0
/// @file distributed_trainer.hpp
/// The trainer, by several processes at once, with the same bits whatever their number.
#pragma once
#include <archetype/distributed/shared_work.hpp>

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A layer takes trained parameters from the first batch.
template <class Net>
inline constexpr bool starts_from_a_batch = [] {
    bool found = false;
    for_each_step<Net, purpose::training>([&]<class Step>(Step) {
        if constexpr (requires { Step::layer::starts_from_a_batch; })
            found |= Step::layer::starts_from_a_batch && !Step::at.frozen;
    });
    return found;
}();

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `trainer` for all processes of a group: each makes one, with the same model, and calls the same functions with the same data
/// and options. An update's samples are cut into shards, which the ranks compute; each rank adds the gradients of its slice of
/// the parameters in the order that `shards` fixes, moves the slice by its part of the optimizer's numbers, and gives it to the
/// others. Parameters, losses and reports have the same bits for any number of ranks and threads. What differs from `trainer`:
/// - `optimizer_state()` is that of the owned slice: its memory falls with the ranks. `save_checkpoint` and `load_checkpoint`
///   take all of it.
/// - Batch norm takes its statistics from a shard; moving ones are the mean over the shards, weighted by their samples.
/// - Dropout is drawn for each shard. Layers with the option `stateful` go on, shard by shard, from the update before.
/// - Samples that are read or mapped are those of the own shards. Validation data are judged by all together.
/// - Rank 0 shows progress and writes `csv_log`. Callbacks and `on_epoch` are called on all ranks; rank 0's decide on rate and
///   end.
/// - `fit` begins with a comparison: architecture, loss, optimizer, options, parameters and data.
/// - What a callback throws, and `training_diverged`, is thrown on all ranks. Another exception within `fit` ends all processes.
template <class Net, class T, class Loss, class Optimizer, class Shards>
class distributed_trainer : public trainer<Net, T, Loss, Optimizer, detail::shared_work<Net, T>> {
    using work_type = detail::shared_work<Net, T>;
    using base = trainer<Net, T, Loss, Optimizer, work_type>;
    static_assert(!detail::starts_from_a_batch<Net>,
                  "archetype: distributed_trainer has no learned ranges, which the first batch of one "
                  "process would set: "
                  "take range_rule::averaged");

public:
    /// Refers to `group` and `net`.
    /// @throws std::invalid_argument for more ranks than shards, or if a number of the loss or the optimizer makes no sense
    distributed_trainer(process_group& group, Shards, model<Net, T>& net, Loss loss, Optimizer optimizer,
                        seed start = {})
        : base(net, loss, optimizer, start, work_type(group, Shards::value)) {}

    /// As those of `trainer`. @throws std::invalid_argument, everywhere the same, if ranks are not alike or one refuses to start
    history fit(const dataset& data, const fit_options& options = {}) {
        return this->work().guard([&] { return base::fit(data, options); });
    }
    template <class X, class Y>
    requires(!detail::is_reader<X>) history
        fit(const X& samples, const Y& targets, const fit_options& options = {}) {
        return this->work().guard([&] { return base::fit(samples, targets, options); });
    }

    /// Each rank reads the samples of its shards.
    template <detail::is_reader Reader>
    history fit(const Reader& reader, const fit_options& options = {},
                const typename detail::feed_of<Reader>::options_type& loading = {}) {
        return this->work().guard([&] { return base::fit(reader, options, loading); });
    }

    /// The optimizer's numbers of all ranks, as those of `trainer`, on rank 0; elsewhere empty. Everybody calls it.
    std::vector<T> gathered_optimizer_state() const {
        return this->work().template gathered_states<Optimizer::states>(this->optimizer_state().data());
    }
    process_group& group() const { return this->work().group(); }
    /// With false, gradients are sent when the backward pass is over, the same bits later: to measure what the overlap hides.
    void overlap(bool overlaps) { this->work().overlap(overlaps); }
    /// The parameters, from the first to before the last, in the order of `model::data()`, that this rank adds and moves.
    std::pair<std::size_t, std::size_t> owned_parameters() const {
        const kernels::range mine = this->owned();
        return {mine.first, mine.last};
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
