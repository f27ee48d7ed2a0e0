// SPDX-License-Identifier: BSL-1.0
/// @file reading.hpp
/// `trainer::fit` on samples that other threads read while it learns.
#pragma once
#include <archetype/data/batch_loader.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit/feed.hpp>
#include <archetype/training/weights.hpp>

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
        static_assert(!Data::has_several && Data::input_count == 1,
                      "archetype::trainer: a sample_reader has one input and one target");
        static_assert(
            !has_own_targets<Loss>,
            "archetype::trainer: the targets of a sample_reader are class numbers or of the result's "
            "shape");
        constexpr std::size_t targets = Data::output_size;
        constexpr shape wanted = Data::image_shape;
        const auto [height, width, channels] = reader.shape;
        if (height != wanted.height() || width != wanted.width() || channels != wanted.channels())
            throw shape_error("archetype::trainer: expected samples of shape " + to_text(wanted) +
                              ", found a reader of " + std::to_string(height) + " x " +
                              std::to_string(width) + " x " + std::to_string(channels));
        if (reader.count == 0 || !reader.read)
            throw std::invalid_argument(
                "archetype::trainer: expected at least one sample, found a reader of none");
        if (reader.target_size == 0 ? !Data::takes_datasets : reader.target_size != targets)
            throw shape_error("archetype::trainer: expected targets of " + std::to_string(targets) +
                              (Data::takes_datasets ? " numbers or class numbers" : " numbers") +
                              ", found a reader of " +
                              (reader.target_size == 0 ? std::string("class numbers")
                                                       : std::to_string(reader.target_size)));
        if (!of_samples_.empty()) check_weights("sample weights", of_samples_, reader.count);
        if (!options.class_weights.empty())
            check_weights("class weights", options.class_weights, Data::class_count);
        if (reader.target_size != 0 && ignored_class(loss))
            throw std::invalid_argument(
                "archetype::trainer: expected class numbers, as ignore_class is one of them, found a reader "
                "of " +
                std::to_string(reader.target_size) + " numbers");
        check_ = [loss](const sample_batch& batch, std::size_t) {
            check_finite(batch.samples.data(), batch.samples.size(), "trainer", "samples of a batch");
            if constexpr (Data::takes_datasets)
                check_class_numbers(batch.labels, Data::channels, "trainer", ignored_class(loss));
            if (!batch.targets.empty())
                check_target_values(loss, batch.targets.data(), batch.targets.size(), Data::channels,
                                    "trainer");
        };
    }

    /// An epoch begins.
    void begin(const std::vector<std::size_t>& order, std::size_t batch, std::size_t epoch) const {
        order_ = order;
        first_ = 0;
        loader_.emplace(reader_, order, batch, epoch, loading_, check_);
        identity_.resize(std::min(batch, order.size()));
        std::iota(identity_.begin(), identity_.end(), std::size_t{0});
    }
    /// `use(samples, targets, the numbers from 0 on, weights of samples or none)`.
    template <class Data, class Loss, class Use>
    void next(const Use& use) const {
        last_ = &loader_->next();
        std::vector<double> weights;
        for (std::size_t i = 0; i < last_->size && !of_samples_.empty(); ++i)
            weights.push_back(of_samples_[order_[first_ + i]]);
        first_ += last_->size;
        visit<Data>([&](const auto* targets) {
            use(static_cast<const float*>(last_->samples.data()), targets, identity_.data(), weights);
        });
    }
    /// The batch before once more: `use(samples, targets, size)`.
    template <class Data, class Loss, class Use>
    void last(const Use& use) const {
        visit<Data>([&](const auto* targets) {
            use(static_cast<const float*>(last_->samples.data()), targets, last_->size);
        });
    }
    double waited() const { return loader_->waited(); }

private:
    template <class Data, class Use>
    void visit(const Use& use) const {
        if constexpr (Data::takes_datasets)
            if (reader_.target_size == 0) return use(static_cast<const std::int32_t*>(last_->labels.data()));
        use(static_cast<const float*>(last_->targets.data()));
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
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
