// SPDX-License-Identifier: BSL-1.0
/// @file error.hpp
/// What all exceptions of the library are, besides the standard's.
#pragma once
#include <archetype/instruction_set.hpp>

#include <stdexcept>

namespace archetype {

/// The base of all that the library throws: each is also a std::invalid_argument, std::out_of_range or std::runtime_error, and
/// `what()` says what was expected and found. What others throw (std::bad_alloc) is none.
class error {
public:
    virtual const char* what() const noexcept = 0;

protected:
    error() = default;
    error(const error&) = default;
    error& operator=(const error&) = default;
    ~error() = default;
};

namespace detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `Standard`, an exception of the standard, as one of the library.
template <class Standard>
class thrown : public Standard, public error {
public:
    using Standard::Standard;
    const char* what() const noexcept override { return Standard::what(); }
};

}  // namespace detail::inline ARCHETYPE_INSTRUCTION_SET
}  // namespace archetype
