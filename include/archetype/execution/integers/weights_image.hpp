// SPDX-License-Identifier: BSL-1.0
/// @file weights_image.hpp
/// Weights as bytes that come from elsewhere at run time: an update over the air, external flash, a file. What they are is
/// checked, and nothing is copied. Freestanding, no exceptions.
///
/// An image is a header of 64 bytes and what constant weights would hold. Numbers have the byte order of the target.
#pragma once
#include <archetype/execution/integers/quantized_sizes.hpp>

#include <span>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What is wrong with the bytes of weights; `ok` if nothing is.
enum class weights_status {
    ok,
    too_short,
    misaligned,
    no_weights,
    other_format,
    other_kind,
    other_architecture,
    other_order,
    other_length,
    damaged,
};

/// The status in words.
constexpr text_view sentence(weights_status status) {
    switch (status) {
        case weights_status::ok:
            return "nothing is wrong";
        case weights_status::too_short:
            return "expected a header of 64 bytes, found fewer bytes";
        case weights_status::misaligned:
            return "expected an address that is a multiple of 4, found another";
        case weights_status::no_weights:
            return "expected an image of weights in this byte order, found other bytes";
        case weights_status::other_format:
            return "expected the format of this version, found that of another: write the weights again";
        case weights_status::other_kind:
            return "expected weights for activations of the wanted type, found those of another";
        case weights_status::other_architecture:
            return "expected weights of this architecture, found those of another";
        case weights_status::other_order:
            return "expected weights in this processor's order, found those for another processor";
        case weights_status::other_length:
            return "expected as many bytes as the network reads, found fewer or more";
        case weights_status::damaged:
            return "expected the bytes that were written, found others: the hash differs";
    }
    return "";
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The first bytes of an image.
struct weights_image_header {
    static constexpr std::uint32_t signature = 0x57435241;  // "ARCW"
    std::uint32_t magic = signature;
    std::uint16_t format = weights_format;
    std::uint8_t activation = 0;  ///< bytes of an activation, or 64 + those of a real number
    std::uint8_t order = 0;
    std::uint64_t architecture = 0;
    std::uint64_t size = 0;  ///< bytes after the header
    std::uint64_t hash = 0;  ///< of them
    std::uint64_t reserved[4] = {};
};
static_assert(sizeof(weights_image_header) == 64);

/// FNV-1a with 64 bits.
inline std::uint64_t hash_of_bytes(const std::byte* bytes, std::size_t count) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::size_t i = 0; i < count; ++i)
        hash = (hash ^ static_cast<std::uint64_t>(bytes[i])) * 0x100000001b3;
    return hash;
}

/// What an image for activations of a type holds. Real numbers are followed by what vectors may read past them.
template <class Net, class Activation, weight_order Order>
struct image_of_weights {
    static_assert(std::is_same_v<Activation, float> || std::is_same_v<Activation, double> ||
                      std::is_same_v<Activation, std::int8_t> || std::is_same_v<Activation, std::int16_t>,
                  "archetype: activations are float, double, std::int8_t or std::int16_t");
    static constexpr bool is_real = std::is_floating_point_v<Activation>;
    using number = std::conditional_t<is_real, Activation, std::int32_t>;
    static constexpr std::uint64_t count = [] {
        if constexpr (is_real)
            return inference_weight_count<Net>;
        else
            return std::uint64_t{quantized_words<Net, Order, Activation>};
    }();
    static constexpr std::uint64_t bytes = sizeof(number) * (count + (is_real ? constant_weights_slack : 0));
    static constexpr std::uint8_t kind = static_cast<std::uint8_t>((is_real ? 64 : 0) + sizeof(Activation));
    static constexpr unsigned format = is_real ? weights_format : weights_format_of(Order);
    static constexpr auto view(const number* data) {
        if constexpr (is_real)
            return constant_weights<architecture_hash<Net>, count, Activation>::from_pointer(data);
        else
            return quantized_weights<architecture_hash<Net>, count, Order, Activation>::from_pointer(data);
    }
};

template <class Activation>
inline constexpr weight_order image_order = weight_order::plain;
template <>
inline constexpr weight_order image_order<std::int8_t> = native_weight_order;

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Weights in bytes, or what is wrong with them.
template <class Weights>
struct checked_weights {
    weights_status status = weights_status::no_weights;
    Weights weights{nullptr};  ///< refers to the bytes; null unless the status is `ok`
    constexpr explicit operator bool() const { return status == weights_status::ok; }
    constexpr const Weights& operator*() const { return weights; }
};

/// Checks that `bytes` are the image (`weights_image`) of weights for `Net`: their length, alignment, format, the hash of the
/// architecture and that of the bytes. Copies nothing: the result refers to them.
/// @tparam Activation  float or double for `inference<Net>`, std::int8_t for `quantized_inference<Net>`, std::int16_t for
///                     `quantized_inference_with<Net, std::int16_t>`
template <well_formed Net, class Activation = float, weight_order Order = detail::image_order<Activation>>
auto try_weights(std::span<const std::byte> bytes) {
    if constexpr (!std::is_floating_point_v<Activation>) {
        using fault [[maybe_unused]] = typename detail::integer_report<Net, Activation>::type::shown;
    }
    using image = detail::image_of_weights<Net, Activation, Order>;
    using header_type = detail::weights_image_header;
    using checked = checked_weights<decltype(image::view(nullptr))>;
    const auto fail = [](weights_status status) { return checked{status}; };
    if (bytes.size() < sizeof(header_type)) return fail(weights_status::too_short);
    header_type header;
    __builtin_memcpy(&header, bytes.data(), sizeof(header));
    if (header.magic != header_type::signature) return fail(weights_status::no_weights);
    if (header.activation != image::kind) return fail(weights_status::other_kind);
    if (header.order != static_cast<std::uint8_t>(Order)) return fail(weights_status::other_order);
    if (header.format != image::format) return fail(weights_status::other_format);  // each order has its own
    if (header.architecture != architecture_hash<Net>) return fail(weights_status::other_architecture);
    if (header.size != image::bytes || bytes.size() != sizeof(header) + image::bytes)
        return fail(weights_status::other_length);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(typename image::number) != 0)
        return fail(weights_status::misaligned);
    const std::byte* const contents = bytes.data() + sizeof(header);
    if (detail::hash_of_bytes(contents, static_cast<std::size_t>(image::bytes)) != header.hash)
        return fail(weights_status::damaged);
    return checked{weights_status::ok,
                   image::view(reinterpret_cast<const typename image::number*>(contents))};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
