// SPDX-License-Identifier: BSL-1.0
/// @file file_parts.hpp
/// The parts of a file that is written.
#pragma once
#include <archetype/instruction_set.hpp>
#include <cstddef>
#include <span>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The parts of a file, each asked for when its turn comes: it has to stay until the next one is asked for.
class write_parts {
public:
    using part = std::span<const std::byte>;
    write_parts(std::span<const part> parts)
        : count_(parts.size()),
          from_(parts.data()),
          get_([](const void* from, std::size_t index) { return static_cast<const part*>(from)[index]; }) {}
    /// `get(index)` gives a part; it must live as long as this.
    template <class Get>
    write_parts(std::size_t count, const Get& get)
        : count_(count), from_(&get), get_([](const void* from, std::size_t index) -> part {
              return (*static_cast<const Get*>(from))(index);
          }) {}
    std::size_t size() const { return count_; }
    part operator[](std::size_t index) const { return get_(from_, index); }

private:
    std::size_t count_;
    const void* from_;
    part (*get_)(const void*, std::size_t);
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
