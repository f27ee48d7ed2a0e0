// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// The keyword network of MLPerf Tiny in two parts: the body in 8 bits, which stays, and a last layer in floats that learns a
/// thirteenth word on the device.
#pragma once
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using separable_block = at::sequence<at::depthwise_conv2d<3, at::same>, at::batch_norm<>, at::relu,  //
                                     at::conv2d<64, 1>, at::batch_norm<>, at::relu>;
using word_body =
    at::network<at::input<49, 10, 1>,                                                                    //
                at::conv2d<64, at::extent{10, 4}, at::stride<2>, at::same>, at::batch_norm<>, at::relu,  //
                at::repeat<4, separable_block>, at::global_avg_pool2d>;
inline constexpr std::size_t known_words = 12, feature_count = 64;
using word_head = at::network<at::input<feature_count>, at::dense<known_words + 1>, at::softmax>;
using word_loss = at::cross_entropy;
using word_optimizer = at::sgd;
inline constexpr word_optimizer word_settings{.rate = 0.02, .momentum = 0.9};

/// Frames of a word by a formula: two formants that move as the word says, and noise that `number` decides.
inline void speak(float (&frames)[49 * 10], unsigned word, unsigned number) {
    std::uint32_t noise = 2654435761u * (13 * number + word + 1);
    const auto random = [&] {
        noise = noise * 1664525u + 1013904223u;
        return static_cast<float>(noise >> 16) / 65536.0f;
    };
    const float first = static_cast<float>(word % 4) * 2, second = 9 - static_cast<float>(word / 4) * 2;
    const float slope = (static_cast<float>(word % 3) - 1) * 0.06f, late = random() * 6 - 3,
                loud = 0.7f + 0.6f * random();
    for (int t = 0; t < 49; ++t)
        for (int c = 0; c < 10; ++c) {
            const float time = static_cast<float>(t) - 24 - late, at = static_cast<float>(c);
            const float one = at - first - slope * time, other = at - second + slope * time;
            const float envelope = 1 / (1 + time * time / 200);
            frames[t * 10 + c] =
                loud * envelope * (1 / (1 + one * one) + 0.7f / (1 + other * other)) + 0.2f * random();
        }
}

/// What the body makes of a word: 64 numbers, in the object until the next call.
void listen(const float (&frames)[49 * 10], float (&features)[feature_count]);
/// One step of the last layer; returns its loss before.
float learn(const float (&features)[feature_count], int word);
/// The likeliest word.
unsigned recognize(const float (&features)[feature_count]);
unsigned body_bytes();
unsigned trainer_bytes();
unsigned parameter_bits();
