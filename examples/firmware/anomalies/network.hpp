// SPDX-License-Identifier: BSL-1.0
/// @file network.hpp
/// Anomalies in machines' noise: the autoencoder of MLPerf Tiny, 640-128-8-128-640, each 128 four times.
#pragma once
#include <archetype/inference.hpp>

namespace at = archetype;

template <std::size_t Units>
using rectified = at::sequence<at::dense<Units>, at::batch_norm<>, at::relu>;
using anomalies = at::network<at::input<640>, at::repeat<4, rectified<128>>, rectified<8>,
                              at::repeat<4, rectified<128>>, at::dense<640>>;

static_assert(at::multiply_accumulate_count<anomalies> == 264'192);
static_assert(at::fits<anomalies, at::flash<1'100'000>, at::ram<8 * 1024>>);

/// The five frames as the network knows them; far from what came in, something is new. Valid until the next call.
const float* reconstruct(const float* frames);
