// SPDX-License-Identifier: BSL-1.0
// Nothing in a state dict tells the order of gates: the call has to, if the network has any.
// expect: archetype: recurrent layers need a recurrent_dialect in the call
// lines: 22
#include <archetype/interchange/state_dict.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<3, 1>, at::dense<1, at::last_axis>>;
#else
using net = at::network<at::input<3, 1>, at::lstm<1>>;
#endif

void load(at::model<net>& model) { at::load_state_dict(model, "model.safetensors", {"layer"}); }
