// SPDX-License-Identifier: BSL-1.0
// The 8-bit kernels of this processor against the specification.
#include "board.hpp"
#include "int8_row_cases.hpp"

int main() {
    std::size_t wrong = int8_cases::wrong_scalings() + int8_cases::wrong_additions() +
                        int8_cases::wrong_products() + int8_cases::wrong_joins() +
                        int8_row_cases::wrong_rows(),
                layers = 0;
    int8_cases::for_each_layer([&](const char* name, std::size_t found) {
        if (found != 0) {
            board::print(name);
            board::print("\n");
        }
        wrong += found;
        ++layers;
    });
    board::print("layers", std::uint64_t{layers});
    board::print("wrong", std::uint64_t{wrong});
    return wrong == 0 ? 0 : 1;
}
