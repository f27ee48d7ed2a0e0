// SPDX-License-Identifier: BSL-1.0
/// @file inference.hpp
/// A network with constant weights: no heap, no exceptions, no RTTI.
#pragma once
#include <archetype/execution/inference_pass.hpp>

#include <span>
#include <type_traits>

namespace archetype {

namespace detail {

/// The memory of one network at inference, and a call with given weights.
template <class Net, class T>
class inference_arena {
    static constexpr const auto& plan = inference_plan<Net>;
    // Vector kernels may read past the end of a sample, so it is copied; elsewhere only if the plan wants it.
    static constexpr bool reads_in_place = read_slack == 0 && !plan.input_in_arena;
    static constexpr std::size_t elements =
        plan.arena_elements + (reads_in_place ? 0 : input_room<Net>)+read_slack;

    T values_[elements == 0 ? 1 : elements];

public:
    static constexpr std::size_t input_size = unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = unchecked_facts<Net>.output.size();

    constexpr std::span<const T, output_size> run(const T* weights, std::span<const T, input_size> sample) {
        if (std::is_constant_evaluated()) {
            run_reference<Net>(weights, sample.data(), values_);
            return std::span<const T, output_size>(values_, output_size);
        }
        const T* input = sample.data();
        if constexpr (!reads_in_place) {
            T* const place = input_place<Net>(values_, values_ + plan.arena_elements, 1);
            copy_rows<input_image<Net>>(input, place, 1);
            input = place;
        }
        return std::span<const T, output_size>(
            run_inference<Net, T, false>(weights, nullptr, input, values_, one_sample{}), output_size);
    }
};

/// Constant weights are those of `Net`. If they are of another network, their number does not matter.
template <class Net, std::uint64_t Architecture>
inline constexpr bool same_architecture = Architecture == architecture_hash<Net>;
template <class Net, std::uint64_t Architecture, std::size_t Count>
inline constexpr bool same_count =
    !same_architecture<Net, Architecture> || Count == inference_weight_count<Net>;

}  // namespace detail

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
public:
    static constexpr std::size_t input_size = detail::inference_arena<Net, T>::input_size;
    static constexpr std::size_t output_size = detail::inference_arena<Net, T>::output_size;

    /// Refers to `weights`, which must stay. Weights made for another architecture do not compile.
    template <std::uint64_t Architecture, std::size_t Count>
    constexpr explicit inference(const constant_weights<Architecture, Count, T>& weights)
        : weights_(weights.data) {
        static_assert(detail::same_architecture<Net, Architecture>,
                      "archetype: these constant weights were written for another architecture");
        static_assert(detail::same_count<Net, Architecture, Count>,
                      "archetype: the number of constant weights does not fit the architecture");
    }

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, without padding
    constexpr std::span<const T, output_size> operator()(std::span<const T, input_size> sample) {
        return arena_.run(weights_, sample);
    }

private:
    const T* weights_;
    detail::inference_arena<Net, T> arena_;
};

/// Index of the largest of several scores; the first if there are several, or a NaN if one is among them.
template <class T, std::size_t Size>
constexpr std::size_t argmax(std::span<const T, Size> scores) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        if (!(scores[i] <= scores[best]) && scores[best] == scores[best]) best = i;
    return best;
}

}  // namespace archetype
