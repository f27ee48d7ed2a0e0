// SPDX-License-Identifier: BSL-1.0
// What a quantized model consists of: given again, it is the same network.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/given_quantization_of.hpp>

#include <catch.hpp>

#include <xtensor/xrandom.hpp>

namespace at = archetype;

namespace {

/// Names of layers that are given.
template <class Net>
std::string same_again(unsigned seed) {
    at::model<Net> net{at::seed{seed}};
    constexpr at::shape in = at::input_shape<Net>;
    xt::random::seed(seed);
    const xt::xtensor<float, 2> flat = xt::random::randn<float>({std::size_t{40}, in.size()});
    const xt::xarray<float> samples = [&] {
        std::vector<std::size_t> shape{40};
        for (std::size_t i = 0; i < in.rank; ++i) shape.push_back(in.extents[i]);
        return xt::xarray<float>(xt::reshape_view(flat, shape));
    }();
    const auto quantized = at::quantize(net, xt::xtensor<float, in.rank + 1>(samples));
    const at::given_quantization given = at::given_quantization_of(quantized);
    const auto again = at::quantized_with<Net>(given);
    CHECK(again.words() == quantized.words());
    CHECK(at::quantized_with<Net>(at::given_quantization_of(again)).words() == quantized.words());
    std::string names;
    for (const auto& [path, layer] : given.layers)
        names += path + (layer.weights.empty() ? "" : "*") + (layer.table.empty() ? "" : "+") + ' ';
    return names;
}
constexpr auto wave = [](auto x) { return archetype::expression::sin(x); };

}  // namespace

TEST_CASE("given quantization of a model: the same words") {
    CHECK(same_again<at::network<at::input<8, 8, 3>, at::conv2d<4, 3, at::same>, at::batch_norm<>, at::relu,
                                 at::residual<at::conv2d<4, 3, at::same>, at::relu6>, at::relu,
                                 at::max_pool2d<2>, at::depthwise_conv2d<3, at::same>, at::avg_pool2d<2>,
                                 at::tanh, at::flatten, at::dense<5>, at::softmax>>(1) ==
          "conv2d* conv2d_1* dense* depthwise_conv2d* relu relu_1 shortcut/relu6 softmax tanh ");
    CHECK(same_again<at::network<
              at::input<10, 3>, at::conv1d<4, 3>, at::leaky_relu<0.1>, at::activation<wave>,
              at::branches<at::concatenate, at::sequence<at::conv1d<2, 1>, at::sigmoid>, at::conv1d<3, 1>>,
              at::branches<at::multiply, at::sequence<>, at::conv1d<5, 1>>, at::relu, at::global_avg_pool1d,
              at::dense<1>, at::sigmoid>>(2) ==
          "activation branch/conv1d* branch/sigmoid branch_1/conv1d* branch_2/conv1d* conv1d* dense* relu "
          "sigmoid ");
}
