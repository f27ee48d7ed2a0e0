// SPDX-License-Identifier: BSL-1.0
// A layer asks for a penalty on its weights, which a trainer on a device does not add.
// expect: rule::penalty_on_a_device
// expect: at_layer<1,
// lines: 25
#include <archetype/embedded_training.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<3>, at::relu, at::dense<2>>;
#else
using net = at::network<at::input<4>, at::dense<3, at::l2<1e-4>>, at::relu, at::dense<2>>;
#endif
float numbers[at::training_parameter_count<net> + 64];
inline constexpr auto start =
    at::constant_parameters<at::parameters_hash<net>, at::training_parameter_count<net>>::from_pointer(
        numbers);

at::embedded_trainer<net, at::mean_squared_error, at::plain_sgd, start> trainer;

void learn(const float (&sample)[4], const float (&target)[2]) {
    if (trainer.start()) trainer.step(sample, target);
    trainer.updates(7);
}
