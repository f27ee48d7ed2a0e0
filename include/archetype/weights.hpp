// SPDX-License-Identifier: BSL-1.0
/// @file weights.hpp
/// Weights in read-only storage, bound by type to the architecture they were trained for: all that generated files
/// include. Freestanding, and nothing of the library stands behind it.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <array>
#include <cstddef>
#include <cstdint>

namespace archetype {

/// How the numbers of generated files are ordered and hashed. A version of the library that changes this has another number
/// here, and files with the old one are refused with a sentence.
inline constexpr unsigned weights_format = 1;

/// Elements that can be read past the end of `constant_weights::data`, so that vectors need no masks at the
/// tail.
inline constexpr std::size_t constant_weights_slack = 64;

namespace detail {

/// The first of at least `Needed` elements in an array, std::array or std::span whose length the compiler knows. Anything
/// else is one sentence.
template <class T, std::size_t Needed>
struct weights_array {
    const T* first = nullptr;

    template <std::size_t Size>
    constexpr weights_array(const T (&array)[Size]) : first(array) {  // NOLINT: implicit
        static_assert(
            Size >= Needed,
            "archetype: the array of these weights is too short: weights of real numbers or 8 bits are "
            "followed by 64 more elements, which kernels may read (constant_weights_slack)");
    }
    template <template <class, std::size_t> class Array, class Element, std::size_t Size>
    requires(__is_same(Element, T) ||
             __is_same(Element, const T)) constexpr weights_array(const Array<Element, Size>& array)
        : first(array.data()) {  // NOLINT: implicit
        static_assert(Size != static_cast<std::size_t>(-1),
                      "archetype: weights are given as an array of their type whose length is known (a "
                      "pointer by from_pointer)");
        static_assert(
            Size >= Needed,
            "archetype: the array of these weights is too short: weights of real numbers or 8 bits are "
            "followed by 64 more elements, which kernels may read (constant_weights_slack)");
    }
    template <class Storage>
    constexpr weights_array(const Storage&) {  // NOLINT: implicit
        static_assert(Needed == 0 && sizeof(Storage) == 0,
                      "archetype: weights are given as an array of their type whose length is known (a "
                      "pointer by from_pointer)");
    }
    constexpr weights_array(decltype(nullptr)) {}  // NOLINT: implicit; none yet
};

struct unchecked_weights {};

}  // namespace detail

/// `Count` parameters of the network whose hash is `Architecture`: a pointer into constant storage that is
/// aligned to 64 bytes and followed by `constant_weights_slack` zeros. Generated headers define one. An
/// inference object checks both numbers at compile time, so weights of another network do not compile; nor does an array
/// (std::array, std::span of known length) without these zeros.
template <std::uint64_t Architecture, std::size_t Count, class T = float, unsigned Format = 1>
struct constant_weights {
    using value_type = T;
    static_assert(
        Format == weights_format,
        "archetype: these weights were generated in the format of another version: generate them again");
    static constexpr std::uint64_t architecture = Architecture;
    static constexpr unsigned format = Format;

    const T* data;

    constexpr constant_weights(detail::weights_array<T, Count + constant_weights_slack> storage)  // NOLINT
        : data(storage.first) {}
    /// For memory of which the compiler does not know the length: `Count` weights and `constant_weights_slack` more elements
    /// that may be read.
    static constexpr constant_weights from_pointer(const T* first) {
        return {detail::unchecked_weights{}, first};
    }

    static constexpr std::size_t size() { return Count; }
    constexpr const T* begin() const { return data; }
    constexpr const T* end() const { return data + Count; }
    constexpr const T& operator[](std::size_t index) const { return data[index]; }

private:
    constexpr constant_weights(detail::unchecked_weights, const T* first) : data(first) {}
};

/// The `Count` parameters that training starts from, of the network whose hash (with what is frozen) is `Architecture`: a
/// pointer into constant storage, as of `constant_weights`. Generated headers define one (`write_constant_parameters`).
template <std::uint64_t Architecture, std::size_t Count, class T = float, unsigned Format = 1>
struct constant_parameters {
    using value_type = T;
    static_assert(
        Format == weights_format,
        "archetype: these parameters were generated in the format of another version: generate them again");
    static constexpr std::uint64_t architecture = Architecture;
    static constexpr unsigned format = Format;

    const T* data;

    constexpr constant_parameters(detail::weights_array<T, Count + constant_weights_slack> storage)  // NOLINT
        : data(storage.first) {}
    /// For memory of which the compiler does not know the length, as `constant_weights::from_pointer`.
    static constexpr constant_parameters from_pointer(const T* first) {
        return {detail::unchecked_weights{}, first};
    }
    static constexpr std::size_t size() { return Count; }

private:
    constexpr constant_parameters(detail::unchecked_weights, const T* first) : data(first) {}
};

/// 8-bit weights of the network whose hash is `Architecture`: pointers to `Count` weights and `Numbers` numbers in constant
/// storage, each followed by `constant_weights_slack` zeros. Generated headers define one. Weights of another network do
/// not compile.
template <std::uint64_t Architecture, std::size_t Count, std::size_t Numbers, unsigned Format = 1>
struct int8_weights {
    static_assert(
        Format == weights_format,
        "archetype: these weights were generated in the format of another version: generate them again");
    static constexpr std::uint64_t architecture = Architecture;
    static constexpr unsigned format = Format;
    static constexpr std::size_t count = Count, number_count = Numbers;
    const std::int8_t* weights;
    const float* numbers;

    constexpr int8_weights(detail::weights_array<std::int8_t, Count + constant_weights_slack> weights_storage,
                           detail::weights_array<float, Numbers + constant_weights_slack> numbers_storage)
        : weights(weights_storage.first), numbers(numbers_storage.first) {}
    /// For memory of which the compiler does not know the length, as `constant_weights::from_pointer`.
    static constexpr int8_weights from_pointer(const std::int8_t* weights, const float* numbers) {
        return {detail::unchecked_weights{}, weights, numbers};
    }

private:
    constexpr int8_weights(detail::unchecked_weights, const std::int8_t* first, const float* first_number)
        : weights(first), numbers(first_number) {}
};

/// The order of the 8-bit weights of convolutions and dense layers, for the multiplications that processors have.
enum class weight_order {
    plain,   ///< [filter][tap]: any processor, Arm's MVE and NEON
    paired,  ///< bytes of two filters in one halfword: Cortex-M with the DSP extension (M4, M7, M33)
    lanes,   ///< four taps of sixteen filters in a vector: x86 with AVX2 or AVX-512 VNNI
};

/// The format of words packed in an order; the kernels of one order may change alone.
constexpr unsigned weights_format_of(weight_order order) {
    return order == weight_order::paired ? weights_format + 1 : weights_format;
}

/// Weights of the form of the network whose hash is `Architecture` with 8-bit (or 16-bit) activations, packed in an order: a
/// pointer to `Words` words of constant storage. Generated headers define one. Weights of another network, or packed for
/// another processor, do not compile.
template <std::uint64_t Architecture, std::size_t Words, weight_order Order = weight_order::plain,
          class Activation = std::int8_t, unsigned Format = weights_format_of(Order)>
struct quantized_weights {
    using activation = Activation;
    static_assert(
        Format == weights_format_of(Order),
        "archetype: these weights were generated in the format of another version: generate them again");
    static constexpr std::uint64_t architecture = Architecture;
    static constexpr unsigned format = Format;
    static constexpr weight_order order = Order;
    const std::int32_t* data;
    static constexpr std::size_t size() { return Words; }

    constexpr quantized_weights(detail::weights_array<std::int32_t, Words> storage)  // NOLINT: implicit
        : data(storage.first) {}
    /// For memory of which the compiler does not know the length: `Words` words.
    static constexpr quantized_weights from_pointer(const std::int32_t* first) {
        return {detail::unchecked_weights{}, first};
    }

private:
    constexpr quantized_weights(detail::unchecked_weights, const std::int32_t* first) : data(first) {}
};

}  // namespace archetype

#include <archetype/pop_macros.hpp>  // comes last
