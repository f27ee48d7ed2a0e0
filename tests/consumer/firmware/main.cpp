// SPDX-License-Identifier: BSL-1.0
#include "board.hpp"

int run();

int main() {
    board::report("networks", [] { (void)run(); });
    return run();
}
