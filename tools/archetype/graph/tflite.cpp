// SPDX-License-Identifier: BSL-1.0
#include "tflite.hpp"

#include "tflite_schema.hpp"

#include <archetype/data/file_error.hpp>

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace archetype::graph {

namespace {

using detail::option_kind;

constexpr int deepest = 8;  // subgraphs within each other

[[noreturn]] void fail(const std::string& place, std::string expected, std::string found) {
    throw file_error({place, std::move(expected), std::move(found)});
}

/// A table of a FlatBuffer: every field is checked against the file when it is read.
class table {
public:
    table(const flatbuffers::Table* at, const std::uint8_t* start, flatbuffers::Verifier& check,
          std::string place)
        : at_(at), start_(start), check_(&check), place_(std::move(place)) {
        if (!at_->VerifyTableStart(check))
            fail(place_, "a table of a FlatBuffer", "offsets that lead out of the file");
        check.EndTable();
    }

    const std::string& place() const { return place_; }

    template <class Number>
    Number number(int field, Number otherwise) const {
        const flatbuffers::voffset_t offset = at_->GetOptionalFieldOffset(slot(field));
        const auto here = static_cast<std::size_t>(reinterpret_cast<const std::uint8_t*>(at_) - start_);
        if (offset == 0) return otherwise;
        if (!check_->Verify(here + offset, sizeof(Number))) bad(field);
        Number made;
        std::memcpy(&made, start_ + here + offset, sizeof made);
        return made;
    }
    std::optional<table> child(int field) const {
        if (!at_->VerifyOffset(*check_, slot(field))) bad(field);
        const auto* made = at_->GetPointer<const flatbuffers::Table*>(slot(field));
        if (made == nullptr) return std::nullopt;
        return table(made, start_, *check_, place_);
    }
    std::string text(int field) const {
        if (!at_->VerifyOffset(*check_, slot(field))) bad(field);
        const auto* made = at_->GetPointer<const flatbuffers::String*>(slot(field));
        if (made == nullptr) return "";
        if (!check_->VerifyString(made)) bad(field);
        return made->str();
    }
    template <class Number>
    std::vector<Number> list(int field) const {
        const auto* made = vector<Number>(field);
        std::vector<Number> copied(made == nullptr ? 0 : made->size());
        if (!copied.empty()) std::memcpy(copied.data(), made->Data(), copied.size() * sizeof(Number));
        return copied;
    }
    /// Where they lie.
    std::span<const std::uint8_t> bytes(int field) const {
        const auto* made = vector<std::uint8_t>(field);
        return made == nullptr ? std::span<const std::uint8_t>{} : std::span(made->Data(), made->size());
    }
    std::vector<table> tables(int field, const std::string& what) const {
        using all_tables = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::Table>>;
        if (!at_->VerifyOffset(*check_, slot(field))) bad(field);
        const auto* all = at_->GetPointer<const all_tables*>(slot(field));
        std::vector<table> made;
        if (all == nullptr) return made;
        if (!check_->VerifyVector(all)) bad(field);
        for (flatbuffers::uoffset_t k = 0; k < all->size(); ++k) {
            // The offset is checked before it becomes a pointer.
            const auto* const base = all->Data() + k * sizeof(flatbuffers::uoffset_t);
            if (!check_->VerifyOffset(static_cast<std::size_t>(base - start_))) bad(field);
            made.emplace_back(all->Get(k), start_, *check_, place_ + ", " + what + " " + std::to_string(k));
        }
        return made;
    }
    /// The number of the last field that is there, + 1.
    int fields() const {
        const auto* vtable =
            reinterpret_cast<const std::uint8_t*>(at_) - flatbuffers::ReadScalar<flatbuffers::soffset_t>(at_);
        const int count = (flatbuffers::ReadScalar<flatbuffers::voffset_t>(vtable) - 4) / 2;
        int last = 0;
        for (int k = 0; k < count; ++k)
            if (at_->CheckField(slot(k))) last = k + 1;
        return last;
    }
    void no_fields_beyond(int known, const char* what) const {
        if (fields() > known)
            fail(place_, std::string("fields of a ") + what + " that this reader knows",
                 "field " + std::to_string(fields() - 1));
    }

private:
    template <class Number>
    const flatbuffers::Vector<Number>* vector(int field) const {
        if (!at_->VerifyOffset(*check_, slot(field))) bad(field);
        const auto* made = at_->GetPointer<const flatbuffers::Vector<Number>*>(slot(field));
        if (!check_->VerifyVector(made)) bad(field);
        return made;
    }
    static flatbuffers::voffset_t slot(int field) {
        return static_cast<flatbuffers::voffset_t>(4 + 2 * field);
    }
    [[noreturn]] void bad(int field) const {
        fail(place_, "field " + std::to_string(field) + " within the file", "an offset that leads out of it");
    }

    const flatbuffers::Table* at_;
    const std::uint8_t* start_;
    flatbuffers::Verifier* check_;
    std::string place_;
};

element_type tflite_type(int number, const std::string& place) {
    using enum element_type;
    static constexpr element_type types[] = {float32, float16, int32,     uint8,  int64,   text,
                                             boolean, int16,   complex64, int8,   float64, complex128,
                                             uint64,  text,    none,      uint32, uint16,  int4};
    if (number < 0 || number >= static_cast<int>(std::size(types)) || types[number] == none)
        fail(place, "a type from 0 (float32) to 17 (int4)", "type " + std::to_string(number));
    return types[number];
}

const detail::tflite_operator* find_operator(std::int32_t code) {
    for (const detail::tflite_operator& one : detail::tflite_operators)
        if (one.code == code) return &one;
    return nullptr;
}

class tflite_reader {
public:
    tflite_reader(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, std::string path)
        : bytes_(bytes),
          owner_(std::move(owner)),
          path_(std::move(path)),
          check_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), options()) {}

    model read() {
        if (!is_tflite(bytes_) || bytes_.size() >= FLATBUFFERS_MAX_BUFFER_SIZE)
            fail(path_, "a TFLite file", "another kind of file");
        const auto* const start = reinterpret_cast<const std::uint8_t*>(bytes_.data());
        const auto root_offset = check_.VerifyOffset(0);
        if (root_offset == 0) fail(path_, "a table within the file", "an offset that leads out of it");
        const table root(reinterpret_cast<const flatbuffers::Table*>(start + root_offset), start, check_,
                         path_);
        root.no_fields_beyond(8, "Model");
        made_.path = path_;
        made_.format = "TFLite";
        made_.producer = root.text(3);
        made_.versions["tflite"] = root.number<std::uint32_t>(0, 0);
        if (made_.versions["tflite"] != 3)
            fail(path_, "schema version 3", std::to_string(made_.versions["tflite"]));
        codes_ = root.tables(1, "operator code");
        graphs_ = root.tables(2, "subgraph");
        buffers_ = root.tables(4, "buffer");
        if (graphs_.empty()) fail(path_, "a graph", "none");
        read_graph(0, made_.main, 0);
        return std::move(made_);
    }

private:
    static flatbuffers::Verifier::Options options() {
        flatbuffers::Verifier::Options made;
        made.max_tables = 10000000;  // each is visited once for each that refers to it
        made.check_alignment = true;
        return made;
    }

    /// An index that the file gives. @throws file_error
    template <class List>
    const auto& at(const List& list, std::int64_t index, const std::string& place, const char* what) const {
        if (index < 0 || index >= static_cast<std::int64_t>(list.size()))
            fail(place, std::string("the number of a ") + what + " below " + std::to_string(list.size()),
                 std::to_string(index));
        return list[static_cast<std::size_t>(index)];
    }

    value_id read_tensor(const table& from) {
        value made;
        made.name = from.text(3);
        const std::string place = from.place() + " \"" + made.name + "\"";
        from.no_fields_beyond(10, "Tensor");
        made.type = tflite_type(from.number<std::int8_t>(1, 0), place);
        if (from.child(6)) fail(place, "dense tensors", "a sparse one");
        shape_type shape;
        for (const std::int32_t one : from.list<std::int32_t>(0)) shape.push_back(one);
        const auto open = from.list<std::int32_t>(7);
        made.shape.emplace();
        for (std::size_t k = 0; k < shape.size(); ++k)
            made.shape->push_back({k < open.size() && open[k] < 0 ? -1 : shape[k], ""});
        made.variable = from.number<std::uint8_t>(5, 0) != 0;
        if (const auto quantized = from.child(4)) read_quantization(*quantized, made, shape, place);
        const std::uint32_t buffer = from.number<std::uint32_t>(2, 0);
        const table& stored = at(buffers_, buffer, place, "buffer");
        std::span<const std::uint8_t> data = stored.bytes(0);
        if (const auto offset = stored.number<std::uint64_t>(1, 0);
            offset > 1) {  // behind the FlatBuffer, in large files
            const auto size = stored.number<std::uint64_t>(2, 0);
            if (offset > bytes_.size() || size > bytes_.size() - offset)
                fail(place, "elements within the file", "an offset that leads out of it");
            data = {reinterpret_cast<const std::uint8_t*>(bytes_.data()) + offset,
                    static_cast<std::size_t>(size)};
        }
        if (buffer != 0 && !data.empty()) {
            const auto count = element_count(shape);
            const auto bits = static_cast<std::int64_t>(bits_of(made.type));
            if (bits == 0) fail(place, "numbers", std::string(name_of(made.type)));
            if (!count || *count > (std::int64_t{1} << 40) ||
                (*count * bits + 7) / 8 != static_cast<std::int64_t>(data.size()))
                fail(place, "the bytes of " + std::string(name_of(made.type)) + " " + shape_text(shape),
                     std::to_string(data.size()));
            made.constant = tensor{made.type, shape, std::as_bytes(data), {}, owner_};
            for (std::size_t k = 0; k < shape.size(); ++k) (*made.shape)[k].extent = shape[k];
        }
        made_.values.push_back(std::move(made));
        return made_.values.size() - 1;
    }

    void read_quantization(const table& from, value& to, const shape_type& shape, const std::string& place) {
        const auto scales = from.list<float>(2);
        if (from.number<std::uint8_t>(4, 0) != 0)
            fail(place, "linear quantization", "one of a kind of its own");
        if (scales.empty()) return;
        quantization made;
        made.axis = from.number<std::int32_t>(6, 0);
        for (const float one : scales) {
            if (!(one > 0) || one > 3e38F) {
                if (scales.size() == 1 && one == 0) return;  // of tensors that are not quantized
                fail(place, "scales above 0", std::to_string(one));
            }
            made.scales.push_back(static_cast<double>(one));
        }
        for (const std::int64_t one : from.list<std::int64_t>(3)) made.zero_points.push_back(one);
        // A zero point is a number of the tensor's own type; only the narrow types are quantized with one.
        const auto [least, most] =
            to.type == element_type::uint8   ? std::pair<std::int64_t, std::int64_t>{0, 255}
            : to.type == element_type::int8  ? std::pair<std::int64_t, std::int64_t>{-128, 127}
            : to.type == element_type::int16 ? std::pair<std::int64_t, std::int64_t>{-32768, 32767}
                                             : std::pair<std::int64_t, std::int64_t>{0, 0};
        for (const std::int64_t one : made.zero_points)
            if (one < least || one > most)
                fail(place, "zero points from " + std::to_string(least) + " to " + std::to_string(most),
                     std::to_string(one));
        if (made.zero_points.empty()) made.zero_points.assign(made.scales.size(), 0);
        if (made.zero_points.size() == 1) made.zero_points.assign(made.scales.size(), made.zero_points[0]);
        const bool per_axis = made.scales.size() > 1;
        if (made.zero_points.size() != made.scales.size() ||
            (per_axis &&
             (made.axis < 0 || made.axis >= static_cast<std::int64_t>(shape.size()) ||
              shape[static_cast<std::size_t>(made.axis)] != static_cast<std::int64_t>(made.scales.size()))))
            fail(place, "one scale, or one for each index of an axis of " + shape_text(shape),
                 std::to_string(made.scales.size()));
        to.quantized = std::move(made);
    }

    void read_graph(std::int64_t number, block& to, int depth) {
        if (depth > deepest)
            fail(path_, "at most " + std::to_string(deepest) + " subgraphs within each other", "more");
        const table& from = at(graphs_, number, path_, "subgraph");
        from.no_fields_beyond(5, "SubGraph");
        to.name = from.text(4);
        std::vector<value_id> ids;
        for (const table& one : from.tables(0, "tensor")) ids.push_back(read_tensor(one));
        if (made_.values.size() > 200000) fail(path_, "at most 200000 tensors", "more");
        for (const std::int32_t one : from.list<std::int32_t>(1))
            to.inputs.push_back(at(ids, one, from.place(), "tensor"));
        for (const std::int32_t one : from.list<std::int32_t>(2))
            to.outputs.push_back(at(ids, one, from.place(), "tensor"));
        for (const table& one : from.tables(3, "operator"))
            to.nodes.push_back(read_operator(one, ids, depth));
        check_order(to, from.place());
    }

    /// Values are made before they are read: the reader's promise to whoever walks the graph.
    void check_order(const block& of, const std::string& place) const {
        std::vector<bool> there(made_.values.size());
        for (const value_id id : of.inputs) there[id] = true;
        for (const node& one : of.nodes) {
            for (const value_id id : one.inputs)
                if (id != no_value && !there[id] && !made_.values[id].constant && !made_.values[id].variable)
                    fail(place + ", node " + place_text(made_, one), "inputs that a node before it makes",
                         "\"" + made_.values[id].name + "\"");
            for (const value_id id : one.outputs) there[id] = true;
        }
    }

    node read_operator(const table& from, const std::vector<value_id>& ids, int depth) {
        const table& code = at(codes_, from.number<std::uint32_t>(0, 0), from.place(), "operator code");
        // Files of before 2020 have the code in a field of 8 bits, later ones in both or in the larger.
        const std::int32_t number =
            std::max<std::int32_t>(code.number<std::int8_t>(0, 0), code.number<std::int32_t>(3, 0));
        node made;
        made.domain = "tflite";
        made.version = code.number<std::int32_t>(2, 1);
        const detail::tflite_operator* known = find_operator(number);
        made.operation = known != nullptr ? std::string(known->name) : "operator " + std::to_string(number);
        if (number == 32) {
            made.domain = "tflite.custom";
            made.operation = code.text(1);
        }
        for (const std::int32_t one : from.list<std::int32_t>(1))
            made.inputs.push_back(one == -1 ? no_value : at(ids, one, from.place(), "tensor"));
        for (const std::int32_t one : from.list<std::int32_t>(2))
            made.outputs.push_back(at(ids, one, from.place(), "tensor"));
        std::vector<std::int64_t> intermediates;
        for (const std::int32_t one : from.list<std::int32_t>(8))
            intermediates.push_back(static_cast<std::int64_t>(at(ids, one, from.place(), "tensor")));
        // Scales within an integer LSTM; of real numbers they are not there, or without meaning.
        if (!intermediates.empty() && !made.outputs.empty() &&
            made_.values[made.outputs[0]].type != element_type::float32)
            made.attributes["intermediates"] = intermediates;
        if (const auto given = from.bytes(5); !given.empty())
            made.attributes["custom_options"] = tensor{element_type::uint8,
                                                       {static_cast<std::int64_t>(given.size())},
                                                       std::as_bytes(given),
                                                       {},
                                                       owner_};
        const auto options = from.child(4);
        if (options && known != nullptr && !known->options.empty()) {
            options->no_fields_beyond(static_cast<int>(known->options.size()), "table of options");
            read_options(*options, known->options, made, depth);
        } else if (!options && known != nullptr && known->options.size() > 1) {
            made.attributes["options"] = std::string("none");  // an operator that needs some will say so
        }
        return made;
    }

    void read_options(const table& from, std::span<const detail::tflite_option> all, node& to, int depth) {
        for (std::size_t k = 0; k < all.size(); ++k) {
            const int field = static_cast<int>(k);
            const std::string name(all[k].name);
            switch (all[k].kind) {
                case option_kind::int8:
                    to.attributes[name] = std::int64_t{from.number<std::int8_t>(field, 0)};
                    break;
                case option_kind::int32:
                    to.attributes[name] = std::int64_t{from.number<std::int32_t>(field, all[k].otherwise)};
                    break;
                case option_kind::number:
                    to.attributes[name] = static_cast<double>(from.number<float>(field, 0));
                    break;
                case option_kind::boolean:
                    to.attributes[name] = std::int64_t{from.number<std::uint8_t>(field, 0) != 0};
                    break;
                case option_kind::text:
                    to.attributes[name] = from.text(field);
                    break;
                case option_kind::integers: {
                    std::vector<std::int64_t> made;
                    for (const std::int32_t one : from.list<std::int32_t>(field)) made.push_back(one);
                    to.attributes[name] = std::move(made);
                    break;
                }
                case option_kind::padding: {
                    const int number = from.number<std::int8_t>(field, 0);
                    if (number != 0 && number != 1)
                        fail(from.place(), "padding 0 (SAME) or 1 (VALID)", std::to_string(number));
                    to.attributes[name] = std::string(number == 0 ? "SAME" : "VALID");
                    break;
                }
                case option_kind::activation: {
                    static constexpr std::string_view names[] = {"NONE",  "RELU", "RELU_N1_TO_1",
                                                                 "RELU6", "TANH", "SIGN_BIT"};
                    const int number = from.number<std::int8_t>(field, 0);
                    if (number < 0 || number > 5)
                        fail(from.place(), "an activation from 0 to 5", std::to_string(number));
                    to.attributes[name] = std::string(names[number]);
                    break;
                }
                case option_kind::subgraph: {
                    auto body = std::make_shared<block>();
                    read_graph(from.number<std::int32_t>(field, 0), *body, depth + 1);
                    to.attributes["body"] = std::move(body);
                    break;
                }
                case option_kind::unused:
                    break;
            }
        }
    }

    std::span<const std::byte> bytes_;
    std::shared_ptr<const void> owner_;
    std::string path_;
    flatbuffers::Verifier check_;
    model made_;
    std::vector<table> codes_, graphs_, buffers_;
};

}  // namespace

bool is_tflite(std::span<const std::byte> bytes) {
    return bytes.size() >= 8 && std::memcmp(bytes.data() + 4, "TFL3", 4) == 0;
}

model parse_tflite(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                   const std::string& path) {
    return tflite_reader(bytes, owner, path).read();
}

}  // namespace archetype::graph
