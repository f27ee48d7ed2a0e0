// SPDX-License-Identifier: BSL-1.0
/// @file array.hpp
/// Values while a graph is evaluated: real numbers as double, integers and booleans as 64 bits, texts.
#pragma once
#include "../graph/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace archetype::evaluate {

using graph::element_type;
using graph::is_real;
using graph::is_whole;
using graph::name_of;
using graph::shape_text;
using graph::shape_type;

using reals = std::vector<double>;
using wholes = std::vector<std::int64_t>;  ///< uint64 as the same bits
using texts = std::vector<std::string>;

/// Elements that lie as a file has them, in their own type, until somebody asks for them as numbers.
struct stored_elements {
    graph::tensor from;
    mutable reals as_reals;
    mutable wholes as_wholes;
};

/// The numbers of bytes that may lie anywhere, one at a time.
template <class T>
struct stored_numbers {
    const std::byte* first;
    double operator[](std::size_t index) const {
        T one;
        std::memcpy(&one, first + index * sizeof(T), sizeof(T));
        return static_cast<double>(one);
    }
};

/// A tensor; its elements are shared and never change.
class array {
public:
    array() = default;
    /// Elements that are decoded when they are asked for. They have to be whole bytes of numbers.
    explicit array(graph::tensor from)
        : type(from.type),
          shape(from.shape),
          stored_(std::make_shared<stored_elements>(stored_elements{std::move(from), {}, {}})) {}
    array(element_type kind, shape_type extents, reals elements)
        : type(kind), shape(std::move(extents)), reals_(std::make_shared<const reals>(std::move(elements))) {}
    array(element_type kind, shape_type extents, wholes elements)
        : type(kind),
          shape(std::move(extents)),
          wholes_(std::make_shared<const wholes>(std::move(elements))) {}
    array(element_type kind, shape_type extents, texts elements)
        : type(kind), shape(std::move(extents)), texts_(std::make_shared<const texts>(std::move(elements))) {}

    element_type type = element_type::none;
    shape_type shape;

    std::size_t rank() const { return shape.size(); }
    std::size_t size() const {
        if (stored_) return stored_->from.bytes.size() / (graph::bits_of(stored_->from.type) / 8);
        return reals_ ? reals_->size() : wholes_ ? wholes_->size() : texts_ ? texts_->size() : 0;
    }
    /// The elements; empty if the type is of another kind.
    const reals& as_reals() const { return stored_ ? decoded_reals() : reals_ ? *reals_ : none<reals>(); }
    const wholes& as_wholes() const {
        return stored_ ? decoded_wholes() : wholes_ ? *wholes_ : none<wholes>();
    }
    const texts& as_texts() const { return texts_ ? *texts_ : none<texts>(); }

    /// As a file has them, if they are.
    const graph::tensor* stored() const { return stored_ ? &stored_->from : nullptr; }
    /// Frees numbers that can be decoded again: nobody may hold `as_reals()` or `as_wholes()` of it.
    void release() const {
        if (!stored_) return;
        reals().swap(stored_->as_reals);
        wholes().swap(stored_->as_wholes);
    }

    array reshaped(shape_type extents) const {
        array made = *this;
        made.shape = std::move(extents);
        return made;
    }

private:
    template <class Elements>
    static const Elements& none() {
        static const Elements empty;
        return empty;
    }
    const reals& decoded_reals() const;
    const wholes& decoded_wholes() const;

    std::shared_ptr<const stored_elements> stored_;
    std::shared_ptr<const reals> reals_;
    std::shared_ptr<const wholes> wholes_;
    std::shared_ptr<const texts> texts_;
};

/// Calls `read` with the real numbers as something that has indices, floats of a file without a copy.
template <class Read>
auto with_numbers(const array& of, const Read& read) {
    const graph::tensor* stored = of.stored();
    if (stored != nullptr && stored->type == element_type::float32)
        return read(stored_numbers<float>{stored->bytes.data()});
    if (stored != nullptr && stored->type == element_type::float64)
        return read(stored_numbers<double>{stored->bytes.data()});
    return read(of.as_reals().data());
}

/// Calls `make` with the elements, whatever their kind.
template <class Make>
auto with_elements(const array& of, const Make& make) {
    if (is_real(of.type)) return make(of.as_reals());
    if (of.type == element_type::text) return make(of.as_texts());
    return make(of.as_wholes());
}

/// What a value can be while a graph is evaluated.
struct datum {
    enum class kinds : std::uint8_t { absent, tensor, sequence, empty_optional };
    kinds kind = kinds::absent;
    array tensor;
    std::shared_ptr<const std::vector<array>> sequence;

    datum() = default;
    datum(array made) : kind(kinds::tensor), tensor(std::move(made)) {}
    datum(std::vector<array> made)
        : kind(kinds::sequence), sequence(std::make_shared<const std::vector<array>>(std::move(made))) {}
};

/// The nearest number of the type, ties to even; beyond the largest one infinity, or with `saturate` the largest one
/// (types of 8 bits; those without infinity give NaN).
double rounded(double number, element_type type, bool saturate = false);
/// The integer with the type's number of bits, as overflow leaves it.
std::int64_t wrapped(std::int64_t number, element_type type);
/// The nearest integer of the type, ties to even. NaN is 0.
std::int64_t saturated(double number, element_type type);
std::int64_t least_of(element_type type);
std::int64_t most_of(element_type type);

double to_double(std::int64_t number, element_type type);
/// Every element as double. @throws std::invalid_argument for texts
reals all_reals(const array& of);

/// The elements that bytes of a file stand for. @throws std::invalid_argument for complex numbers
array array_of(const graph::tensor& from);
/// The same numbers in their own type, if they are many: half of a double for a float.
array packed(array from);
/// The bytes of elements in the type's own size, little endian; two in a byte for 4 bits.
std::vector<std::byte> bytes_of(const array& from);
/// The array as a tensor that owns its elements: what `array_of` reads.
graph::tensor tensor_of(const array& from);

/// The array with every element rounded to its type; with `wide` no float of 16 bits or more is.
array finished(array made, bool wide);

}  // namespace archetype::evaluate
