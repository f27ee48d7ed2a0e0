// SPDX-License-Identifier: BSL-1.0
#include "onnx_tensor.hpp"

#include "mapped_file.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>

#include <bit>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

namespace archetype::graph::detail {

static_assert(std::endian::native == std::endian::little,
              "tensors are taken as they lie in files, which are little endian");

void fail(const std::string& place, std::string expected, std::string found) {
    throw file_error({place, std::move(expected), std::move(found)});
}

void unknown_field(const std::string& place, const char* message, std::uint32_t field) {
    fail(place, std::string("fields of a ") + message + " that this reader knows",
         "field " + std::to_string(field));
}

element_type onnx_element_type(std::int64_t number, const std::string& place) {
    if (number < 1 || number > static_cast<std::int64_t>(element_type::float4e2m1))
        fail(place, "elements of a type from 1 (float) to 23 (float4e2m1)", "type " + std::to_string(number));
    return static_cast<element_type>(number);
}

namespace {

std::span<const std::byte> bytes_of(protozero::data_view view) {
    return {reinterpret_cast<const std::byte*>(view.data()), view.size()};
}

/// Fields of elements as they come: one run of bytes is used where it lies, several are joined.
class element_bytes {
public:
    void add_view(protozero::data_view view) {
        const auto more = bytes_of(view);
        if (more.empty()) return;
        if (!owned_ && whole_.empty()) {
            whole_ = more;
            return;
        }
        own();
        owned_->insert(owned_->end(), more.begin(), more.end());
    }
    template <class T>
    void add(T one) {
        own();
        const auto* first = reinterpret_cast<const std::byte*>(&one);
        owned_->insert(owned_->end(), first, first + sizeof(T));
    }
    void give(tensor& to, const std::shared_ptr<const void>& owner) {
        if (owned_) {
            to.bytes = *owned_;
            to.owner = owned_;
        } else {
            to.bytes = whole_;
            to.owner = owner;
        }
    }
    bool empty() const { return owned_ ? owned_->empty() : whole_.empty(); }

private:
    void own() {
        if (!owned_) owned_ = std::make_shared<std::vector<std::byte>>(whole_.begin(), whole_.end());
    }
    std::span<const std::byte> whole_;
    std::shared_ptr<std::vector<std::byte>> owned_;
};

/// Elements of small types stand as numbers of 32 bits in the file. @throws file_error if one does not fit
void add_int32(element_bytes& to, std::int64_t number, element_type type, const std::string& place) {
    const std::size_t bits = bits_of(type);
    const bool whole_byte = bits == 4 || (is_real(type) && bits == 8);
    const std::int64_t least = type == element_type::int8    ? -128
                               : type == element_type::int16 ? -32768
                               : type == element_type::int32 ? INT32_MIN
                                                             : 0;
    const std::int64_t most = type == element_type::int8                  ? 127
                              : type == element_type::int16               ? 32767
                              : type == element_type::int32               ? INT32_MAX
                              : type == element_type::boolean             ? 1
                              : whole_byte || type == element_type::uint8 ? 255
                                                                          : 65535;
    if (number < least || number > most)
        fail(place,
             "numbers from " + std::to_string(least) + " to " + std::to_string(most) + " of type " +
                 std::string(name_of(type)),
             std::to_string(number));
    if (bits <= 8)
        to.add(static_cast<std::uint8_t>(number));
    else if (bits == 16)
        to.add(static_cast<std::uint16_t>(number));
    else
        to.add(static_cast<std::int32_t>(number));
}

bool stands_in_int32(element_type type) {
    using enum element_type;
    return type != float32 && type != float64 && type != int64 && type != uint32 && type != uint64 &&
           type != text && type != complex64 && type != complex128;
}

std::int64_t whole_number(const std::string& text, const std::string& what, const std::string& place) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0)
        fail(place, what + " that is a number of bytes", "\"" + text + "\"");
    return number;
}

/// A path that stays in its folder.
bool is_inside(const std::string& path) {
    return !path.empty() && path.front() != '/' && ('/' + path + '/').find("/../") == path.npos;
}

/// Bytes of a file beside the model.
void read_external(tensor& to, std::int64_t size, std::map<std::string, std::string>& entries,
                   const onnx_source& source, const std::string& place) {
    const std::string location = entries["location"];
    if (!is_inside(location))
        fail(place, "external data in the model's folder", "location \"" + location + "\"");
    for (const auto& [key, text] : entries)
        if (key != "location" && key != "offset" && key != "length" && key != "checksum")
            fail(place, "external data with location, offset, length and checksum", "\"" + key + "\"");
    const std::string path = source.folder.empty() ? location : source.folder + '/' + location;
    auto opened = archetype::detail::try_open_file(path);
    if (!opened) throw file_error(opened.failure());
    const std::int64_t offset =
        entries.contains("offset") ? whole_number(entries["offset"], "an offset", place) : 0;
    const auto there = static_cast<std::int64_t>(opened->size);
    const std::int64_t rest = offset <= there ? there - offset : 0;
    const std::int64_t length =
        entries.contains("length") ? whole_number(entries["length"], "a length", place) : rest;
    if (length != size || rest < size)
        fail(place, std::to_string(size) + " bytes of external data",
             std::to_string(length != size ? length : rest) + " bytes in " + path);
    file_bytes mapped = map_file(path, static_cast<std::uint64_t>(offset), static_cast<std::size_t>(size));
    to.bytes = mapped.bytes;
    to.owner = std::move(mapped.owner);
}

/// Bytes of elements whose number is known; nothing if there are more than memory can have.
std::int64_t size_of(const tensor& of, const std::string& place) {
    const auto count = element_count(of.shape);
    const auto bits = static_cast<std::int64_t>(bits_of(of.type));
    if (count == 0 && extent_product(of.shape) > (std::int64_t{1} << 20))
        fail(place, "an empty tensor whose other extents are small", shape_text(of.shape));
    if (!count || (bits != 0 && *count > (std::int64_t{1} << 58) / bits))
        fail(place, "extents that are not negative and fit in memory", shape_text(of.shape));
    return (*count * bits + 7) / 8;
}

}  // namespace

named_tensor read_tensor(protozero::pbf_reader message, const onnx_source& source, const std::string& outer) {
    named_tensor made;
    tensor& to = made.content;
    std::int64_t type = 0;
    std::int64_t location = 0;
    std::map<std::string, std::string> external;
    // The type may stand behind the elements.
    for (protozero::pbf_reader first = message; first.next();) {
        if (first.tag() == 2)
            type = first.get_int32();
        else if (first.tag() == 8)
            made.name = detail::text_in(first);
        else
            first.skip();
    }
    const std::string place = outer + ", tensor \"" + made.name + "\"";
    to.type = onnx_element_type(type, place);
    element_bytes elements;
    const char* given = nullptr;  // the field that the elements stand in
    const auto in = [&](const char* field, bool right) {
        if (!right || (given != nullptr && std::strcmp(given, field) != 0))
            fail(
                place,
                "elements of type " + std::string(name_of(to.type)) + " in one field that is made for them",
                std::string(field) +
                    (given != nullptr && std::strcmp(given, field) != 0 ? std::string(" and ") + given : ""));
        given = field;
    };
    while (message.next()) {
        switch (message.tag()) {
            case 1:
                each_int64(message, [&](std::int64_t extent) { to.shape.push_back(extent); });
                break;
            case 4:
                if (message.wire_type() == protozero::pbf_wire_type::length_delimited) {
                    const auto view = message.get_view();
                    if (view.size() > 0) {
                        in("float_data",
                           to.type == element_type::float32 || to.type == element_type::complex64);
                        elements.add_view(view);
                    }
                } else {
                    in("float_data", to.type == element_type::float32 || to.type == element_type::complex64);
                    elements.add(message.get_float());
                }
                break;
            case 5:
                each_int64(message, [&](std::int64_t number) {
                    in("int32_data", stands_in_int32(to.type));
                    add_int32(elements, number, to.type, place);
                });
                break;
            case 6:
                in("string_data", to.type == element_type::text);
                to.texts.push_back(message.get_string());
                break;
            case 7:
                each_int64(message, [&](std::int64_t number) {
                    in("int64_data", to.type == element_type::int64);
                    elements.add(number);
                });
                break;
            case 9: {
                const auto view = message.get_view();
                if (view.size() > 0 || given == nullptr) {
                    in("raw_data", to.type != element_type::text);
                    elements.add_view(view);
                }
                break;
            }
            case 10:
                if (message.wire_type() == protozero::pbf_wire_type::length_delimited) {
                    const auto view = message.get_view();
                    if (view.size() > 0) {
                        in("double_data",
                           to.type == element_type::float64 || to.type == element_type::complex128);
                        elements.add_view(view);
                    }
                } else {
                    in("double_data",
                       to.type == element_type::float64 || to.type == element_type::complex128);
                    elements.add(message.get_double());
                }
                break;
            case 11:
                each_uint64(message, [&](std::uint64_t number) {
                    in("uint64_data", to.type == element_type::uint64 || to.type == element_type::uint32);
                    if (to.type == element_type::uint64)
                        elements.add(number);
                    else if (number <= UINT32_MAX)
                        elements.add(static_cast<std::uint32_t>(number));
                    else
                        fail(place, "numbers of 32 bits", std::to_string(number));
                });
                break;
            case 13: {
                std::string key;
                std::string text;
                for (protozero::pbf_reader entry = message.get_message(); entry.next();) {
                    if (entry.tag() == 1)
                        key = detail::text_in(entry);
                    else if (entry.tag() == 2)
                        text = detail::text_in(entry);
                    else
                        unknown_field(place, "StringStringEntryProto", entry.tag());
                }
                external[key] = text;
                break;
            }
            case 14:
                location = message.get_int32();
                break;
            case 2:   // read above
            case 8:   // read above
            case 12:  // doc_string
            case 16:  // metadata_props
                message.skip();
                break;
            default:
                unknown_field(place, "TensorProto", message.tag());
        }
    }
    const std::int64_t size = size_of(to, place);
    const std::int64_t count = *element_count(to.shape);
    if (location == 1) {
        if (given != nullptr && (!elements.empty() || !to.texts.empty()))
            fail(place, "external data alone", std::string("also ") + given);
        if (to.type == element_type::text) fail(place, "external data of numbers", "of texts");
        read_external(to, size, external, source, place);
        return made;
    }
    if (location != 0 || !external.empty())
        fail(place, "data_location 0 without or 1 with external data",
             "data_location " + std::to_string(location));
    if (to.type == element_type::text) {
        if (static_cast<std::int64_t>(to.texts.size()) != count)
            fail(place, std::to_string(count) + " texts for shape " + shape_text(to.shape),
                 std::to_string(to.texts.size()));
        return made;
    }
    elements.give(to, source.owner);
    if (static_cast<std::int64_t>(to.bytes.size()) != size)
        fail(place,
             std::to_string(size) + " bytes for " + std::string(name_of(to.type)) + " of shape " +
                 shape_text(to.shape),
             std::to_string(to.bytes.size()));
    if (to.type == element_type::boolean)
        for (const std::byte one : to.bytes)
            if (one > std::byte{1})
                fail(place, "bools that are 0 or 1", std::to_string(static_cast<int>(one)));
    return made;
}

}  // namespace archetype::graph::detail
