// SPDX-License-Identifier: BSL-1.0
// LeNet-5 and Keras' models with the weights of make_references.py gives what PyTorch gives.
#include <archetype/zoo/keras_models.hpp>
#include <archetype/zoo/lenet5.hpp>
#include "references.hpp"
#include "results.hpp"

namespace zoo = archetype::zoo;

TEST_CASE("LeNet-5 agrees with PyTorch") { references::check_results<zoo::lenet5<>>(references::lenet5); }
TEST_CASE("the Keras models agree with PyTorch") {
    references::check_results<zoo::keras_mnist>(references::keras_mnist);
    references::check_results<zoo::keras_cifar<>>(references::keras_cifar);
}
