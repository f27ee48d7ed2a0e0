// SPDX-License-Identifier: BSL-1.0
/// @file all.hpp
/// The lowering of every layer.
#pragma once
#include <archetype/execution/lowering/attention.hpp>
#include <archetype/execution/lowering/batch_norm.hpp>
#include <archetype/execution/lowering/contraction.hpp>
#include <archetype/execution/lowering/conv2d_table.hpp>
#include <archetype/execution/lowering/conv2d_transpose.hpp>
#include <archetype/execution/lowering/embedding.hpp>
#include <archetype/execution/lowering/join.hpp>
#include <archetype/execution/lowering/join_weights.hpp>
#include <archetype/execution/lowering/layer_norm.hpp>
#include <archetype/execution/lowering/local_response_norm.hpp>
#include <archetype/execution/lowering/masks.hpp>
#include <archetype/execution/lowering/noise.hpp>
#include <archetype/execution/lowering/piece_max.hpp>
#include <archetype/execution/lowering/pointwise.hpp>
#include <archetype/execution/lowering/pooling.hpp>
#include <archetype/execution/lowering/positions.hpp>
#include <archetype/execution/lowering/rearrangement.hpp>
#include <archetype/execution/lowering/recurrent/recurrent.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_blocks.hpp>
#include <archetype/execution/lowering/recurrent/recurrent_lines.hpp>
#include <archetype/execution/lowering/resample2d.hpp>
#include <archetype/execution/lowering/resize2d.hpp>
#include <archetype/execution/lowering/row_activations.hpp>
#include <archetype/execution/lowering/softmax.hpp>
#include <archetype/execution/lowering/volumes/conv3d.hpp>
#include <archetype/execution/lowering/volumes/pool3d.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The lowering of a step: of its layer, or a copy.
template <class Step>
struct step_lowering {
    using type = lowering<typename Step::layer>;
};
template <class Step>
requires(Step::now.copies) struct step_lowering<Step> {
    using type = copy_lowering;
};
template <class Step>
using lowering_of = typename step_lowering<Step>::type;

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
