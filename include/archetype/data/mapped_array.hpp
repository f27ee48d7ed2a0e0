// SPDX-License-Identifier: BSL-1.0
/// @file mapped_array.hpp
/// An array of a file that stays there (Boost.Interprocess): pages are read when an element of them is used.
#pragma once
#include <archetype/data/idx.hpp>
#include <archetype/data/npy.hpp>

#include <bit>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The elements of a `.npy` file or a plain IDX file, as they lie in it: of type `T`, row by row, in this machine's order of
/// bytes. For `fit`: training reads the pages of the samples it uses, a process of several those of its own.
template <class T>
class mapped_array {
    static_assert(std::is_arithmetic_v<T>, "archetype: mapped_array<T> takes a type of numbers");

public:
    using value_type = T;
    static constexpr bool is_mapped = true;  ///< what trainers know it by
    /// @throws file_error if the file cannot be mapped, is of another kind, or has elements of another type or order
    explicit mapped_array(const std::filesystem::path& file) : path_(file.string()) {
        std::error_code unknown;
        const bool is_known = std::filesystem::is_regular_file(file, unknown);
        if (!is_known || std::filesystem::file_size(file, unknown) == 0)
            fail("a file whose bytes can be mapped",
                 unknown ? unknown.message() : "an empty file, or no file of bytes");
        try {
            namespace shared = boost::interprocess;
            region_ = shared::mapped_region(shared::file_mapping(path_.c_str(), shared::read_only),
                                            shared::read_only);
        } catch (const boost::interprocess::interprocess_exception& error) {
            fail("a file whose bytes can be mapped", error.what());
        }
        parse();
    }

    const std::vector<std::size_t>& shape() const { return shape_; }
    std::size_t dimension() const { return shape_.size(); }
    const T* data() const { return data_; }
    std::size_t size() const {
        std::size_t product = 1;
        for (const std::size_t extent : shape_) product *= extent;
        return product;
    }

private:
    [[noreturn]] void fail(std::string expected, std::string found) const {
        throw file_error({path_, std::move(expected), std::move(found)});
    }
    void parse() {
        const std::span<const std::byte> bytes(static_cast<const std::byte*>(region_.get_address()),
                                               region_.get_size());
        constexpr char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
        const std::string wanted = std::string(1, kind) + std::to_string(sizeof(T));
        const auto take = [&](const detail::element_layout& layout, std::span<const std::byte> elements) {
            if (layout.kind != kind || layout.size != sizeof(T))
                fail("elements of type " + wanted, std::string(1, layout.kind) + std::to_string(layout.size));
            if (sizeof(T) > 1 && layout.order != std::endian::native)
                fail("elements in this machine's order of bytes", "the other order");
            if (layout.column_major && layout.shape.size() > 1)
                fail("elements row by row", "column by column (fortran_order)");
            if (reinterpret_cast<std::uintptr_t>(elements.data()) % alignof(T) != 0)
                fail("elements at a multiple of " + std::to_string(alignof(T)) + " bytes",
                     "a header of " + std::to_string(elements.data() - bytes.data()) + " bytes");
            shape_ = layout.shape;
            data_ = reinterpret_cast<const T*>(elements.data());
        };
        if (std::to_integer<int>(bytes[0]) == 0x93) {
            const npy_view view = parse_npy(bytes, path_);
            take(view, view.data);
        } else {
            const idx_view view = parse_idx(bytes, path_);
            detail::element_layout layout;
            layout.kind = view.type == idx_type::u8                                  ? 'u'
                          : view.type == idx_type::f32 || view.type == idx_type::f64 ? 'f'
                                                                                     : 'i';
            layout.size = detail::idx_element_size(view.type);
            layout.order = std::endian::big;
            layout.shape = view.shape;
            take(layout, view.data);
        }
    }

    std::string path_;
    boost::interprocess::mapped_region region_{};
    const T* data_ = nullptr;
    std::vector<std::size_t> shape_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
