// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// An effect pedal, sample by sample: a GRU of eight units, a dense layer, and the sample itself added (NeuralSeed).
#pragma once
#include <archetype/inference.hpp>

namespace at = archetype;
using namespace at::literals;

/// The number of time steps stands for any length.
using pedal =
    at::network<at::input<64, 1>, at::residual<at::sequence<at::gru<8, at::return_sequences, at::reset_after>,
                                                            at::dense<1, at::last_axis>>>>;

static_assert(at::state_bytes<pedal> == 8 * sizeof(float));
static_assert(at::fits<pedal, at::flash<2_KiB>>);
#if !__STDC_HOSTED__  // a host's object has a copy of the weights for its vectors
static_assert(at::fits<pedal, at::stream_ram<512>>);
#endif

/// The next sample.
float process(float sample);
