// SPDX-License-Identifier: BSL-1.0
/// @file learn.cpp
/// The trainer on the device: where training starts is in read-only storage, all else in an object of zeros.
#include "network.hpp"

#include "bits.hpp"
#if __has_include("digits_start.hpp")
#include "digits_start.hpp"  // write_training.cpp wrote it
#else
#include "formula_parameters.hpp"
static constexpr auto& digits_start = board::formula_parameters<digits>;
#endif

static at::embedded_trainer<digits, digits_loss, digits_optimizer, digits_start> trainer;
static_assert(at::training_arena_bytes<digits, digits_loss, digits_optimizer, digits_start> ==
              sizeof(trainer));

float learn(const float* pixels, int label) {
    if (trainer.updates() == 0) (void)trainer.start({}, digits_settings);
    return trainer.step(std::span<const float, trainer.input_size>(pixels, trainer.input_size), label);
}

unsigned trainer_bytes() { return sizeof(trainer); }
unsigned parameter_bits() { return board::bits_of(trainer.parameters()); }
