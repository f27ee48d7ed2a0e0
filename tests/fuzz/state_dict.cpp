// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/state_dict.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    static at::model<at::network<at::input<3, 1>, at::gru<1, at::return_sequences, at::reset_after>,
                                 at::dense<1, at::last_axis>>>
        net;
    static const std::vector<at::state_dict_module> modules{{"g"}, {"d"}};
    const file stored(bytes);
    (void)at::try_load_state_dict(net, stored.path(), modules, at::recurrent_dialect::pytorch());
    (void)at::try_load_state_dict(net, stored.path(), modules, at::recurrent_dialect::pytorch(), "m");
}
