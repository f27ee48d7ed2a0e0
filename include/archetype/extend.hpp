// SPDX-License-Identifier: BSL-1.0
/// @file extend.hpp
/// For who adds layers: what a layer says of itself to be executed, in real numbers (`lowering`), with integers
/// (`integer_form`) and in streams (`stream_form`). docs/adding_a_layer.md shows each by an example.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/architecture.hpp>
//
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/execution/lowering/lowering.hpp>
#include <archetype/execution/lowering/stream_form.hpp>

namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET {

// A lowering: what its passes are called with, defaults, and what the plan decided about the step.
using detail::give_no_gradient;
using detail::grad_in_image;
using detail::grad_out_image;
using detail::inference_call;
using detail::kernel_lowering;
using detail::training_call;
using detail::trains;
using detail::weightless_lowering;

// A form with integers.
using detail::identity_integer_form;
using detail::integer_scale;
using detail::integer_sizes;
using detail::plain_integer_form;

// A form in streams.
using detail::row_stream_form;
using detail::state_stream_form;
using detail::step_of_row;
using detail::stream_state_size;

}  // namespace archetype::extend::inline ARCHETYPE_INSTRUCTION_SET

#include <archetype/pop_macros.hpp>  // comes last
