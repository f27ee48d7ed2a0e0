// SPDX-License-Identifier: BSL-1.0
// Weights for inference have batch norm folded into them: nothing can be trained from there.
// expect: embedded_trainer starts from parameters
// lines: 25
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<3>, at::relu, at::dense<2>>;
float numbers[at::training_parameter_count<net> + 64];
#ifdef CONTROL
inline constexpr auto start =
    at::constant_parameters<at::parameters_hash<net>, at::training_parameter_count<net>>::from_pointer(
        numbers);
#else
inline constexpr auto start =
    at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>::from_pointer(numbers);
#endif

at::embedded_trainer<net, at::mean_squared_error, at::plain_sgd, start> trainer;

void learn(const float (&samples)[4], const float (&targets)[2]) {
    if (trainer.start()) trainer.step(samples, targets);
}
