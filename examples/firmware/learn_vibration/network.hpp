// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Anomalies of a machine by its vibration: an autoencoder of spectra with 64 lines, which adapts to the machine that it
/// is screwed to.
#pragma once
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using vibration = at::network<at::input<64>, at::dense<16>, at::relu, at::dense<4>, at::relu, at::dense<16>,
                              at::relu, at::dense<64>>;
using vibration_loss = at::mean_squared_error;
using vibration_optimizer = at::adam;
inline constexpr vibration_optimizer vibration_settings{.rate = 0.005};

/// A spectrum of a machine: harmonics of `speed` (in lines), the third ones by `wear`; `number` decides the noise.
inline void fill_spectrum(float (&lines)[64], float speed, float wear, unsigned number) {
    std::uint32_t noise = 2654435761u * (number + 1);
    for (int i = 0; i < 64; ++i) {
        noise = noise * 1664525u + 1013904223u;
        float sum = static_cast<float>(noise >> 24) / 4096.0f;
        for (int harmonic = 1; harmonic <= 5; ++harmonic) {
            const float distance = static_cast<float>(i) - speed * static_cast<float>(harmonic);
            const float height = harmonic == 3 ? wear : 1.0f / static_cast<float>(harmonic);
            sum += height / (1.0f + distance * distance);
        }
        lines[i] = sum;
    }
}

/// Adapts to a spectrum that is known to be healthy; returns the error before.
float adapt(const float* lines);
/// The mean square of what is not as the network knows it.
float error_of(const float* lines);
unsigned trainer_bytes();
unsigned parameter_bits();
