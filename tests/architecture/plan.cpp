// SPDX-License-Identifier: BSL-1.0
#include <archetype/architecture/layers.hpp>
#include <archetype/architecture/plan.hpp>
#include <catch.hpp>

namespace at = archetype;

namespace {

template <class Net>
constexpr const auto& plan = at::detail::inference_plan<Net>;

using chain = at::network<at::input<32, 32, 1>, at::conv2d<6, 5>, at::batch_norm<>, at::tanh,
                          at::avg_pool2d<2>, at::relu, at::flatten, at::dense<10>, at::relu, at::softmax>;
// Convolution, norm, activation, pooling and its activation are one step; softmax works in place.
static_assert(plan<chain>.step_count == 3);
static_assert(plan<chain>.steps[0].batch_norm == 1 && plan<chain>.steps[0].pool == 3);
static_assert(plan<chain>.values[3].in_place && plan<chain>.values[3].offset == plan<chain>.values[2].offset);
// The pooled image, and two rows of the convolution while it is made: nothing of 28 x 28 x 6.
static_assert(at::arena_bytes<chain> == 4 * (1'184 + 336));
static_assert(at::arena_bytes<chain> == at::arena_lower_bound_bytes<chain>);
// Parts: the convolution at its peak; the dense layer has the pooled image and its result.
static_assert(at::arena_bytes<chain, "conv2d"> == 4 * (1'184 + 336));
static_assert(at::arena_bytes<chain, "dense"> == 4 * (1'184 + 16));
static_assert(at::arena_bytes<chain, "tanh"> == 0);

// A halo is laid out by the producer.
using padded = at::network<at::input<8, 8, 4>, at::conv2d<8, 3, at::same>, at::conv2d<8, 3, at::same>>;
static_assert(plan<padded>.input_in_arena);
static_assert(plan<padded>.values[0].size == 10 * 10 * 4 && plan<padded>.values[1].size == 10 * 10 * 8);
static_assert(plan<padded>.values[2].size == 8 * 8 * 8);

// A reshape before a convolution with padding needs a copy; a flatten before a dense layer needs none.
using reshaped = at::network<at::input<64>, at::dense<64>, at::reshape<8, 8, 1>, at::conv2d<1, 3, at::same>,
                             at::flatten, at::dense<2>>;
static_assert(plan<reshaped>.step_count == 4 && plan<reshaped>.steps[1].copies);

// Memory of a long chain does not grow with its length.
template <std::size_t N>
using deep = at::network<at::input<64>, at::repeat<N, at::dense<64>>>;
static_assert(at::arena_bytes<deep<40>> == at::arena_bytes<deep<4>>);
static_assert(at::arena_bytes<deep<40>> == 2 * 64 * 4);

/// No two values that are alive at the same time overlap.
template <class Net>
constexpr bool disjoint() {
    const auto& p = plan<Net>;
    for (std::size_t a = p.input_in_arena ? 0 : 1; a < p.value_count; ++a)
        for (std::size_t b = a + 1; b < p.value_count; ++b) {
            const at::value &x = p.values[a], &y = p.values[b];
            if (x.storage == y.storage || x.read < y.written || y.read < x.written) continue;
            if (x.offset < y.offset + y.size && y.offset < x.offset + x.size) return false;
        }
    return true;
}
static_assert(disjoint<chain>() && disjoint<padded>() && disjoint<reshaped>() && disjoint<deep<9>>());

}  // namespace

TEST_CASE("greedy placement fills holes") {
    // Lifetimes [0,1], [1,2], [2,3], [0,3]: the third can lie where the first was.
    at::detail::piece pieces[]{{10, 0, 1}, {20, 1, 2}, {10, 2, 3}, {5, 0, 3}};
    CHECK(at::detail::place(pieces, 4) == 35);
    CHECK(pieces[0].offset == pieces[2].offset);
}

TEST_CASE("in training every value, the input too, has memory of its own") {
    using lenet5_without_padding =
        at::network<at::input<32, 32, 1>, at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>, at::conv2d<16, 5>,
                    at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<120>, at::tanh, at::dense<10>>;
    constexpr auto plan = at::detail::make_plan<lenet5_without_padding, at::detail::purpose::training>();
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        CHECK(plan.values[v].size != 0);
        CHECK(plan.values[v].offset + plan.values[v].size <= plan.arena_elements);
        for (std::size_t w = 0; w < v; ++w) {
            INFO("values " << v << " and " << w);
            CHECK((plan.values[v].offset + plan.values[v].size <= plan.values[w].offset ||
                   plan.values[w].offset + plan.values[w].size <= plan.values[v].offset));
        }
    }
}
