// SPDX-License-Identifier: BSL-1.0
/// @file inference.hpp
/// A network with constant weights: no heap, no exceptions, no RTTI.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/inference/object_report.hpp>

#include <array>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Folded weights.
template <class Net, class T>
ARCHETYPE_INLINE void run_one_sample(const T* weights, const T* input, T* arena) {
    run_inference<Net, T, false>(weights, nullptr, input, arena, one_sample{});
}

/// The memory of one network at inference, and a call with given weights.
template <class Net, class T>
class inference_arena {
    static constexpr const auto& plan = inference_plan<Net>;

public:
    // Vector kernels may read past the end of a sample, so it is copied; elsewhere only if the plan wants it.
    static constexpr bool reads_in_place = read_slack == 0 && !plan.input_in_arena;

private:
    T values_[length_with_slack(plan.arena_elements + (reads_in_place ? 0 : input_room<Net>))];

public:
    static constexpr std::size_t input_size = unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = unchecked_facts<Net>.output.size();
    static constexpr std::size_t input_count = plan.input_count;
    template <std::size_t K>
    static constexpr std::size_t input_size_of = plan.values[plan.inputs[K]].extents.size();

    template <std::size_t K>
    constexpr auto output() const {
        constexpr std::size_t size = plan.values[plan.outputs[K]].extents.size();
        return std::span<const T, size>(values_ + plan.values[plan.outputs[K]].offset, size);
    }

    /// @param weights  what a `run_one_sample` takes
    template <class Weights, class... Others>
    ARCHETYPE_INLINE constexpr std::span<const T, output_size> run(const Weights& weights,
                                                                   std::span<const T, input_size> sample,
                                                                   const Others&... others) {
        return run_with(weights, sample, std::index_sequence_for<Others...>{}, others...);
    }

    /// Where input `K` may be written as one run, for `run_placed`.
    template <std::size_t K>
    constexpr T* sample_place() {
        return values_ +
               (K == 0 && !plan.input_in_arena ? plan.arena_elements : plan.values[plan.inputs[K]].offset);
    }
    /// Runs on samples that lie at `sample_place`; the first of all at `room` if it is read in place.
    template <class Weights>
    ARCHETYPE_INLINE std::span<const T, output_size> run_placed(const Weights& weights, const T* room) {
        if constexpr (!reads_in_place) {
            T* const place = sample_place<0>();
            spread_rows<input_image<Net>>(place);
            if constexpr (plan.values[0].has_halo()) kernels::zero_halo<input_image<Net>>(place, {0, 1});
            room = place;
        }
        spread_further(std::make_index_sequence<input_count - 1>{});
        run_one_sample<Net>(weights, room, values_);
        return std::span<const T, output_size>(output_place<Net>(room, values_, 1), output_size);
    }

private:
    template <std::size_t... K>
    ARCHETYPE_INLINE void spread_further(std::index_sequence<K...>) {
        (spread_input<K + 1>(), ...);
    }
    template <std::size_t K>
    ARCHETYPE_INLINE void spread_input() {
        constexpr const value& input = further_input<Net, K>;
        constexpr kernels::image to = image_of(input, input.extents);
        T* const place = sample_place<K>();
        spread_rows<to>(place);
        if constexpr (input.has_halo()) kernels::zero_halo<to>(place, {0, 1});
    }

    template <class Weights, std::size_t... Other, class... Others>
    ARCHETYPE_INLINE constexpr std::span<const T, output_size> run_with(const Weights& weights,
                                                                        std::span<const T, input_size> sample,
                                                                        std::index_sequence<Other...>,
                                                                        const Others&... others) {
        const std::tuple further{std::span<const T, further_input<Net, Other + 1>.extents.size()>(others)...};
        if constexpr (std::is_same_v<Weights, const T*>) {
            if (std::is_constant_evaluated()) {
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    run_reference<Net, T>(
                        weights,
                        std::array<const T*, sizeof...(Other) + 1>{sample.data(),
                                                                   std::get<Other>(further).data()...},
                        std::array<T*, sizeof...(K)>{values_ + plan.values[plan.outputs[K]].offset...});
                }
                (std::make_index_sequence<std::size(plan.outputs)>{});
                return output<0>();
            }
        }
        const T* input = sample.data();
        if constexpr (!reads_in_place) {
            T* const place = input_place<Net>(values_, values_ + plan.arena_elements, 1);
            copy_rows<input_image<Net>>(input, place, 1);
            input = place;
        }
        (copy_rows<image_of(further_input<Net, Other + 1>, further_input<Net, Other + 1>.extents)>(
             std::get<Other>(further).data(), further_input_place<Net, Other + 1>(values_, 1), 1),
         ...);
        run_one_sample<Net>(weights, input, values_);
        return std::span<const T, output_size>(output_place<Net>(input, values_, 1), output_size);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs `Net` with weights that live elsewhere, usually in read-only storage. The activations are inside the object, so
/// its size is a constant: `arena_bytes<Net>` and a pointer; where the target has vectors (x86, AArch64) also what they
/// may read past an end, twice 64 elements at most, and a copy of the sample if the arena has none. Make it static where
/// the stack is small.
/// Usable in a constant expression.
template <class Net, class T = float>
class inference : detail::faulty_object<Net> {
public:
    using detail::faulty_object<Net>::faulty_object;
    using detail::faulty_object<Net>::operator();
};

template <well_formed Net, class T>
class inference<Net, T> {
    static_assert(detail::activations_are_expressions<Net>);
    using arena = detail::inference_arena<Net, T>;

public:
    using sample_type = T;
    using network_type = Net;
    static constexpr std::size_t input_size = arena::input_size;
    static constexpr std::size_t output_size = arena::output_size;
    static constexpr std::size_t weight_room = inference_weight_count<Net> + constant_weights_slack;

    /// Refers to `weights`, which must stay. Weights made for another architecture do not compile.
    template <class Weights>
    requires(detail::kind_of_weights<Weights> !=
             detail::weights_kind::other) constexpr explicit inference(const Weights& weights)
        : weights_(numbers_of(weights)) {}
    /// Refers to weights that are chosen at run time: `inference_weight_count<Net>` numbers and the 64 that vectors may read
    /// past them. Whose they are is not checked: `try_weights` does that.
    constexpr explicit inference(std::span<const T, weight_room> weights) : weights_(weights.data()) {}
    template <detail::no_sample<T, weight_room> Given>
    requires(detail::kind_of_weights<Given> ==
             detail::weights_kind::other) constexpr explicit inference(const Given&)
        : weights_(nullptr) {
        using shown [[maybe_unused]] = detail::weights_span_report<T, weight_room, Given>;
    }

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, without padding
    /// @param others  the samples of further inputs, in their order
    template <class... Others>
    requires(sizeof...(Others) + 1 == arena::input_count) constexpr std::span<const T, output_size>
    operator()(std::span<const T, input_size> sample, const Others&... others) {
        return arena_.run(weights_, sample, others...);
    }
    template <detail::no_sample<T, input_size> Given, class... Others>
    constexpr std::span<const T, output_size> operator()(const Given&, const Others&...) {
        return detail::reported_result<T, output_size, detail::sample_report<T, input_size, Given>>();
    }

    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    template <std::size_t K>
    constexpr auto output() const {
        return arena_.template output<K>();
    }

private:
    template <class>
    friend class with_input;
    constexpr const T* weights() const { return weights_; }
    template <class Weights>
    static constexpr const T* numbers_of([[maybe_unused]] const Weights& weights) {
        constexpr detail::weights_fault fault = detail::real_weights_fault<Net, Weights, T>();
        if constexpr (fault == detail::weights_fault::ok) {
            return weights.data;
        } else {
            using shown [[maybe_unused]] = typename detail::weights_do_not_fit<fault>::shown;
            return nullptr;
        }
    }

    const T* weights_;
    arena arena_;
};

/// Index of the largest of several scores; the first if there are several, or a NaN if one is among them.
template <class T, std::size_t Size>
constexpr std::size_t argmax(std::span<const T, Size> scores) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        if (!(scores[i] <= scores[best]) && scores[best] == scores[best]) best = i;
    return best;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
