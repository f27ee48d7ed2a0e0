// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/keras_json.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    static at::model<at::network<at::input<3, 1>, at::conv1d<2, 2, at::causal>, at::tanh,
                                 at::lstm<1, at::return_sequences>, at::dense<1, at::last_axis>>>
        net;
    const file stored(bytes);
    (void)at::try_load_keras_json(net, stored.path(), at::recurrent_dialect::keras(at::reset_form::after));
}
