// SPDX-License-Identifier: BSL-1.0
/// @file weights_image_file.hpp
/// Makes the bytes that `try_weights` reads.
#pragma once
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/integers/weights_image.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>
#include <archetype/interchange/write_file.hpp>

#include <cstring>
#include <filesystem>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class Activation, weight_order Order>
std::vector<std::byte> image_bytes(std::span<const std::byte> contents) {
    using image = image_of_weights<Net, Activation, Order>;
    std::vector<std::byte> bytes(sizeof(weights_image_header) + image::bytes);
    std::copy(contents.begin(), contents.end(), bytes.begin() + sizeof(weights_image_header));
    weights_image_header header;
    header.format = static_cast<std::uint16_t>(image::format);
    header.activation = image::kind;
    header.order = static_cast<std::uint8_t>(Order);
    header.architecture = architecture_hash<Net>;
    header.size = image::bytes;
    header.hash = hash_of_bytes(bytes.data() + sizeof(header), image::bytes);
    std::memcpy(bytes.data(), &header, sizeof(header));
    return bytes;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The weights of a model as bytes for `try_weights<Net>`, for targets with the byte order of this machine.
template <class Net, class T>
std::vector<std::byte> weights_image(const model<Net, T>& net) {
    std::vector<T> folded(inference_weight_count<Net>);
    detail::fold_parameters<Net>(net.data(), folded.data());
    return detail::image_bytes<Net, T, weight_order::plain>(std::as_bytes(std::span<const T>(folded)));
}

/// The weights of a quantized network as bytes for `try_weights<Net, Activation, Order>`.
template <weight_order Order = weight_order::plain, class Net, class Activation>
std::vector<std::byte> weights_image(const quantized_model<Net, Activation>& net) {
    const std::vector<std::int32_t> words = net.template words<Order>();
    return detail::image_bytes<Net, Activation, Order>(std::as_bytes(std::span<const std::int32_t>(words)));
}

/// Writes such bytes, completely or not at all.
/// @throws file_error
inline void write_weights_image(const std::vector<std::byte>& image, const std::filesystem::path& path) {
    const std::span<const std::byte> part = image;
    if (auto failure = try_write_file(path, std::span(&part, 1))) throw file_error(*std::move(failure));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
