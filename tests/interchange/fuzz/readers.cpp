// SPDX-License-Identifier: BSL-1.0
// A target for libFuzzer, run by hand from the repository (a corpus: tests/interchange/state_dicts and the peers' models):
//   clang++-19 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Itests
//       tests/interchange/fuzz/readers.cpp -o readers && ./readers -max_len=4096 CORPUS
#include "../reader_networks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(data);
    testing::read_with_all({bytes, bytes + size});
    return 0;
}
