// SPDX-License-Identifier: BSL-1.0
#include "array.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace archetype::evaluate {

namespace {

/// A small floating-point format: bits of the fraction, bias of the exponent, and what its last code means.
struct format {
    int fraction, exponent, bias;
    double most;
    bool infinity;
    bool one_nan;  ///< fnuz: no negative zero, NaN in its place
};

constexpr format format_of(element_type type) {
    using enum element_type;
    switch (type) {
        case float16:
            return {10, 5, 15, 65504.0, true, false};
        case bfloat16:
            return {7, 8, 127, 3.3895313892515355e38, true, false};
        case float8e4m3fn:
            return {3, 4, 7, 448.0, false, false};
        case float8e4m3fnuz:
            return {3, 4, 8, 240.0, false, true};
        case float8e5m2:
            return {2, 5, 15, 57344.0, true, false};
        case float8e5m2fnuz:
            return {2, 5, 16, 57344.0, false, true};
        default:
            return {1, 2, 1, 6.0, false, false};  // float4e2m1, which has no NaN either
    }
}

/// The number that a code of such a format stands for.
double decoded(unsigned code, element_type type) {
    const format f = format_of(type);
    const unsigned bits = static_cast<unsigned>(1 + f.exponent + f.fraction);
    const bool negative = (code >> (bits - 1) & 1U) != 0;
    const unsigned top = code >> f.fraction & ((1U << f.exponent) - 1);
    const unsigned low = code & ((1U << f.fraction) - 1);
    const bool last = top == (1U << f.exponent) - 1;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    if (f.one_nan && negative && top == 0 && low == 0) return nan;
    if (f.infinity && last) return low != 0 ? nan : negative ? -HUGE_VAL : HUGE_VAL;
    if (type == element_type::float8e4m3fn && last && low == 7) return nan;
    const double fraction =
        top == 0 ? static_cast<double>(low) : static_cast<double>(low + (1U << f.fraction));
    const double number = std::ldexp(fraction, (top == 0 ? 1 : static_cast<int>(top)) - f.bias - f.fraction);
    return negative ? -number : number;
}

unsigned encoded(double number, element_type type) {
    const format f = format_of(type);
    const unsigned sign = 1U << (f.exponent + f.fraction);
    if (std::isnan(number)) {
        if (f.one_nan) return sign;
        if (type == element_type::float4e2m1) return 0;
        return f.infinity ? ((((1U << f.exponent) - 1) << f.fraction) | 1U << (f.fraction - 1)) : 0x7F;
    }
    const unsigned negative = std::signbit(number) ? sign : 0;
    const double size = std::abs(number);
    if (std::isinf(number)) return negative | (((1U << f.exponent) - 1) << f.fraction);
    if (size == 0) return f.one_nan ? 0 : negative;
    int exponent = std::max(std::ilogb(size), 1 - f.bias);
    auto fraction = static_cast<unsigned>(std::ldexp(size, f.fraction - exponent));
    const unsigned hidden = 1U << f.fraction;
    const unsigned top = fraction >= hidden ? static_cast<unsigned>(exponent + f.bias) : 0;
    return negative | (top << f.fraction) | (fraction & (hidden - 1));
}

template <class T, class To>
std::vector<To> taken(std::span<const std::byte> bytes) {
    std::vector<To> made(bytes.size() / sizeof(T));
    for (std::size_t i = 0; i < made.size(); ++i) {
        T one;
        std::memcpy(&one, bytes.data() + i * sizeof(T), sizeof(T));
        made[i] = static_cast<To>(one);
    }
    return made;
}

template <class T, class From>
std::vector<std::byte> given(const std::vector<From>& from) {
    std::vector<std::byte> made(from.size() * sizeof(T));
    for (std::size_t i = 0; i < from.size(); ++i) {
        const T one = static_cast<T>(from[i]);
        std::memcpy(made.data() + i * sizeof(T), &one, sizeof(T));
    }
    return made;
}

unsigned half_byte(std::span<const std::byte> bytes, std::size_t index) {
    const auto whole = std::to_integer<unsigned>(bytes[index / 2]);
    return index % 2 == 0 ? whole & 15U : whole >> 4;
}

}  // namespace

double rounded(double number, element_type type, bool saturate) {
    using enum element_type;
    if (type == float64 || std::isnan(number)) {
        return std::isnan(number) && type == float4e2m1 ? 0.0 : number;
    }
    if (type == float32) return static_cast<double>(static_cast<float>(number));
    const format f = format_of(type);
    if (type == float4e2m1) saturate = true;
    const double overflow = saturate     ? f.most
                            : f.infinity ? HUGE_VAL
                                         : std::numeric_limits<double>::quiet_NaN();
    if (std::isinf(number)) return std::copysign(overflow, number);
    if (number == 0) return f.one_nan ? 0.0 : number;
    const int exponent = std::max(std::ilogb(number), 1 - f.bias);
    const double step = std::ldexp(1.0, exponent - f.fraction);
    const double nearest = std::nearbyint(number / step) * step;
    if (std::abs(nearest) > f.most) return std::copysign(overflow, number);
    if (nearest == 0) return f.one_nan ? 0.0 : std::copysign(0.0, number);
    return nearest;
}

std::int64_t wrapped(std::int64_t number, element_type type) {
    using enum element_type;
    switch (type) {
        case uint8:
            return static_cast<std::uint8_t>(number);
        case int8:
            return static_cast<std::int8_t>(number);
        case uint16:
            return static_cast<std::uint16_t>(number);
        case int16:
            return static_cast<std::int16_t>(number);
        case uint32:
            return static_cast<std::uint32_t>(number);
        case int32:
            return static_cast<std::int32_t>(number);
        case uint4:
            return number & 15;
        case int4:
            return ((number & 15) ^ 8) - 8;
        case boolean:
            return number != 0 ? 1 : 0;
        default:
            return number;
    }
}

std::int64_t least_of(element_type type) {
    using enum element_type;
    switch (type) {
        case int8:
            return -128;
        case int16:
            return INT16_MIN;
        case int32:
            return INT32_MIN;
        case int64:
            return INT64_MIN;
        case int4:
            return -8;
        default:
            return 0;
    }
}
std::int64_t most_of(element_type type) {
    using enum element_type;
    switch (type) {
        case int8:
            return 127;
        case uint8:
            return 255;
        case int16:
            return INT16_MAX;
        case uint16:
            return UINT16_MAX;
        case int32:
            return INT32_MAX;
        case uint32:
            return UINT32_MAX;
        case int4:
            return 7;
        case uint4:
            return 15;
        case boolean:
            return 1;
        default:
            return INT64_MAX;
    }
}

std::int64_t saturated(double number, element_type type) {
    if (std::isnan(number)) return 0;
    const double nearest = std::nearbyint(number);
    if (nearest <= static_cast<double>(least_of(type))) return least_of(type);
    if (nearest >= static_cast<double>(most_of(type))) return most_of(type);
    return static_cast<std::int64_t>(nearest);
}

double to_double(std::int64_t number, element_type type) {
    return type == element_type::uint64 ? static_cast<double>(static_cast<std::uint64_t>(number))
                                        : static_cast<double>(number);
}

reals all_reals(const array& of) {
    if (is_real(of.type)) return of.as_reals();
    if (!is_whole(of.type)) throw std::invalid_argument(std::string(name_of(of.type)));
    reals made(of.size());
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = to_double(of.as_wholes()[i], of.type);
    return made;
}

namespace {

/// Of the bytes, in memory of its own.
array decoded_array(const graph::tensor& from) {
    using enum element_type;
    const auto bytes = from.bytes;
    const auto count = static_cast<std::size_t>(*graph::element_count(from.shape));
    const auto real = [&](reals made) { return array(from.type, from.shape, std::move(made)); };
    const auto whole = [&](wholes made) { return array(from.type, from.shape, std::move(made)); };
    switch (from.type) {
        case float32:
            return real(taken<float, double>(bytes));
        case float64:
            return real(taken<double, double>(bytes));
        case float16:
        case bfloat16: {
            reals made = taken<std::uint16_t, double>(bytes);
            for (double& one : made) one = decoded(static_cast<unsigned>(one), from.type);
            return real(std::move(made));
        }
        case float8e4m3fn:
        case float8e4m3fnuz:
        case float8e5m2:
        case float8e5m2fnuz: {
            reals made = taken<std::uint8_t, double>(bytes);
            for (double& one : made) one = decoded(static_cast<unsigned>(one), from.type);
            return real(std::move(made));
        }
        case float4e2m1: {
            reals made(count);
            for (std::size_t i = 0; i < count; ++i) made[i] = decoded(half_byte(bytes, i), from.type);
            return real(std::move(made));
        }
        case uint4:
        case int4: {
            wholes made(count);
            for (std::size_t i = 0; i < count; ++i) made[i] = wrapped(half_byte(bytes, i), from.type);
            return whole(std::move(made));
        }
        case uint8:
        case boolean:
            return whole(taken<std::uint8_t, std::int64_t>(bytes));
        case int8:
            return whole(taken<std::int8_t, std::int64_t>(bytes));
        case uint16:
            return whole(taken<std::uint16_t, std::int64_t>(bytes));
        case int16:
            return whole(taken<std::int16_t, std::int64_t>(bytes));
        case uint32:
            return whole(taken<std::uint32_t, std::int64_t>(bytes));
        case int32:
            return whole(taken<std::int32_t, std::int64_t>(bytes));
        case uint64:
        case int64:
            return whole(taken<std::int64_t, std::int64_t>(bytes));
        case text:
            return {from.type, from.shape, from.texts};
        default:
            throw std::invalid_argument("complex numbers");
    }
}

/// Below it an array is decoded at once.
constexpr std::size_t few = 4096;

}  // namespace

const reals& array::decoded_reals() const {
    if (is_real(type) && stored_->as_reals.empty())
        stored_->as_reals = decoded_array(stored_->from).as_reals();
    return stored_->as_reals;
}
const wholes& array::decoded_wholes() const {
    if (is_whole(type) && stored_->as_wholes.empty())
        stored_->as_wholes = decoded_array(stored_->from).as_wholes();
    return stored_->as_wholes;
}

array array_of(const graph::tensor& from) {
    const bool is_number = is_real(from.type) || is_whole(from.type);
    // Bytes without an owner may be gone when somebody asks.
    if (!is_number || !from.owner || from.bytes.size() <= few || graph::bits_of(from.type) < 8)
        return decoded_array(from);
    return array(from);
}

array packed(array from) {
    const bool is_number = is_real(from.type) || is_whole(from.type);
    if (from.stored() != nullptr || !is_number || from.size() * 8 <= few) return from;
    return array_of(tensor_of(from));
}

std::vector<std::byte> bytes_of(const array& from) {
    using enum element_type;
    switch (from.type) {
        case float32:
            return given<float>(from.as_reals());
        case float64:
            return given<double>(from.as_reals());
        case uint64:
        case int64:
            return given<std::int64_t>(from.as_wholes());
        case uint32:
        case int32:
            return given<std::int32_t>(from.as_wholes());
        case uint16:
        case int16:
            return given<std::int16_t>(from.as_wholes());
        case uint8:
        case int8:
        case boolean:
            return given<std::int8_t>(from.as_wholes());
        default:
            break;
    }
    wholes codes(from.size());
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = is_real(from.type) ? encoded(rounded(from.as_reals()[i], from.type), from.type)
                                      : from.as_wholes()[i];
    if (graph::bits_of(from.type) == 16) return given<std::int16_t>(codes);
    if (graph::bits_of(from.type) == 8) return given<std::int8_t>(codes);
    std::vector<std::byte> made((codes.size() + 1) / 2);
    for (std::size_t i = 0; i < codes.size(); ++i)
        made[i / 2] |= static_cast<std::byte>((static_cast<unsigned>(codes[i]) & 15U) << (i % 2 * 4));
    return made;
}

graph::tensor tensor_of(const array& from) {
    graph::tensor made;
    if (const graph::tensor* stored = from.stored(); stored != nullptr && stored->type == from.type) {
        made = *stored;
        made.shape = from.shape;
        return made;
    }
    made.type = from.type;
    made.shape = from.shape;
    if (from.type == element_type::text) {
        made.texts = from.as_texts();
    } else {
        const auto bytes = std::make_shared<std::vector<std::byte>>(bytes_of(from));
        made.bytes = *bytes;
        made.owner = bytes;
    }
    return made;
}

array finished(array made, bool wide) {
    const element_type type = made.type;
    if (made.stored() != nullptr && made.stored()->type == type) return made;
    if (is_real(type)) {
        if (type == element_type::float64 || (wide && graph::bits_of(type) >= 16)) return made;
        const reals& from = made.as_reals();
        const auto differs = [&](double one) { return !std::isnan(one) && rounded(one, type) != one; };
        if (std::none_of(from.begin(), from.end(), differs)) return made;
        reals to(from.size());
        std::transform(from.begin(), from.end(), to.begin(), [&](double one) { return rounded(one, type); });
        return {type, made.shape, std::move(to)};
    }
    if (is_whole(type)) {
        const wholes& from = made.as_wholes();
        const auto differs = [&](std::int64_t one) { return wrapped(one, type) != one; };
        if (std::none_of(from.begin(), from.end(), differs)) return made;
        wholes to(from.size());
        std::transform(from.begin(), from.end(), to.begin(),
                       [&](std::int64_t one) { return wrapped(one, type); });
        return {type, made.shape, std::move(to)};
    }
    return made;
}

}  // namespace archetype::evaluate
