// SPDX-License-Identifier: BSL-1.0
/// @file cnn_of_torch.hpp
/// The network of state_dicts/cnn.json, whose input and output it holds.
#pragma once
#include <archetype/interchange/json_reader.hpp>
#include <archetype/interchange/json_tensor.hpp>
#include <archetype/interchange/state_dict_reader.hpp>
#include <catch.hpp>
#include <filesystem>

namespace cnn_of_torch {

namespace at = archetype;
using slopes = at::branches<
    at::add, at::relu,
    at::sequence<at::activation<[](auto x) { return x - relu(x); }>, at::depthwise_conv2d<1, at::no_bias>>>;
using torch_epsilon = at::epsilon<1e-5>;
using net =
    at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::padding<1>, at::groups<2>>,
                at::batch_norm<torch_epsilon>, slopes, at::max_pool2d<2>,
                at::depthwise_conv2d<at::extent{3, 2}, at::depth_multiplier<2>>, at::relu,
                at::depthwise_conv2d<2, at::no_bias>,
                at::conv2d_transpose<3, 3, at::stride<2>, at::padding<1>, at::output_padding<1>>, at::flatten,
                at::batch_norm<torch_epsilon>, at::dense<5>, at::layer_norm<torch_epsilon>>;
inline const std::vector<at::state_dict_module> modules{
    "0", "1", "2", "4", "6", "7", {"9", {.affine = false}}, "10", "11"};

/// Between what a model computes and what PyTorch did, for a file of state_dicts/.
template <class Net>
double difference(at::model<Net>& model, const std::string& name = "cnn") {
    const auto document = at::detail::try_read_json(std::filesystem::path(__FILE__).parent_path() /
                                                    "state_dicts" / (name + ".json"));
    at::detail::tensor_problem problem;
    const auto x = at::detail::tensor_of(*document->find("input"), problem),
               y = at::detail::tensor_of(*document->find("output"), problem);
    std::vector<float> found(y->values.size());
    REQUIRE(x->values.size() == at::model<Net>::input_shape.size());
    REQUIRE(found.size() == at::model<Net>::output_shape.size());
    model.run(x->values.data(), 1, found.data());
    double most = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        most = std::max(most, std::abs(double(found[i]) - double(y->values[i])));
    return most;
}

}  // namespace cnn_of_torch
