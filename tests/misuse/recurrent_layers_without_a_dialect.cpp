// SPDX-License-Identifier: BSL-1.0
// Nothing in a file tells the order of gates: the call has to, if the network has any.
// expect: archetype: recurrent layers need a recurrent_dialect in the call
// lines: 22
#include <archetype/interchange/keras_json.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<3, 1>, at::dense<1, at::last_axis>>;
#else
using net = at::network<at::input<3, 1>, at::lstm<1>>;
#endif

bool load(at::model<net>& model) { return at::try_load_keras_json(model, "model.json").has_value(); }
