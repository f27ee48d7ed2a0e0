// SPDX-License-Identifier: BSL-1.0
/// @file keras_models.hpp
/// Two small models that introductions to Keras build.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// Two convolutions and a dense layer for digits. {28, 28, 1} -> {10} probabilities; 203,434 parameters.
using keras_mnist = network<input<28, 28, 1>,     //
                            conv2d<64, 3>, relu,  //
                            conv2d<32, 3>, relu,  //
                            flatten,              //
                            dense<10>, softmax>;

/// Keras' example for CIFAR-10 (cifar10_cnn.py). {Side, Side, Channels} -> {10} probabilities; with 32 x 32 x 3 1,250,858
/// parameters.
template <std::size_t Side = 32, std::size_t Channels = 3>
using keras_cifar = network<input<Side, Side, Channels>,     //
                            conv2d<32, 3, same>, relu,       //
                            conv2d<32, 3>, relu,             //
                            max_pool2d<2>, dropout<0.25>,    //
                            conv2d<64, 3, same>, relu,       //
                            conv2d<64, 3>, relu,             //
                            max_pool2d<2>, dropout<0.25>,    //
                            flatten,                         //
                            dense<512>, relu, dropout<0.5>,  //
                            dense<10>, softmax>;

}  // namespace archetype::zoo
