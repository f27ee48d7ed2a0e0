// SPDX-License-Identifier: BSL-1.0
/// @file adapt.cpp
/// The trainer on the device. Where it starts is what a host learnt from another machine.
#include "network.hpp"

#include "bits.hpp"
#if __has_include("vibration_start.hpp")
#include "vibration_start.hpp"  // write_training.cpp wrote it
#else
#include "formula_parameters.hpp"
static constexpr auto& vibration_start = board::formula_parameters<vibration>;
#endif

static at::embedded_trainer<vibration, vibration_loss, vibration_optimizer, vibration_start> trainer;
static_assert(sizeof(trainer) ==
              at::training_arena_bytes<vibration, vibration_loss, vibration_optimizer, vibration_start>);

float adapt(const float* lines) {
    if (trainer.updates() == 0) (void)trainer.start({}, vibration_settings);
    const std::span<const float, trainer.input_size> spectrum(lines, trainer.input_size);
    return trainer.step(spectrum, spectrum);
}

float error_of(const float* lines) {
    const auto known = trainer(std::span<const float, trainer.input_size>(lines, trainer.input_size));
    float sum = 0;
    for (std::size_t i = 0; i < known.size(); ++i) sum += (lines[i] - known[i]) * (lines[i] - known[i]);
    return sum / static_cast<float>(known.size());
}

unsigned trainer_bytes() { return sizeof(trainer); }
unsigned parameter_bits() { return board::bits_of(trainer.parameters()); }
