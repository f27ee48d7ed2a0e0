// SPDX-License-Identifier: BSL-1.0
/// @file page_text.hpp
/// Text from WebAssembly to a page: characters in static storage with a zero at the end, read by `read_text` of wasm.js.
#pragma once
#include <archetype/architecture/text_writer.hpp>

/// A function that pages call by this name.
#define PAGE_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace page {

template <std::size_t Size>
class text {
public:
    void clear() { size_ = 0; }
    void append(archetype::text_view part) {
        for (const char c : part)
            if (size_ + 1 < Size) data_[size_++] = c;
    }
    void append_number(std::uint64_t number) {
        char digits[20];
        archetype::detail::text_writer writer{digits};
        writer.append_number(number);
        append({digits, writer.size});
    }
    void append_quoted(archetype::text_view part) {
        append("\"");
        append(part);
        append("\"");
    }
    const char* ended() {
        data_[size_] = 0;
        return data_;
    }

private:
    char data_[Size];
    std::size_t size_ = 0;
};

}  // namespace page
