// SPDX-License-Identifier: BSL-1.0
#include "mapped_file.hpp"

#include <archetype/data/file_bytes.hpp>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <string>

namespace archetype::graph {

file_bytes map_file(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) {
    namespace shared = boost::interprocess;
    {
        const auto opened = archetype::detail::try_open_file(path);
        if (!opened) throw file_error(opened.failure());
        if (offset > opened->size || size > opened->size - offset)
            throw file_error(archetype::detail::changed_file(path.string(), opened->size));
    }
    if (size == 0) return {};
    try {
        const auto owner = std::make_shared<shared::mapped_region>(
            shared::file_mapping(path.c_str(), shared::read_only), shared::read_only,
            static_cast<shared::offset_t>(offset), size);
        return {{static_cast<const std::byte*>(owner->get_address()), size}, owner};
    } catch (const shared::interprocess_exception& error) {
        throw file_error({path.string(), "a file that can be mapped", error.what()});
    }
}

file_bytes map_file(const std::filesystem::path& path) {
    auto opened = archetype::detail::try_open_file(path);
    if (!opened) throw file_error(opened.failure());
    return map_file(path, 0, static_cast<std::size_t>(opened->size));
}

}  // namespace archetype::graph
