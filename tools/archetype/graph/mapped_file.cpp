// SPDX-License-Identifier: BSL-1.0
#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <archetype/data/file_bytes.hpp>

#include <string>

namespace archetype::graph {

namespace {

struct mapping {
    void* first;
    std::size_t size;
    mapping(void* at, std::size_t count) : first(at), size(count) {}
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    ~mapping() { ::munmap(first, size); }
};

}  // namespace

file_bytes map_file(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) {
    auto opened = archetype::detail::try_open_file(path);
    if (!opened) throw file_error(opened.failure());
    if (offset > opened->size || size > opened->size - offset)
        throw file_error(archetype::detail::changed_file(path.string(), opened->size));
    if (size == 0) return {};
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t begin = offset / page * page;
    const auto count = size + static_cast<std::size_t>(offset - begin);
    void* const at = ::mmap(nullptr, count, PROT_READ, MAP_PRIVATE, ::fileno(opened->file.get()),
                            static_cast<off_t>(begin));
    if (at == MAP_FAILED)
        throw file_error({path.string(), "a file that can be mapped", "one that the system does not map"});
    const auto owner = std::make_shared<mapping>(at, count);
    return {{static_cast<const std::byte*>(at) + (offset - begin), size}, owner};
}

file_bytes map_file(const std::filesystem::path& path) {
    auto opened = archetype::detail::try_open_file(path);
    if (!opened) throw file_error(opened.failure());
    return map_file(path, 0, static_cast<std::size_t>(opened->size));
}

}  // namespace archetype::graph
