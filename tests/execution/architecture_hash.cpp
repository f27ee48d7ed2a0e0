// SPDX-License-Identifier: BSL-1.0
// Networks that compute something else, or take other weights, have another hash.
#include <archetype/inference.hpp>
#include <catch2/catch.hpp>

namespace at = archetype;

namespace {
template <class... Layers>
constexpr std::uint64_t hash = at::architecture_hash<at::network<at::input<8, 8, 2>, Layers...>>;
}  // namespace

TEST_CASE("the hash tells architectures apart") {
    constexpr std::uint64_t hashes[] = {
        hash<>,
        hash<at::conv2d<4, 3>>,
        hash<at::conv2d<4, 3, at::no_bias>>,
        hash<at::conv2d<4, 3, at::same>>,
        hash<at::conv2d<4, 3, at::padding<1, 1, 2, 0>>>,
        hash<at::conv2d<4, 3, at::stride<2>>>,
        hash<at::conv2d<4, 3, at::groups<2>>>,
        hash<at::conv2d<4, at::extent{1, 3}>>,
        hash<at::conv2d<4, 3>, at::relu>,
        hash<at::conv2d<4, 3>, at::tanh>,
        hash<at::conv2d<4, 3>, at::leaky_relu<0.3>>,
        hash<at::conv2d<4, 3>, at::leaky_relu<0.1>>,
        hash<at::conv2d<4, 3>, at::elu<0.3>>,
        hash<at::conv2d<4, 3>, at::batch_norm<>>,
        hash<at::max_pool2d<2>>,
        hash<at::avg_pool2d<2>>,
        hash<at::avg_pool2d<2, at::padding<1>>>,
        hash<at::avg_pool2d<2, at::padding<1>, at::exclude_padding>>,
        hash<at::flatten, at::dense<4>>,
        hash<at::dense<4, at::last_axis>>,
    };
    for (std::size_t i = 0; i < std::size(hashes); ++i)
        for (std::size_t j = i + 1; j < std::size(hashes); ++j) {
            INFO(i << " and " << j);
            CHECK(hashes[i] != hashes[j]);
        }
    // What changes nothing at inference changes no hash: names and dropout rates.
    CHECK(hash<at::named<"a", at::conv2d<4, 3>>> == hash<at::conv2d<4, 3>>);
    CHECK(hash<at::dropout<0.2>> == hash<at::dropout<0.4>>);
}
