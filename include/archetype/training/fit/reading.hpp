// SPDX-License-Identifier: BSL-1.0
/// @file reading.hpp
/// `trainer::fit` on samples that other threads read while it learns.
#pragma once
#include <archetype/data/batch_loader.hpp>
#include <archetype/error.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit/feed.hpp>
#include <archetype/training/weights.hpp>

#include <algorithm>
#include <numeric>
#include <optional>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Batches for a trainer, epoch by epoch.
class reader_feed {
public:
    using is_feed = void;

    /// @throws shape_error, std::invalid_argument if the reader does not fit the network and its loss, or options do not fit
    template <class Data, class Loss>
    reader_feed(const sample_reader& reader, const fit_options& options, const loading_options& loading, Data,
                const Loss& loss)
        : reader_(reader), loading_(loading), of_samples_(options.sample_weights) {
        static_assert(Data::input_count == 1, "archetype::trainer: a sample_reader has one input");
        Data::check_reader(loss, {reader.count, reader.target_size, reader.shape, reader.target_parts, {}},
                           "");
        if (!reader.read)
            throw detail::thrown<std::invalid_argument>(
                "archetype::trainer: expected at least one sample, found a reader of none");
        if (!of_samples_.empty()) check_weights("sample weights", of_samples_, reader.count);
        if (!options.class_weights.empty())
            check_weights("class weights", options.class_weights, Data::class_count);
        check_ = [loss, parts = reader.target_parts](const sample_batch& batch, std::size_t) {
            if constexpr (Data::has_several)
                Data::check_read(loss, batch.samples, batch.targets, parts, "");
            else
                Data::check_read(loss, batch.samples, batch.labels, batch.targets, "");
        };
    }

    /// An epoch begins.
    void begin(const std::vector<std::size_t>& order, std::size_t batch, std::size_t epoch) const {
        order_ = order;
        first_ = 0;
        last_ = nullptr;
        loader_.emplace(reader_, order, batch, epoch, loading_, check_);
        identity_.resize(std::min(batch, order.size()));
        std::iota(identity_.begin(), identity_.end(), std::size_t{0});
    }
    /// Some samples of an epoch, perhaps none, in parts of these sizes, of which `next` takes one at a time.
    void begin_some(const std::vector<std::size_t>& order, const std::vector<std::size_t>& sizes,
                    std::size_t epoch) const {
        order_ = order;
        first_ = 0;
        last_ = nullptr;
        loader_.emplace(reader_, order, sizes, epoch, loading_, check_);
        identity_.resize(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end()));
        std::iota(identity_.begin(), identity_.end(), std::size_t{0});
    }
    /// The next batch or part: `use(samples, targets, the numbers from 0 on, weights of samples or none)`.
    template <class Data, class Loss, class Use>
    void next(const Use& use) const {
        last_ = &loader_->next();
        std::vector<double> weights;
        for (std::size_t i = 0; i < last_->size && !of_samples_.empty(); ++i)
            weights.push_back(of_samples_[order_[first_ + i]]);
        first_ += last_->size;
        visit<Data, Loss>([&](const auto& targets) {
            use(static_cast<const float*>(last_->samples.data()), targets, identity_.data(), weights);
        });
    }
    /// The batch before once more, if there was one: `use(samples, targets, size)`.
    template <class Data, class Loss, class Use>
    void last(const Use& use) const {
        if (last_ == nullptr) return;  // all shards of this rank are empty
        visit<Data, Loss>([&](const auto& targets) {
            use(static_cast<const float*>(last_->samples.data()), targets, last_->size);
        });
    }
    double waited() const { return loader_->waited(); }
    const sample_reader& reader() const { return reader_; }

private:
    template <class Data, class Loss, class Use>
    void visit(const Use& use) const {
        if constexpr (Data::has_several) {
            typename Data::target_store store;
            use(Data::parts_of_read(last_->targets, reader_.target_parts, last_->size, store));
        } else if constexpr (has_own_targets<Loss>) {
            const auto own = Data::own_targets(last_->targets, "");
            use(own.data());
        } else {
            if constexpr (Data::takes_datasets)
                if (reader_.target_size == 0)
                    return use(static_cast<const std::int32_t*>(last_->labels.data()));
            use(static_cast<const float*>(last_->targets.data()));
        }
    }

    sample_reader reader_;
    loading_options loading_;
    std::vector<double> of_samples_;
    batch_loader::checker check_;
    // The trainer hands samples on as constants.
    mutable std::optional<batch_loader> loader_;
    mutable std::vector<std::size_t> order_, identity_;
    mutable const sample_batch* last_ = nullptr;
    mutable std::size_t first_ = 0;
};

template <>
struct feed_of<sample_reader> {
    using type = reader_feed;
    using options_type = loading_options;

    static read_data read(const sample_reader& reader, const loading_options& loading) {
        const auto for_batches = [reader, loading](std::size_t batch, const read_data::choice& has,
                                                   const read_data::use& use) {
            std::vector<std::size_t> order;
            const std::size_t batches = (reader.count + batch - 1) / batch;
            for (std::size_t i = 0; i < reader.count; ++i)
                if (!has || has(i / batch, batches)) order.push_back(i);
            if (order.empty()) return;
            batch_loader loader(reader, std::move(order), batch, 1, loading);
            for (std::size_t i = 0; i < loader.size(); ++i) {
                const sample_batch& read = loader.next();
                use(read.samples, read.labels, read.targets, read.size);
            }
        };
        return {reader.read ? reader.count : 0, reader.target_size, reader.shape, reader.target_parts,
                for_batches};
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
