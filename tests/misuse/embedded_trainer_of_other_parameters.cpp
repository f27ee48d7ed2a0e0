// SPDX-License-Identifier: BSL-1.0
// Parameters lie elsewhere if other parts are frozen.
// expect: these parameters were written for another architecture, or with other parts frozen
// lines: 25
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using all = at::network<at::input<4>, at::dense<3>, at::relu, at::dense<2>>;
using last = at::network<at::input<4>, at::frozen<at::dense<3>>, at::relu, at::dense<2>>;
float numbers[at::training_parameter_count<last> + 64];
#ifdef CONTROL
using written = last;
#else
using written = all;
#endif
inline constexpr auto start =
    at::constant_parameters<at::parameters_hash<written>,
                            at::training_parameter_count<written>>::from_pointer(numbers);

at::embedded_trainer<last, at::mean_squared_error, at::plain_sgd, start> trainer;

void learn(const float (&samples)[4], const float (&targets)[2]) {
    if (trainer.start()) trainer.step(samples, targets);
}
