// SPDX-License-Identifier: BSL-1.0
#include "files.hpp"

#include "../graph/keras.hpp"
#include "../graph/mapped_file.hpp"
#include "../graph/onnx.hpp"
#include "../graph/tflite.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/npy.hpp>

#include <array>
#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>

namespace archetype::commands {

using evaluate::array;
using evaluate::datum;
using graph::element_type;

graph::model read_model(const std::filesystem::path& path) {
    // HDF5 is read where it lies, by its own library.
    std::array<std::byte, 8> beginning{};
    std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(beginning.data()), 8);
    if (graph::is_hdf5(beginning)) return graph::read_keras_h5(path);
    graph::file_bytes file = graph::map_file(path);
    if (graph::is_keras_archive(file.bytes)) {
        file = {};
        return graph::read_keras_archive(path);
    }
    if (graph::is_tfjs(file.bytes))
        return graph::parse_tfjs(file.bytes, path.string(), [&](const std::string& name) {
            return try_read_file(path.parent_path() / name).value();
        });
    if (path.extension() == ".h5" || path.extension() == ".hdf5")
        throw file_error({path.string(), "an HDF5 file", "another kind of file"});
    if (path.extension() == ".keras")
        throw file_error({path.string(), "an archive with config.json", "another kind of file"});
    if (path.extension() == ".json")
        throw file_error({path.string(), "a model of TensorFlow.js", "no \"modelTopology\""});
    if (graph::is_tflite(file.bytes)) return graph::parse_tflite(file.bytes, file.owner, path.string());
    if (path.extension() == ".tflite")
        throw file_error(
            {path.string(), "a file that begins as TFLite files do (TFL3)", "another kind of file"});
    return graph::parse_onnx(file.bytes, file.owner, path.string(), path.parent_path());
}

namespace {

element_type npy_type(const npy_view& of) {
    using enum element_type;
    if (of.kind == 'f') return of.size == 4 ? float32 : float64;
    if (of.kind == 'b') return boolean;
    if (of.kind == 'i') return of.size == 1 ? int8 : of.size == 2 ? int16 : of.size == 4 ? int32 : int64;
    return of.size == 1 ? uint8 : of.size == 2 ? uint16 : of.size == 4 ? uint32 : uint64;
}

std::string npy_descr(element_type type) {
    using enum element_type;
    switch (type) {
        case float64:
            return "<f8";
        case int8:
            return "|i1";
        case uint8:
            return "|u1";
        case boolean:
            return "|b1";
        case int16:
            return "<i2";
        case uint16:
            return "<u2";
        case int32:
            return "<i4";
        case uint32:
            return "<u4";
        case int64:
            return "<i8";
        case uint64:
            return "<u8";
        default:
            return "<f4";
    }
}

}  // namespace

array read_npy(const std::filesystem::path& path) {
    const auto bytes = std::make_shared<std::vector<std::byte>>(try_read_file(path).value());
    const npy_view view = parse_npy(*bytes, path.string());
    graph::tensor made;
    made.type = npy_type(view);
    std::vector<std::byte> ordered(view.data.begin(), view.data.end());
    if (view.order != std::endian::native)
        for (std::size_t start = 0; start < ordered.size(); start += view.size)
            std::reverse(ordered.begin() + static_cast<std::ptrdiff_t>(start),
                         ordered.begin() + static_cast<std::ptrdiff_t>(start + view.size));
    made.bytes = ordered;
    for (const std::size_t extent : view.shape) made.shape.push_back(static_cast<std::int64_t>(extent));
    if (!view.column_major || made.shape.size() < 2) return evaluate::array_of(made);
    // The first axis varies fastest: the transpose in the usual order.
    std::reverse(made.shape.begin(), made.shape.end());
    const array reversed = evaluate::array_of(made);
    evaluate::shape_type strides(made.shape.size(), 1);
    for (std::size_t axis = strides.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * made.shape[axis];
    std::reverse(strides.begin(), strides.end());
    evaluate::shape_type shape = made.shape;
    std::reverse(shape.begin(), shape.end());
    return evaluate::with_elements(reversed, [&](const auto& from) {
        std::decay_t<decltype(from)> to;
        evaluate::shape_type index(shape.size(), 0);
        for (std::size_t k = 0; k < from.size(); ++k) {
            std::int64_t place = 0;
            for (std::size_t axis = 0; axis < index.size(); ++axis) place += index[axis] * strides[axis];
            to.push_back(from[static_cast<std::size_t>(place)]);
            for (std::size_t axis = index.size(); axis-- > 0;) {
                if (++index[axis] < shape[axis]) break;
                index[axis] = 0;
            }
        }
        return array(reversed.type, shape, std::move(to));
    });
}

void write_npy(const std::filesystem::path& path, const array& from) {
    if (from.type == element_type::text) throw file_error({path.string(), "numbers to write", "texts"});
    array stored = from;
    if (is_real(from.type) && from.type != element_type::float64) stored.type = element_type::float32;
    if (from.type == element_type::int4) stored.type = element_type::int8;
    if (from.type == element_type::uint4) stored.type = element_type::uint8;
    std::string shape;
    for (const std::int64_t extent : from.shape) shape += std::to_string(extent) + ", ";
    std::string header =
        "{'descr': '" + npy_descr(stored.type) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');
    header += '\n';
    const auto bytes = evaluate::bytes_of(stored);
    std::ofstream file(path, std::ios::binary);
    file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(header.size() % 256)
         << static_cast<char>(header.size() / 256) << header;
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw file_error({path.string(), "a file that can be written", "one that cannot"});
}

datum read_datum(const std::filesystem::path& path, const graph::value& as) {
    if (path.extension() != ".pb") return read_npy(path);
    graph::onnx_datum found;
    try {
        found = graph::read_onnx_datum(path, as.kind, false);
        if (!found.present && as.kind == graph::value_kind::optional)
            found = graph::read_onnx_datum(path, as.kind, true);
    } catch (const file_error&) {
        if (as.kind != graph::value_kind::optional) throw;
        found = graph::read_onnx_datum(path, as.kind, true);
    }
    if (!found.present) {
        datum made;
        made.kind = datum::kinds::empty_optional;
        return made;
    }
    std::vector<array> all;
    for (const graph::tensor& one : found.tensors) all.push_back(evaluate::array_of(one));
    if (found.kind == graph::value_kind::sequence) return datum(std::move(all));
    if (all.size() != 1) throw file_error({path.string(), "one tensor", std::to_string(all.size())});
    return all[0];
}

std::pair<std::string, std::string> name_and_file(const std::string& option) {
    // A name may have "=" and a file too: the first part that leaves an existing file behind it is the name.
    for (std::size_t place = option.find('='); place != std::string::npos;
         place = option.find('=', place + 1))
        if (std::filesystem::exists(option.substr(place + 1)) ||
            option.find('=', place + 1) == std::string::npos)
            return {option.substr(0, place), option.substr(place + 1)};
    return {"", option};
}

namespace {

comparison compared(const array& found, const array& expected) {
    if (found.type != expected.type && !(is_real(found.type) && is_real(expected.type)))
        return {HUGE_VAL, "type " + std::string(name_of(expected.type)) + " expected, " +
                              std::string(name_of(found.type)) + " found"};
    if (found.shape != expected.shape)
        return {HUGE_VAL, "shape " + graph::shape_text(expected.shape) + " expected, " +
                              graph::shape_text(found.shape) + " found"};
    if (expected.type == element_type::text)
        return {found.as_texts() == expected.as_texts() ? 0 : HUGE_VAL, ""};
    const auto a = evaluate::all_reals(found);
    const auto b = evaluate::all_reals(expected);
    double largest = 0;
    double difference = 0;
    for (const double one : b)
        if (std::isfinite(one)) largest = std::max(largest, std::abs(one));
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
        const double here = std::abs(a[i] - b[i]);
        difference = std::isnan(here) ? HUGE_VAL : std::max(difference, here);
    }
    return {difference == 0 ? 0 : difference / std::max(largest, 1e-30), ""};
}

}  // namespace

comparison compared(const datum& found, const datum& expected) {
    if (found.kind != expected.kind) return {HUGE_VAL, "another kind of value"};
    if (found.kind == datum::kinds::tensor) return compared(found.tensor, expected.tensor);
    if (found.kind != datum::kinds::sequence) return {};
    if (found.sequence->size() != expected.sequence->size())
        return {HUGE_VAL, std::to_string(expected.sequence->size()) + " tensors expected, " +
                              std::to_string(found.sequence->size()) + " found"};
    comparison worst;
    for (std::size_t k = 0; k < found.sequence->size(); ++k) {
        const comparison one = compared((*found.sequence)[k], (*expected.sequence)[k]);
        if (one.relative > worst.relative || worst.fault.empty())
            worst = one.relative >= worst.relative ? one : worst;
    }
    return worst;
}

}  // namespace archetype::commands
