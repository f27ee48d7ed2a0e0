// SPDX-License-Identifier: BSL-1.0
/// @file memory.hpp
/// Where values of a network lie at inference, by the library's own planner, called at run time.
#pragma once
#include "../lower/structure.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace archetype::plan {

/// One block of the arena while it is in use. Sizes in elements, for one sample.
struct memory_block {
    std::string name;  ///< of the layers whose results lie in it
    std::uint64_t offset = 0, size = 0;
    std::size_t first = 0, last = 0;  ///< steps
    bool is_scratch = false;          ///< needed while one step runs
};

struct memory_plan {
    std::string missing;             ///< why there is no plan; empty if there is one
    std::vector<std::string> steps;  ///< by the layers that shape them
    std::vector<memory_block> blocks;
    std::uint64_t elements = 0;  ///< of the arena
    std::uint64_t least = 0;     ///< the largest set of values that is alive at once
};

/// What `arena_bytes<net>` and `inference_plan_of<net>` are for the type that `import` writes.
memory_plan planned(const lower::network& of, const lower::structure& parts);

}  // namespace archetype::plan
