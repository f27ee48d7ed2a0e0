// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// Training: `archetype lenet5|mlp FOLDER` with the digits in the folder.
#include "../peers/contender.hpp"

#include <archetype/training.hpp>

namespace at = archetype;

using lenet5 = at::network<at::input<32, 32, 1>,                            //
                           at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>,   //
                           at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>,  //
                           at::flatten, at::dense<120>, at::tanh,           //
                           at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
using mlp =
    at::network<at::input<28, 28, 1>, at::flatten, at::dense<512>, at::relu, at::dense<10>, at::softmax>;

template <class Network>
void serve(const std::string& folder, std::size_t margin, std::size_t batch, double rate) {
    const at::mnist digits = at::read_mnist(folder, {.padding = margin});
    at::model<Network> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = rate, .momentum = 0.9}};
    const auto epoch = [&] {
        trainer.fit(digits.train, {.batch = batch, .progress = at::progress_style::silent});
    };
    peers::serve({{"epoch", [&](std::ostream& out) { out << peers::seconds(epoch); }},
                  {"accuracy", [&](std::ostream& out) { out << trainer.evaluate(digits.test).accuracy; }}});
}

int main(int, char** arguments) {
    if (arguments[1] == std::string("lenet5"))
        serve<lenet5>(arguments[2], 2, 32, 0.02);
    else
        serve<mlp>(arguments[2], 0, 64, 0.05);
}
