// SPDX-License-Identifier: BSL-1.0
/// @file inference.hpp
/// A network with constant weights: no heap, no exceptions, no RTTI.
#pragma once
#include <archetype/execution/inference_pass.hpp>

#include <span>
#include <tuple>
#include <type_traits>

namespace archetype {

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
    static constexpr std::size_t input_size = detail::unchecked_facts<Net>.input.size();
    static constexpr std::size_t output_size = detail::unchecked_facts<Net>.output.size();

    /// Refers to `weights`, which must stay. Weights made for another architecture do not compile.
    template <std::uint64_t Architecture, std::size_t Count>
    constexpr explicit inference(const constant_weights<Architecture, Count, T>& weights)
        : weights_(weights.data) {
        static_assert(Architecture == architecture_hash<Net>,
                      "archetype: these constant weights were written for another architecture");
        static_assert(Architecture != architecture_hash<Net> || Count == inference_weight_count<Net>,
                      "archetype: the number of constant weights does not fit the architecture");
    }

    /// One sample in, its result out: a view into this object, valid until the next call.
    /// @param sample  rows, columns, channels in this order, without padding
    /// @param others  the samples of further inputs, in their order
    template <class... Others>
    requires(sizeof...(Others) + 1 ==
             detail::inference_plan<Net>.input_count) constexpr std::span<const T, output_size>
    operator()(std::span<const T, input_size> sample, const Others&... others) {
        return run(sample, std::index_sequence_for<Others...>{}, others...);
    }

    /// Output `K` of the last call: 0 is what it returned, side outputs follow in their order.
    template <std::size_t K>
    constexpr auto output() const {
        constexpr std::size_t size = plan.values[plan.outputs[K]].extents.size();
        return std::span<const T, size>(arena_ + plan.values[plan.outputs[K]].offset, size);
    }

private:
    static constexpr const auto& plan = detail::inference_plan<Net>;

    template <std::size_t... Other, class... Others>
    constexpr std::span<const T, output_size> run(std::span<const T, input_size> sample,
                                                  std::index_sequence<Other...>, const Others&... others) {
        const std::tuple further{
            std::span<const T, detail::further_input<Net, Other + 1>.extents.size()>(others)...};
        if (std::is_constant_evaluated()) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                detail::run_reference<Net, T>(
                    weights_,
                    std::array<const T*, sizeof...(Other) + 1>{sample.data(),
                                                               std::get<Other>(further).data()...},
                    std::array<T*, sizeof...(K)>{arena_ + plan.values[plan.outputs[K]].offset...});
            }
            (std::make_index_sequence<std::size(plan.outputs)>{});
            return output<0>();
        }
        const T* input = sample.data();
        if constexpr (!reads_in_place) {
            T* const place = detail::input_place<Net>(arena_, arena_ + plan.arena_elements, 1);
            detail::copy_rows<detail::input_image<Net>>(input, place, 1);
            input = place;
        }
        (detail::copy_rows<detail::image_of(detail::further_input<Net, Other + 1>,
                                            detail::further_input<Net, Other + 1>.extents)>(
             std::get<Other>(further).data(), detail::further_input_place<Net, Other + 1>(arena_, 1), 1),
         ...);
        detail::run_inference<Net, T, false>(weights_, nullptr, input, arena_, 1);
        return std::span<const T, output_size>(detail::output_place<Net>(input, arena_, 1), output_size);
    }

    // Vector kernels may read past the end of a sample, so it is copied; elsewhere only if the plan wants it.
    static constexpr bool reads_in_place = detail::read_slack == 0 && !plan.input_in_arena;

    const T* weights_;
    T arena_[plan.arena_elements + (reads_in_place ? 0 : detail::input_room<Net>)+detail::read_slack];
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
