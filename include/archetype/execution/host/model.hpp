// SPDX-License-Identifier: BSL-1.0
/// @file model.hpp
/// A network with parameters of its own, on a host: takes and gives xtensor expressions.
#pragma once
#include <archetype/execution/host/initializers.hpp>
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/host/training_pass.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {
template <class Model>
class memory_loan;
}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

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
    static_assert(detail::activations_are_expressions<Net>);
    static constexpr const auto& layout = detail::parameters_of<Net>;
    static constexpr const auto& plan = detail::inference_plan<Net>;

public:
    using network = Net;
    using scalar = T;
    static constexpr shape input_shape = detail::unchecked_facts<Net>.input;
    static constexpr shape output_shape = detail::unchecked_facts<Net>.output;
    static constexpr std::size_t input_count = plan.input_count, output_count = std::size(plan.outputs);
    template <std::size_t K>
    static constexpr shape input_shape_of = plan.values[plan.inputs[K]].extents;
    template <std::size_t K>
    static constexpr shape output_shape_of =
        detail::unchecked_facts<Net>.shape_of(detail::unchecked_facts<Net>.outputs[K].node);
    /// What a call with one sample returns: a tensor of static shape, or one on the heap if it is large.
    using result = detail::result_tensor<output_shape, T>;
    /// What a call with a batch returns.
    using batch_result = xt::xtensor<T, output_shape.rank + 1>;

    /// Weights start as `initializer` says, unless their layer has a `kernel_initializer`; the same for the same seed.
    template <class Initializer = glorot_uniform>
    explicit model(seed start = {}, Initializer initializer = {}) : parameters_(layout.elements) {
        random_source random(start.value);
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

    /// The result for one sample of shape `input_shape`, or for a batch with one more axis in front. A network with several
    /// inputs takes as many expressions, in their order, all samples or all batches; one with side outputs gives a
    /// std::tuple: the end of the network, then the side outputs in order.
    /// @throws shape_error if a shape is another
    template <class... E>
    requires(sizeof...(E) == detail::inference_plan<Net>.input_count) auto operator()(
        const xt::xexpression<E>&... expressions) {
        return call(std::index_sequence_for<E...>{}, expressions.derived_cast()...);
    }

    /// The raw call: `count` samples of each input without padding, one after the other; results likewise, null for an
    /// output that is not wanted.
    void run(const std::array<const T*, input_count>& samples, std::size_t count,
             const std::array<T*, output_count>& results) {
        for_chunks(count, results, [&](const auto& to, std::size_t first, std::size_t some) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (detail::copy_rows<layout_of<K>>(samples[K] + first * input_shape_of<K>.size(), to[K], some),
                 ...);
            }
            (std::make_index_sequence<input_count>{});
        });
    }
    /// The same for a network with one input; of its outputs the first.
    void run(const T* samples, std::size_t count,
             T* results) requires(detail::inference_plan<Net>.input_count == 1) {
        run(std::array<const T*, 1>{samples}, count, std::array<T*, output_count>{results});
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

    /// Elements that a run of `count` samples keeps besides the parameters: weights as kernels read them, and values.
    static constexpr std::size_t run_elements(std::size_t count, std::size_t threads = 1) {
        return inference_weight_count<Net> + detail::prepared_offsets<Net, T>.back() +
               (arena_room * (count < chunk ? count : chunk) + detail::read_slack) * threads;
    }

    /// The same of any number of samples.
    static constexpr std::size_t most_run_elements(std::size_t threads = 1) {
        return run_elements(chunk, threads);
    }

private:
    friend class detail::memory_loan<model>;
    /// What a run keeps may lie in `memory` until it is given back. False if that is too small, or own memory is there.
    bool borrow(T* memory, std::size_t size) {
        const bool can_use = size >= most_run_elements(run_.threads()) &&
                             folded_.size() + prepared_.size() + arena_.size() == 0;
        if (!can_use) return false;
        std::fill_n(memory, most_run_elements(run_.threads()), T(0));
        const auto take = [&](std::size_t some) {
            return detail::buffer<T>::lent(std::exchange(memory, memory + some), some);
        };
        folded_ = take(inference_weight_count<Net>);
        prepared_ = take(detail::prepared_offsets<Net, T>.back());
        arena_ = take((arena_room * chunk + detail::read_slack) * run_.threads());
        prepared_is_current_ = false;
        return true;
    }
    void give_back() {
        folded_ = prepared_ = arena_ = {};
        prepared_is_current_ = false;
    }
    template <std::size_t K>
    static constexpr kernels::image layout_of = detail::image_of(plan.values[plan.inputs[K]],
                                                                 input_shape_of<K>);
    static constexpr std::size_t arena_room = plan.arena_elements + detail::input_room<Net>;
    static constexpr std::size_t megabyte = (std::size_t{1} << 20) / sizeof(T);
    static constexpr std::size_t chunk = arena_room > megabyte ? 1 : megabyte / arena_room;

    template <std::size_t... K, class... E>
    auto call(std::index_sequence<K...>, const E&... samples) {
        constexpr bool single = ((detail::rank_of<E> == input_shape_of<K>.rank) && ...);
        constexpr bool batch = ((detail::rank_of<E> == input_shape_of<K>.rank + 1) && ...);
        if constexpr (single) {
            (check_shape<K>(detail::has_shape(samples, input_shape_of<K>), samples), ...);
            return unwrapped(results<false>(std::index_sequence<K...>{}, samples...));
        } else if constexpr (batch) {
            check_batch(std::index_sequence<K...>{}, samples...);
            return unwrapped(results<true>(std::index_sequence<K...>{}, samples...));
        } else {  // the rank is known at run time only, and so is the result's
            const auto as_arrays = [](auto&& tensors) {
                return std::apply(
                    [](auto&... tensor) { return unwrapped(std::tuple{xt::xarray<T>(tensor)...}); }, tensors);
            };
            if ((detail::has_batch_shape(samples, input_shape_of<K>) && ...)) {
                check_batch(std::index_sequence<K...>{}, samples...);
                return as_arrays(results<true>(std::index_sequence<K...>{}, samples...));
            }
            (check_shape<K>(detail::has_shape(samples, input_shape_of<K>), samples), ...);
            return as_arrays(results<false>(std::index_sequence<K...>{}, samples...));
        }
    }
    template <class... Tensors>
    static auto unwrapped(std::tuple<Tensors...>&& tensors) {
        if constexpr (sizeof...(Tensors) == 1)
            return std::get<0>(std::move(tensors));
        else
            return std::move(tensors);
    }

    [[noreturn]] static void fail_shape(const std::string& text) {
#if defined(__cpp_exceptions)
        throw shape_error(text);
#else
        std::fputs((text + "\n").c_str(), stderr);
        std::abort();
#endif
    }
    template <std::size_t K, class E>
    static void check_shape(bool fits, const E& samples) {
        if (fits) return;
        const std::string which = input_count == 1 ? "an input" : "input " + std::to_string(K + 1);
        fail_shape("archetype::model: " + detail::expected_samples(which, input_shape_of<K>, samples));
    }
    template <std::size_t... K, class First, class... Others>
    static void check_batch(std::index_sequence<K...>, const First& first, const Others&... others) {
        const auto check_one = [&]<std::size_t Own>(std::integral_constant<std::size_t, Own>,
                                                    const auto& samples) {
            check_shape<Own>(detail::has_batch_shape(samples, input_shape_of<Own>), samples);
            if (samples.shape()[0] != first.shape()[0])
                fail_shape("archetype::model: expected " + std::to_string(first.shape()[0]) +
                           " samples of input " + std::to_string(Own + 1) + ", found " +
                           std::to_string(samples.shape()[0]));
        };
        const std::tuple<const First&, const Others&...> all{first, others...};
        (check_one(std::integral_constant<std::size_t, K>{}, std::get<K>(all)), ...);
    }

    /// A tensor for each output.
    template <bool Batch, std::size_t... K, class First, class... Others>
    auto results(std::index_sequence<K...>, const First& first, const Others&... others) {
        const std::size_t count = Batch ? first.shape()[0] : 1;
        const std::tuple<const First&, const Others&...> samples{first, others...};
        return [&]<std::size_t... Out>(std::index_sequence<Out...>) {
            auto made = std::tuple{make_result<Batch, Out>(count)...};
            for_chunks(count, {std::get<Out>(made).data()...},
                       [&](const auto& to, std::size_t from, std::size_t some) {
                           (place<Batch, K>(to[K], std::get<K>(samples), from, some), ...);
                       });
            return made;
        }
        (std::make_index_sequence<output_count>{});
    }
    template <bool Batch, std::size_t K>
    static auto make_result(std::size_t count) {
        constexpr shape extents = output_shape_of<K>;
        if constexpr (Batch)
            return xt::xtensor<T, extents.rank + 1>::from_shape(detail::batch_extents<extents>(count));
        else
            return detail::make_result<detail::result_tensor<extents, T>>(extents);
    }
    /// Moves some samples of input `K` to where the pass reads them.
    template <bool Batch, std::size_t K, class E>
    static void place(T* to, const E& samples, std::size_t first, std::size_t some) {
        constexpr shape extents = input_shape_of<K>;
        if (const T* dense = detail::contiguous_data<T>(samples))
            detail::copy_rows<layout_of<K>>(dense + first * extents.size(), to, some);
        else if constexpr (Batch)
            detail::assign_samples<extents, layout_of<K>>(to, some,
                                                          xt::view(samples, xt::range(first, first + some)));
        else
            detail::assign_samples<extents, layout_of<K>>(to, 1, xt::view(samples, xt::newaxis()));
    }

    /// Runs all samples in pieces that stay in cache. `place(to, first, some)` writes samples to where the pass reads
    /// them: `to` has a place for each input.
    template <class Place>
    void for_chunks(std::size_t count, const std::array<T*, output_count>& results, const Place& place) {
        if (!prepared_is_current_) prepare();
        const std::size_t largest = count < chunk ? count : chunk,
                          stride = arena_room * largest + detail::read_slack;
        arena_.reserve(stride * run_.threads());
        is_single_ = count == 1;
        run_((count + chunk - 1) / chunk, [&](kernels::range chunks, std::size_t thread) {
            T* const arena = arena_.data() + thread * stride;
            for (std::size_t c = chunks.first; c < chunks.last; ++c) {
                const std::size_t first = c * chunk, some = count - first < chunk ? count - first : chunk;
                const auto inputs =
                    detail::input_places<Net>(arena, arena + some * plan.arena_elements, some);
                place(inputs, first, some);
                run_steps(inputs[0], arena, some);
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    (take_output<K>(results[K], inputs[0], arena, first, some), ...);
                }
                (std::make_index_sequence<output_count>{});
            }
        });
    }
    /// One sample of a large network is all threads' work.
    void run_steps(const T* input, T* arena, std::size_t some) {
        const auto run = [&](const auto& team) {
            detail::run_inference_steps<Net>(
                input, arena, some,
                detail::shared_steps<Net, T, std::remove_cvref_t<decltype(team)>>{
                    folded_.data(), prepared_.data(), some, team});
        };
        run_.together(is_large && is_single_ ? run_.threads() : 1, run);
    }
    /// Below, threads take longer to start than they save.
    static constexpr bool is_large = [] {
        std::uint64_t products = 0;
        for (const auto& at : detail::unchecked_facts<Net>.nodes) products += at.multiply_accumulates;
        return products >= std::uint64_t{1} << 24;
    }();
    template <std::size_t K>
    static void take_output(T* to, const T* input, const T* arena, std::size_t first, std::size_t some) {
        constexpr std::size_t size = output_shape_of<K>.size();
        if (to != nullptr)
            __builtin_memcpy(to + first * size, detail::output_place<Net, K>(input, arena, some),
                             some * size * sizeof(T));
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
    bool prepared_is_current_ = false, is_single_ = false;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// For as long as it lives a model runs in memory of somebody else, if that is enough and the model has none yet.
template <class Model>
class memory_loan {
public:
    memory_loan(Model& model, buffer<typename Model::scalar>& memory)
        : model_(model.borrow(memory.data(), memory.size()) ? &model : nullptr) {}
    memory_loan(const memory_loan&) = delete;
    memory_loan& operator=(const memory_loan&) = delete;
    ~memory_loan() {
        if (model_ != nullptr) model_->give_back();
    }

private:
    Model* model_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
