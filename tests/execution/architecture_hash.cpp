// SPDX-License-Identifier: BSL-1.0
// Networks that compute something else, or take other weights, have another hash.
#include <archetype/inference.hpp>
#include <archetype/zoo.hpp>
#include <catch.hpp>

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

// A kind is a text for people: a layer of one's own may say what it likes.
namespace {
struct clamp6 : at::pointwise_layer {
    static constexpr at::text_view kind = "relu";
};
struct half_cell {
    static constexpr at::text_view kind = "lstm";
    static constexpr std::size_t gates = 1, states = 1;
    static constexpr auto step = [](auto gate, auto state) { return 0.5f * (gate + state); };
};
struct third_cell {
    static constexpr at::text_view kind = "lstm";
    static constexpr std::size_t gates = 1, states = 1;
    static constexpr auto step = [](auto gate, auto state) { return (1.f / 3) * (gate + state); };
};
template <auto F>
constexpr std::uint64_t hash_of_function = hash<at::activation<F>>;
template <class Layer>
constexpr std::uint64_t hash_of_sequence = at::architecture_hash<at::network<at::input<5, 3>, Layer>>;
}  // namespace
template <>
struct at::detail::pointwise_expression<clamp6> {
    static constexpr auto value = at::expression::trace<1>([](auto x) { return clamp(x, 0.f, 6.f); });
};

TEST_CASE("functions are told apart by what they compute") {
    CHECK(hash<clamp6> != hash<at::relu>);
    CHECK(hash_of_function<[](auto x) { return x * x; }> != hash_of_function<[](auto x) { return x + x; }>);
    CHECK(hash_of_function<[](auto x) { return 2.f * x; }> !=
          hash_of_function<[](auto x) { return 3.f * x; }>);
    CHECK(hash_of_function<[](auto x) { return x * sigmoid(x); }> ==
          hash_of_function<[](auto y) { return y * sigmoid(y); }>);
    CHECK(hash_of_function<at::expression::activations::gelu> !=
          hash_of_function<[](auto x) { return x * x; }>);
    CHECK(hash_of_sequence<at::recurrent<4, half_cell>> != hash_of_sequence<at::recurrent<4, third_cell>>);
    CHECK(hash_of_sequence<at::lstm<4, at::cell_activation<at::activation<[](auto x) { return x * x; }>>>> !=
          hash_of_sequence<at::lstm<4, at::cell_activation<at::activation<[](auto x) { return abs(x); }>>>>);
    // The 8-bit form of a rectifier is a bound of the layer before; of another function it is a table.
    using rectified = at::network<at::input<4>, at::dense<3>, at::relu>;
    using clamped = at::network<at::input<4>, at::dense<3>, clamp6>;
    CHECK(at::quantized_weight_count<clamped> > at::quantized_weight_count<rectified>);
}

// Files of users carry these numbers. Where one changes, `weights_format` changes, too.
TEST_CASE("hashes of published networks stay") {
    namespace zoo = at::zoo;
    CHECK(at::weights_format == 1);
    CHECK(at::architecture_hash<zoo::lenet5<>> == 0xac75bccdf2fb9ceeu);
    CHECK(at::architecture_hash<zoo::lenet5_1998> == 0xa24fed9c5897592cu);
    CHECK(at::architecture_hash<zoo::alexnet<>> == 0xca99aa84512e306eu);
    CHECK(at::architecture_hash<zoo::vgg16<>> == 0x2d6d591a0abe90a8u);
    CHECK(at::architecture_hash<zoo::resnet18<>> == 0xf99cd8885fbbfcabu);
    CHECK(at::architecture_hash<zoo::resnet50<>> == 0xbccdb24aabb4b16u);
    CHECK(at::architecture_hash<zoo::resnet152<>> == 0x70cd36b6365f5d62u);
    CHECK(at::architecture_hash<zoo::mobilenet<>> == 0x23fe5bbfffaf59a5u);
    CHECK(at::architecture_hash<zoo::googlenet<>> == 0x58bedabc12b962cau);
    CHECK(at::architecture_hash<zoo::inception_v3<>> == 0x1eaa8838a1a94706u);
    CHECK(at::architecture_hash<zoo::densenet121<>> == 0x15e134f9fa29da7bu);
    CHECK(at::architecture_hash<zoo::unet<>> == 0xa92713e9037cf7a1u);
    CHECK(at::architecture_hash<at::network<at::input<20, 8>, at::lstm<16, at::return_sequences>,
                                            at::gru<12, at::reset_after>, at::dense<3>>> ==
          0x1377df94737b8d5fu);
}
