// SPDX-License-Identifier: BSL-1.0
/// @file process.cpp
/// The network on the device: weights in read-only storage, its memory in an object that is zero at the start.
#include "network.hpp"
#include "pedal_weights.hpp"  // write_pedal.cpp wrote it

static at::embedded_stream<pedal, pedal_weights> stream;
static_assert(sizeof(stream) == at::stream_ram_bytes<pedal>);

float process(float sample) { return stream(sample); }
