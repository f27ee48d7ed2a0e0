// SPDX-License-Identifier: BSL-1.0
/// @file same_form.hpp
/// Two ways to say the same, brought to one: files of different origin have either.
#pragma once
#include "../lower/layers.hpp"

namespace archetype::files {

/// Padding that is asked for by name ("SAME") as numbers.
void spell_out_padding(rewrite::network& of);

/// The last step of a recurrent layer's sequence, cut out of it, is what a layer without a sequence gives.
void join_last_steps(lower::network& of);

}  // namespace archetype::files
