// SPDX-License-Identifier: BSL-1.0
/// @file safetensors.hpp
/// Reads and writes safetensors files: the length of a JSON header as 8 little-endian bytes, the header,
/// which gives type, shape and place of every tensor, then the tensors, packed without holes. See the
/// format's description at <https://github.com/huggingface/safetensors>. Functions that begin with `try_`
/// work with -fno-exceptions.
#pragma once
#include <algorithm>
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>
#include <archetype/interchange/json_reader.hpp>
#include <archetype/interchange/tensor_entry.hpp>
#include <archetype/interchange/write_file.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The header may have at most this many bytes, as in the format's own library.
inline constexpr std::size_t safetensors_header_limit = 100'000'000;

/// The `__metadata__` of a file: text to text.
using safetensors_metadata = std::map<std::string, std::string>;

/// A checked file with its bytes. Copies share the bytes, so entries stay valid as long as one copy lives.
class safetensors_file : public detail::tensor_file {
public:
    /// @param tensors  in the order of their data
    safetensors_file(std::string path, detail::shared_bytes bytes, std::vector<tensor_entry> tensors,
                     safetensors_metadata metadata)
        : tensor_file(std::move(path), {std::move(bytes)}, std::move(tensors)),
          metadata_(std::move(metadata)) {}

    const safetensors_metadata& metadata() const noexcept { return metadata_; }

private:
    safetensors_metadata metadata_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One file while it is checked: each part says what is wrong, or nothing.
class safetensors_reader {
    using fault = std::optional<file_failure>;
    using kind = json_value::kind;

public:
    safetensors_reader(std::vector<std::byte> content, const std::string& path)
        : path_(path), bytes_(std::make_shared<const std::vector<std::byte>>(std::move(content))) {}

    file_result<safetensors_file> file() {
        if (auto wrong = find_header()) return *std::move(wrong);
        if (auto wrong = read_header()) return *std::move(wrong);
        if (auto wrong = check_places()) return *std::move(wrong);
        return safetensors_file(path_, bytes_, std::move(tensors_), std::move(metadata_));
    }

private:
    file_failure fail(std::string expected, std::string found) const {
        return {path_, std::move(expected), std::move(found)};
    }

    fault find_header() {
        if (bytes_->size() < 8)
            return fail("a safetensors file of 8 bytes or more", std::to_string(bytes_->size()) + " bytes");
        const auto length = little_endian_value<std::uint64_t>(bytes_->data());
        const std::uint64_t limit = std::min<std::uint64_t>(bytes_->size() - 8, safetensors_header_limit);
        if (length > limit)
            return fail("a safetensors header of at most " + std::to_string(limit) + " bytes",
                        "a length field of " + std::to_string(length));
        header_ = {reinterpret_cast<const char*>(bytes_->data()) + 8, static_cast<std::size_t>(length)};
        if (header_.empty() || header_.front() != '{')
            return fail("a safetensors header that begins with '{'",
                        header_.empty() ? "an empty one" : "another byte");
        data_ = std::span(*bytes_).subspan(8 + header_.size());
        return {};
    }

    fault read_header() {
        json_reader reader(header_);
        const auto json = reader.document();
        if (!reader.duplicate().empty())
            return fail("every key of the header once", "key " + reader.duplicate() + " twice");
        if (!json) return fail("a header that is one JSON object", reader.problem());
        if (json->type() != kind::object)
            return fail("a header that is one JSON object", std::string(json->type_name()));
        for (const auto& [name, value] : json->members()) {
            if (value.type() != kind::object)
                return fail("tensor \"" + name + "\": an object", std::string(value.type_name()));
            if (auto wrong = name == "__metadata__" ? read_metadata(value) : read_tensor(name, value))
                return wrong;
        }
        return {};
    }

    fault read_metadata(const json_value& value) {
        for (const auto& [key, text] : value.members()) {
            if (text.type() != kind::string)
                return fail("text under __metadata__ \"" + key + "\"", std::string(text.type_name()));
            metadata_[key] = text.text();
        }
        return {};
    }

    fault read_tensor(const std::string& name, const json_value& value) {
        const std::string label = "tensor \"" + name + "\": ";
        const auto type = value.find("dtype"), shape = value.find("shape"),
                   offsets = value.find("data_offsets");
        if (!type || !shape || !offsets)
            return fail(label + "dtype, shape and data_offsets", "not all of them");
        if (type->type() != kind::string)
            return fail(label + "dtype as text", std::string(type->type_name()));
        const std::string dtype = type->text();
        const std::size_t element = dtype_size(dtype);
        if (element == 0) return fail(label + "a known dtype", "\"" + dtype + "\"");
        const auto extents = shape->sizes();
        if (!extents) return fail(label + "shape as an array of sizes", shape->summary());
        const auto ends = offsets->sizes();
        if (!ends || ends->size() != 2 || (*ends)[0] > (*ends)[1] || (*ends)[1] > data_.size())
            return fail(label + "data_offsets [begin, end] within " + std::to_string(data_.size()) + " bytes",
                        offsets->summary());
        const auto size = tensor_bytes(*extents, element);
        if (!size) return fail(label + "a shape that fits in memory", archetype::shape_text(*extents));
        const std::size_t found = (*ends)[1] - (*ends)[0];
        if (*size != found) {
            std::string expected = label + std::to_string(*size);
            expected += " bytes for " + dtype + " of shape ";
            return fail(expected + archetype::shape_text(*extents), std::to_string(found) + " bytes");
        }
        tensors_.push_back({name, dtype, *extents, data_.subspan((*ends)[0], found)});
        return {};
    }

    /// Sorted by their data, tensors fill the rest of the file.
    fault check_places() {
        std::sort(tensors_.begin(), tensors_.end(), [](const tensor_entry& left, const tensor_entry& right) {
            return std::pair(left.data.data(), left.data.size()) <
                   std::pair(right.data.data(), right.data.size());
        });
        std::size_t end = 0;
        for (const tensor_entry& tensor : tensors_) {
            const auto begin = static_cast<std::size_t>(tensor.data.data() - data_.data());
            if (begin != end)
                return fail(
                    "tensor \"" + tensor.name + "\" at offset " + std::to_string(end) +
                        ", after the one before",
                    std::string(begin > end ? "a hole" : "an overlap") + ", offset " + std::to_string(begin));
            end = begin + tensor.data.size();
        }
        if (end != data_.size())
            return fail("a file that ends with its last tensor",
                        std::to_string(data_.size() - end) + " trailing bytes");
        return {};
    }

    const std::string& path_;
    shared_bytes bytes_;
    std::string_view header_;
    std::span<const std::byte> data_;
    safetensors_metadata metadata_;
    std::vector<tensor_entry> tensors_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Checks a whole file held in memory: header length, one JSON object without repeated keys, known types,
/// sizes that agree with shapes, and tensors that fill the rest without hole, overlap or trailing bytes.
/// `path` is for messages.
inline file_result<safetensors_file> try_parse_safetensors(std::vector<std::byte> content,
                                                           const std::string& path) {
    return detail::without_throwing(path, [&]() -> file_result<safetensors_file> {
        return detail::safetensors_reader(std::move(content), path).file();
    });
}

/// Reads and checks a file, or says what is wrong with it.
inline file_result<safetensors_file> try_read_safetensors(const std::filesystem::path& path) {
    auto bytes = try_read_file(path);
    if (!bytes) return bytes.failure();
    return try_parse_safetensors(*std::move(bytes), path.string());
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `try_write_safetensors` of tensors whose bytes are made one after another: `bytes_of(entry)` gives as many as type and
/// shape say, and they may go when those of the next entry are asked for.
template <class BytesOf>
std::optional<file_failure> write_safetensors_of(const std::filesystem::path& path,
                                                 std::span<const tensor_entry> entries,
                                                 const safetensors_metadata& metadata,
                                                 const BytesOf& bytes_of) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        const auto fail = [&](std::string expected, std::string found) {
            return file_failure{path.string(), std::move(expected), std::move(found)};
        };
        std::string header = "{";
        const auto next = [&] { return header.size() == 1 ? "" : ","; };
        if (!metadata.empty()) {
            header += "\"__metadata__\":{";
            const char* separator = "";
            for (const auto& [key, text] : metadata) {
                if (!detail::is_utf8(key) || !detail::is_utf8(text))
                    return fail("metadata in UTF-8", "other bytes");
                header += separator + detail::json_text(key) + ":" + detail::json_text(text);
                separator = ",";
            }
            header += "}";
        }
        std::vector<const tensor_entry*> order;
        for (const tensor_entry& entry : entries) order.push_back(&entry);
        std::sort(order.begin(), order.end(), [](const tensor_entry* left, const tensor_entry* right) {
            const std::size_t left_size = dtype_size(left->dtype), right_size = dtype_size(right->dtype);
            return left_size != right_size ? left_size > right_size : left->name < right->name;
        });
        std::set<std::string_view> names{"__metadata__"};
        std::size_t offset = 0;
        for (const tensor_entry* entry : order) {
            const std::string label = "tensor \"" + entry->name + "\": ";
            if (!names.insert(entry->name).second)
                return fail(label + "a name of its own", "the same name twice");
            if (!detail::is_utf8(entry->name)) return fail("tensor names in UTF-8", "other bytes");
            const std::size_t element = dtype_size(entry->dtype);
            if (element == 0) return fail(label + "a known dtype", "\"" + entry->dtype + "\"");
            const auto size = tensor_bytes(entry->shape, element);
            if (!size)
                return fail(label + "a shape that fits in memory", archetype::shape_text(entry->shape));
            header += next() + detail::json_text(entry->name) +
                      ":{\"dtype\":" + detail::json_text(entry->dtype) +
                      ",\"shape\":" + detail::json_text(entry->shape) + ",\"data_offsets\":[" +
                      std::to_string(offset) + "," + std::to_string(offset + *size) + "]}";
            offset += *size;
        }
        header += "}";
        header.append((8 - header.size() % 8) % 8, ' ');
        if (header.size() > safetensors_header_limit)
            return fail("a header of at most 100 MB", std::to_string(header.size()) + " bytes");
        std::array<std::byte, 8> length;
        for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(header.size() >> 8 * i & 0xFF);
        const auto part = [&](std::size_t index) -> std::span<const std::byte> {
            if (index == 0) return length;
            if (index == 1) return std::as_bytes(std::span(header));
            return bytes_of(*order[index - 2]);
        };
        return write_file(path, write_parts(order.size() + 2, part));
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes a file, completely or not at all. The bytes depend on the entries and the metadata only, not on
/// their order: tensors are laid out by falling element size, then by name, so that all are aligned. Returns
/// what is wrong, or nothing.
inline std::optional<file_failure> try_write_safetensors(std::span<const tensor_entry> entries,
                                                         const std::filesystem::path& path,
                                                         const safetensors_metadata& metadata = {}) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<file_failure> {
        for (const tensor_entry& entry : entries) {
            const auto size = tensor_bytes(entry.shape, dtype_size(entry.dtype));
            if (dtype_size(entry.dtype) == 0 || (size && *size == entry.data.size())) continue;
            return file_failure{path.string(),
                                "tensor \"" + entry.name + "\": as many bytes as " + entry.dtype +
                                    " of shape " + shape_text(entry.shape) + " has",
                                std::to_string(entry.data.size()) + " bytes"};
        }
        return detail::write_safetensors_of(path, entries, metadata,
                                            [](const tensor_entry& entry) { return entry.data; });
    });
}
[[deprecated("entries come first, then the path")]] inline std::optional<file_failure> try_write_safetensors(
    const std::filesystem::path& path, std::span<const tensor_entry> entries,
    const safetensors_metadata& metadata = {}) {
    return try_write_safetensors(entries, path, metadata);
}

#if defined(__cpp_exceptions)
/// Reads and checks a file. @throws file_error
inline safetensors_file read_safetensors(const std::filesystem::path& path) {
    return try_read_safetensors(path).value();
}

/// Writes a file, completely or not at all; see `try_write_safetensors`. @throws file_error
inline void write_safetensors(std::span<const tensor_entry> entries, const std::filesystem::path& path,
                              const safetensors_metadata& metadata = {}) {
    if (auto failure = try_write_safetensors(entries, path, metadata)) throw file_error(*std::move(failure));
}
[[deprecated("entries come first, then the path")]] inline void write_safetensors(
    const std::filesystem::path& path, std::span<const tensor_entry> entries,
    const safetensors_metadata& metadata = {}) {
    write_safetensors(entries, path, metadata);
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
