// SPDX-License-Identifier: BSL-1.0
/// @file text_view.hpp
/// Characters in static storage. A std::string_view in all but its header, which would cost architecture.hpp a third of
/// its compile time.
#pragma once
#include <archetype/instruction_set.hpp>

#include <cstddef>

namespace archetype {

/// A view of characters; converts to `std::string_view`, and to `std::string` by `std::string(view)`.
class text_view {
public:
    constexpr text_view() = default;
    ARCHETYPE_INLINE constexpr text_view(const char* data, std::size_t size) : data_(data), size_(size) {}
    template <std::size_t Size>
    ARCHETYPE_INLINE constexpr text_view(const char (&literal)[Size])
        : data_(literal), size_(Size - 1) {}  // NOLINT: implicit

    ARCHETYPE_INLINE constexpr const char* data() const { return data_; }
    ARCHETYPE_INLINE constexpr std::size_t size() const { return size_; }
    ARCHETYPE_INLINE constexpr bool empty() const { return size_ == 0; }
    ARCHETYPE_INLINE constexpr const char* begin() const { return data_; }
    ARCHETYPE_INLINE constexpr const char* end() const { return data_ + size_; }
    /// The part from `first` on, of `count` characters or up to the end.
    ARCHETYPE_INLINE constexpr text_view part(std::size_t first,
                                              std::size_t count = static_cast<std::size_t>(-1)) const {
        return {data_ + first, count < size_ - first ? count : size_ - first};
    }
    ARCHETYPE_INLINE constexpr bool starts_with(text_view start) const {
        return start.size_ <= size_ && part(0, start.size_) == start;
    }
    ARCHETYPE_INLINE friend constexpr bool operator==(text_view a, text_view b) {
        if (a.size_ != b.size_) return false;
        for (std::size_t i = 0; i < a.size_; ++i)
            if (a.data_[i] != b.data_[i]) return false;
        return true;
    }
    /// Writes to a stream.
    template <class Stream>
    requires requires(Stream& stream, const char* data, std::ptrdiff_t size) { stream.write(data, size); }
    friend Stream& operator<<(Stream& stream, text_view text) {
        stream.write(text.data_, static_cast<std::ptrdiff_t>(text.size_));
        return stream;
    }
    /// To a type like std::string_view.
    template <class View>
    requires requires(const char* data, std::size_t size, View view) {
        View(data, size);
        view.remove_prefix(size);
    }
    ARCHETYPE_INLINE constexpr operator View() const {  // NOLINT: implicit
        return View(data_, size_);
    }

private:
    const char* data_ = "";
    std::size_t size_ = 0;
};

}  // namespace archetype
