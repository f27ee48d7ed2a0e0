// SPDX-License-Identifier: BSL-1.0
/// @file model.hpp
/// A network with parameters of its own, on a host: takes and gives xtensor expressions.
#pragma once
#include <archetype/execution/initializers.hpp>
#include <archetype/execution/tensors.hpp>
#include <archetype/execution/training_pass.hpp>

#include <string>

namespace archetype {

/// Owns the parameters of `Net` in memory on the heap, however large they are, and runs it. `T` is float or double.
/// One call at a time: the object holds the activations.
template <class Net, class T = float>
class model : detail::faulty_object<Net> {
public:
    using detail::faulty_object<Net>::faulty_object;
    using detail::faulty_object<Net>::operator();
};

template <well_formed Net, class T>
class model<Net, T> {
    static constexpr const auto& layout = detail::parameters_of<Net>;
    static constexpr const auto& plan = detail::inference_plan<Net>;

public:
    using network = Net;
    using scalar = T;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input;
    static constexpr shape output_shape = detail::unchecked_facts<Net>.output;
    /// What a call with one sample returns: a tensor of static shape, or one on the heap if it is large.
    using result = detail::result_tensor<output_shape, T>;
    /// What a call with a batch returns.
    using batch_result = xt::xtensor<T, output_shape.rank + 1>;

    /// Weights start as `initializer` says, unless their layer has a `kernel_initializer`; the same for the same seed.
    template <class Initializer = glorot_uniform>
    explicit model(seed start = {}, Initializer initializer = {}) : parameters_(layout.elements) {
        detail::random_source random(start.value);
        constexpr auto starts =
            detail::initializers_of<Initializer, T>(static_cast<detail::layers_of<Net>*>(nullptr));
        for (std::size_t i = 0; i < layout.size(); ++i) {
            const detail::parameter_slot& slot = layout.slots[i];
            starts[slot.node](initializer,
                              detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index], random,
                              parameters_.data() + slot.offset);
        }
    }

    /// Uses up to `count` threads for batches. Needs oneTBB in the build; results do not depend on it.
    model& threads(std::size_t count) {
        run_ = detail::executor(count);
        return *this;
    }
    std::size_t threads() const { return run_.threads(); }

    /// The result for one sample of shape `input_shape`, or for a batch with one more axis in front.
    /// @throws shape_error if the shape is another
    template <class E>
    auto operator()(const xt::xexpression<E>& expression) {
        const E& samples = expression.derived_cast();
        constexpr std::size_t rank = detail::rank_of<E>;
        if constexpr (rank == input_shape.rank + 1) {
            if (!detail::has_batch_shape(samples, input_shape)) throw_wrong_shape(samples);
            return batch(samples);
        } else if constexpr (rank == input_shape.rank) {
            if (!detail::has_shape(samples, input_shape)) throw_wrong_shape(samples);
            return single(samples);
        } else {  // the rank is known at run time only, and so is the result's
            if (detail::has_batch_shape(samples, input_shape)) return xt::xarray<T>(batch(samples));
            if (!detail::has_shape(samples, input_shape)) throw_wrong_shape(samples);
            return xt::xarray<T>(single(samples));
        }
    }

    /// The raw call: `count` samples without padding, one after the other, results likewise.
    void run(const T* samples, std::size_t count, T* results) {
        for_chunks(count, results, [&](T* to, std::size_t first, std::size_t some) {
            detail::copy_rows<input_image>(samples + first * input_size, to, some);
        });
    }

    /// All parameters: trainable first, gaps of zeros between tensors (parameters.hpp has the offsets). Weights that are
    /// written through the pointer are seen by the next call only if `data()` was called after the one before it.
    T* data() {
        prepared_is_current_ = false;
        return parameters_.data();
    }
    const T* data() const { return parameters_.data(); }
    /// Elements of `data()`; the first `trainable_size()` are what optimizers move.
    static constexpr std::size_t size() { return layout.elements; }
    static constexpr std::size_t trainable_size() { return layout.trainable_elements; }

private:
    static constexpr std::size_t input_size = input_shape.size(), output_size = output_shape.size();
    static constexpr kernels::image input_image = detail::input_image<Net>;
    static constexpr std::size_t arena_room = plan.arena_elements + detail::input_room<Net>;
    static constexpr std::size_t megabyte = (std::size_t{1} << 20) / sizeof(T);
    static constexpr std::size_t chunk = arena_room > megabyte ? 1 : megabyte / arena_room;

    template <class E>
    result single(const E& sample) {
        result scores = detail::make_result<result>(output_shape);
        for_chunks(1, scores.data(), [&](T* to, std::size_t, std::size_t) {
            if (const T* dense = detail::contiguous_data<T>(sample))
                detail::copy_rows<input_image>(dense, to, 1);
            else
                detail::assign_samples<input_shape, input_image>(to, 1, xt::view(sample, xt::newaxis()));
        });
        return scores;
    }
    template <class E>
    batch_result batch(const E& samples) {
        const std::size_t count = samples.shape()[0];
        batch_result scores = batch_result::from_shape(detail::batch_extents<output_shape>(count));
        if (const T* dense = detail::contiguous_data<T>(samples))
            run(dense, count, scores.data());
        else
            for_chunks(count, scores.data(), [&](T* to, std::size_t first, std::size_t some) {
                detail::assign_samples<input_shape, input_image>(
                    to, some, xt::view(samples, xt::range(first, first + some)));
            });
        return scores;
    }
    template <class E>
    [[noreturn]] static void throw_wrong_shape(const E& samples) {
        throw shape_error("archetype::model: the input must have shape " + detail::to_text(input_shape) +
                          " or, for a batch, (n, " + detail::to_text(input_shape).substr(1) + "; found " +
                          detail::shape_text(samples));
    }

    /// Runs all samples in pieces that stay in cache. `place(to, first, some)` writes samples to where the pass reads them.
    template <class Place>
    void for_chunks(std::size_t count, T* results, const Place& place) {
        if (!prepared_is_current_) prepare();
        const std::size_t largest = count < chunk ? count : chunk,
                          stride = arena_room * largest + detail::read_slack;
        arena_.reserve(stride * run_.threads());
        run_((count + chunk - 1) / chunk, [&](kernels::range chunks, std::size_t thread) {
            T* const arena = arena_.data() + thread * stride;
            for (std::size_t c = chunks.first; c < chunks.last; ++c) {
                const std::size_t first = c * chunk, some = count - first < chunk ? count - first : chunk;
                T* const input = detail::input_place<Net>(arena, arena + some * plan.arena_elements, some);
                place(input, first, some);
                detail::run_inference<Net, T, true>(folded_.data(), prepared_.data(), input, arena, some);
                __builtin_memcpy(results + first * output_size, detail::output_place<Net>(input, arena, some),
                                 some * output_size * sizeof(T));
            }
        });
    }
    void prepare() {
        folded_.reserve(inference_weight_count<Net>);
        prepared_.reserve(detail::prepared_offsets<Net, T>.back());
        detail::fold_parameters<Net>(parameters_.data(), folded_.data());
        detail::prepare_weights<Net>(folded_.data(), prepared_.data());
        prepared_is_current_ = true;
    }

    detail::executor run_;
    detail::buffer<T> parameters_, folded_, prepared_, arena_;
    bool prepared_is_current_ = false;
};

}  // namespace archetype
