// SPDX-License-Identifier: BSL-1.0
/// @file protobuf.hpp
/// Fields of protobuf messages that may stand packed or one by one.
#pragma once
#include <protozero/exception.hpp>

/// A field of another kind than the reader takes it for: protozero asserts that it is not, which release builds leave out.
namespace archetype::graph::detail {
struct wrong_wire_type : protozero::exception {
    const char* what() const noexcept override { return "a field of another wire type"; }
};
}  // namespace archetype::graph::detail
#define protozero_assert(right) \
    ((right) ? static_cast<void>(0) : throw archetype::graph::detail::wrong_wire_type())
#include <protozero/pbf_reader.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace archetype::graph::detail {

/// A text, which protobuf has in UTF-8: messages and reports show it.
struct no_utf8 : protozero::exception {
    const char* what() const noexcept override { return "a text that is not UTF-8"; }
};
inline std::string text_in(protozero::pbf_reader& message) {
    std::string text = message.get_string();
    std::size_t more = 0;  // bytes of a character that are to come
    for (const char one : text) {
        const auto byte = static_cast<unsigned char>(one);
        const bool follows = byte >> 6 == 2;
        if (follows != (more != 0) || byte == 0xC0 || byte == 0xC1 || byte > 0xF4) throw no_utf8();
        more = follows ? more - 1 : byte < 0x80 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    }
    if (more != 0) throw no_utf8();
    return text;
}

template <class Take>
void each_int64(protozero::pbf_reader& message, const Take& take) {
    if (message.wire_type() == protozero::pbf_wire_type::length_delimited)
        for (const std::int64_t one : message.get_packed_int64()) take(one);
    else
        take(message.get_int64());
}
template <class Take>
void each_uint64(protozero::pbf_reader& message, const Take& take) {
    if (message.wire_type() == protozero::pbf_wire_type::length_delimited)
        for (const std::uint64_t one : message.get_packed_uint64()) take(one);
    else
        take(message.get_uint64());
}
template <class Take>
void each_float(protozero::pbf_reader& message, const Take& take) {
    if (message.wire_type() == protozero::pbf_wire_type::length_delimited)
        for (const float one : message.get_packed_float()) take(one);
    else
        take(message.get_float());
}
template <class Take>
void each_double(protozero::pbf_reader& message, const Take& take) {
    if (message.wire_type() == protozero::pbf_wire_type::length_delimited)
        for (const double one : message.get_packed_double()) take(one);
    else
        take(message.get_double());
}

}  // namespace archetype::graph::detail
