// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/checkpoint.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    static at::model<at::network<at::input<2>, at::dense<1>>> net;
    static at::trainer trainer{net, at::mean_squared_error{}, at::sgd{}};
    const file stored(bytes);
    (void)at::try_load_checkpoint(trainer, stored.path());
    (void)at::try_load_checkpoint(trainer, stored.path(),
                                  {.other_architecture = true,
                                   .other_loss = true,
                                   .other_optimizer = true,
                                   .other_schedule = true,
                                   .allow_not_finite = true});
}
