// SPDX-License-Identifier: BSL-1.0
/// @file file_error.hpp
/// What is said of a file that cannot be used: a value (`file_failure`), the exception that carries it
/// (`file_error`) and the result of functions that do not throw (`file_result`). Usable with -fno-exceptions.
#pragma once
#include <archetype/error.hpp>
#include <archetype/instruction_set.hpp>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Which file, what was expected of it and what was found.
struct file_failure {
    std::string path;      ///< as the caller gave it
    std::string expected;  ///< what a good file has
    std::string found;     ///< what this one has

    /// "path: expected ..., found ...".
    std::string message() const { return path + ": expected " + expected + ", found " + found; }
};

/// A file that cannot be read, written or understood.
class file_error : public detail::thrown<std::runtime_error> {
public:
    explicit file_error(file_failure failure)
        : detail::thrown<std::runtime_error>(failure.message()), failure_(std::move(failure)) {}
    const file_failure& failure() const noexcept { return failure_; }

protected:
    file_error(const std::string& what, file_failure failure)
        : detail::thrown<std::runtime_error>(what), failure_(std::move(failure)) {}

private:
    file_failure failure_;
};

/// Either a value or the reason why there is none.
template <class T>
class [[nodiscard]] file_result {
public:
    file_result(T value) : value_(std::move(value)) {}
    file_result(file_failure failure) : failure_(std::move(failure)) {}

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// Only if `has_value()`.
    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return *std::move(value_); }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }
    /// Only if not `has_value()`; otherwise empty texts.
    const file_failure& failure() const noexcept { return failure_; }

#if defined(__cpp_exceptions)
    /// The value. @throws file_error if there is none
    T value() && {
        if (!value_) throw file_error(std::move(failure_));
        return *std::move(value_);
    }
#endif

private:
    std::optional<T> value_;
    file_failure failure_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What `make` returns, or that memory does not suffice for it: functions that begin with `try_` do not throw.
template <class Make>
auto without_throwing([[maybe_unused]] const std::string& path, Make make) -> decltype(make()) {
#if defined(__cpp_exceptions)
    file_failure too_large{path, "content that fits in memory", "more"};
    try {
        return make();
    } catch (const std::bad_alloc&) {
        return too_large;
    } catch (const std::length_error&) {
        return too_large;
    }
#else
    return make();
#endif
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
