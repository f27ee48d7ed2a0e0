// SPDX-License-Identifier: BSL-1.0
#include "row_products.hpp"

#include <cstring>

namespace archetype::evaluate {

namespace {

using sums_of_filters = double[filters_at_once][cells_at_once];
using lanes = double __attribute__((vector_size(4 * sizeof(double))));
constexpr std::size_t vectors = cells_at_once / 4;

/// Products and sums are rounded apart, on every processor: CMake compiles this file with -ffp-contract=off.
__attribute__((always_inline)) inline void add_up(const double* cells, const double* factors,
                                                  std::size_t count, sums_of_filters& sums) {
    lanes own[filters_at_once][vectors]{};
    for (std::size_t i = 0; i < count; ++i, cells += cells_at_once, factors += filters_at_once) {
        lanes those[vectors];
        std::memcpy(those, cells, sizeof those);
        for (std::size_t f = 0; f < filters_at_once; ++f)
            for (std::size_t v = 0; v < vectors; ++v) own[f][v] += factors[f] * those[v];
    }
    std::memcpy(sums, own, sizeof sums);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void add_up_wide(const double* cells, const double* factors,
                                                 std::size_t count, sums_of_filters& sums) {
    add_up(cells, factors, count, sums);
}
#endif

}  // namespace

void row_products(const double* cells, const double* factors, std::size_t count, sums_of_filters& sums) {
#if defined(__x86_64__)
    static const bool is_wide = __builtin_cpu_supports("avx2") != 0;
    if (is_wide) return add_up_wide(cells, factors, count, sums);
#endif
    add_up(cells, factors, count, sums);
}

}  // namespace archetype::evaluate
