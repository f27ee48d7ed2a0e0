// SPDX-License-Identifier: BSL-1.0
// A batch norm that is trained sees one value for each channel where a batch is one sample.
// expect: rule::norm_over_one_value
// expect: at_layer<2,
// lines: 25
#include <archetype/embedded_training.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<3>, at::batch_norm<>, at::relu, at::dense<2>>;
float numbers[at::training_parameter_count<net> + 64];
inline constexpr auto start =
    at::constant_parameters<at::parameters_hash<net>, at::training_parameter_count<net>>::from_pointer(
        numbers);

#ifdef CONTROL
at::embedded_trainer<net, at::mean_squared_error, at::plain_sgd, start, at::batch_size<2>> trainer;
#else
at::embedded_trainer<net, at::mean_squared_error, at::plain_sgd, start> trainer;
#endif

void learn(const float (&samples)[8], const float (&targets)[4]) {
    if (trainer.start()) trainer.step(samples, targets);
}
