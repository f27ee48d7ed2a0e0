// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/nam.hpp>
#include <archetype/zoo/wavenet.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    static at::model<at::network<at::input<3, 1>, at::lstm<2, at::return_sequences, at::given_initial_state>,
                                 at::dense<1, at::last_axis>>>
        recurrent;
    const file stored(bytes);
    (void)at::try_load_nam(recurrent, stored.path());
}
