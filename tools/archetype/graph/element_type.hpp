// SPDX-License-Identifier: BSL-1.0
/// @file element_type.hpp
/// Types of elements that files of networks have.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace archetype::graph {

enum class element_type : std::uint8_t {
    none,
    float32,
    uint8,
    int8,
    uint16,
    int16,
    int32,
    int64,
    text,
    boolean,
    float16,
    float64,
    uint32,
    uint64,
    complex64,
    complex128,
    bfloat16,
    float8e4m3fn,
    float8e4m3fnuz,
    float8e5m2,
    float8e5m2fnuz,
    uint4,
    int4,
    float4e2m1
};

struct element_facts {
    std::string_view name;
    std::size_t bits;  ///< none for text
};

inline constexpr std::array<element_facts, 24> element_table{{
    {"unknown", 0},        {"float32", 32},  {"uint8", 8},        {"int8", 8},           {"uint16", 16},
    {"int16", 16},         {"int32", 32},    {"int64", 64},       {"string", 0},         {"bool", 8},
    {"float16", 16},       {"float64", 64},  {"uint32", 32},      {"uint64", 64},        {"complex64", 64},
    {"complex128", 128},   {"bfloat16", 16}, {"float8e4m3fn", 8}, {"float8e4m3fnuz", 8}, {"float8e5m2", 8},
    {"float8e5m2fnuz", 8}, {"uint4", 4},     {"int4", 4},         {"float4e2m1", 4},
}};

constexpr std::string_view name_of(element_type type) {
    return element_table[static_cast<std::size_t>(type)].name;
}
constexpr std::size_t bits_of(element_type type) {
    return element_table[static_cast<std::size_t>(type)].bits;
}

/// Computed with real numbers.
constexpr bool is_real(element_type type) {
    using enum element_type;
    return type == float32 || type == float64 || type == float16 || type == bfloat16 ||
           (type >= float8e4m3fn && type <= float8e5m2fnuz) || type == float4e2m1;
}
/// Computed with integers; a boolean is 0 or 1.
constexpr bool is_whole(element_type type) {
    using enum element_type;
    return !is_real(type) && type != none && type != text && type != complex64 && type != complex128;
}

}  // namespace archetype::graph
