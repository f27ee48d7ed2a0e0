// SPDX-License-Identifier: BSL-1.0
/// @file vanishing_gradients.cpp
/// Shows how the gradient of a loss fades on its way back: over depth, through 30 dense layers with sigmoid or relu and 30
/// recurrent ones, and over time, through 100 steps of a simple RNN with tanh, sigmoid or relu, a GRU and an LSTM. Prints a
/// table of norms and, where there is gnuplot, writes vanishing_gradients.png to the folder given as argument.
#include <archetype/execution/host/xarray.hpp>
#include <archetype/training.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace at = archetype;

namespace {

constexpr std::size_t depth = 30, width = 32, time_steps = 100, features = 8, batch = 16;

template <class Activation>
using deep = at::network<at::input<width>, at::repeat<depth, at::sequence<at::dense<width>, Activation>>>;
template <class Layer>
using deep_recurrent = at::network<at::input<5, width>, at::repeat<depth, Layer>>;
template <class Layer>
using recurrent = at::network<at::input<time_steps, features>, Layer>;
template <class Activation>
using simple = at::simple_rnn<width, at::cell_activation<Activation>>;

struct curve {
    std::string name;
    std::vector<double> norms;  ///< of the gradient, from the input's end to the loss
};

/// A batch of normal random numbers.
xt::xarray<double> random_batch(const at::shape& each, std::uint64_t start) {
    at::random_source random(start);
    std::vector<std::size_t> extents{batch};
    extents.insert(extents.end(), each.extents, each.extents + each.rank);
    xt::xarray<double> made = xt::zeros<double>(extents);
    for (double& value : made) value = random.normal();
    return made;
}

/// Norm of the gradient with respect to the kernel of each layer.
template <class Net, class Initializer>
curve over_depth(std::string name, Initializer initializer) {
    at::model<Net, double> net{at::seed{1}, initializer};
    at::gradients of{net, at::mean_squared_error{}};
    of(random_batch(net.input_shape, 2), random_batch(net.output_shape, 3));
    curve made{std::move(name), {}};
    boost::hana::for_each(of.parameters(), [&](auto pair) {
        if (!std::string_view(boost::hana::first(pair).c_str()).ends_with("/kernel")) return;
        double sum = 0;
        for (const double value : boost::hana::second(pair)) sum += value * value;
        made.norms.push_back(std::sqrt(sum));
    });
    return made;
}

/// Norm of the gradient with respect to the input of each time step, of a loss of the last state.
template <class Layer>
curve over_time(std::string name) {
    at::model<recurrent<Layer>, double> net{at::seed{1}};
    at::gradients of{net, at::mean_squared_error{}};
    of(random_batch(net.input_shape, 2), random_batch(net.output_shape, 3));
    const auto input = of.input();
    curve made{std::move(name), std::vector<double>(time_steps)};
    for (std::size_t t = 0; t < time_steps; ++t) {
        double sum = 0;
        for (std::size_t n = 0; n < batch; ++n)
            for (std::size_t i = 0; i < features; ++i) sum += input(n, t, i) * input(n, t, i);
        made.norms[t] = std::sqrt(sum);
    }
    return made;
}

/// The norms at some places, relative to the last one.
void print(const char* title, const std::vector<curve>& curves, std::size_t every) {
    std::printf("%s, relative to the last\n%8s", title, "back");
    for (const curve& one : curves) std::printf("  %12s", one.name.c_str());
    for (std::size_t back = 0; back < curves[0].norms.size(); back += every) {
        std::printf("\n%8zu", back);
        for (const curve& one : curves)
            std::printf("  %12.3e", one.norms[one.norms.size() - 1 - back] / one.norms.back());
    }
    std::printf("\n\n");
}

void plot(const std::string& folder, const std::vector<curve>& layers, const std::vector<curve>& steps) {
    const std::string data = folder + "/vanishing_gradients.dat",
                      script = folder + "/vanishing_gradients.gnuplot";
    {
        std::ofstream out(data), commands(script);
        commands
            << "set terminal pngcairo size 1000,420\nset output '" << folder
            << "/vanishing_gradients.png'\nset logscale y\nset format y '10^{%T}'\nset multiplot layout 1,2\n"
               "set key bottom right\n";
        std::size_t block = 0;
        for (const auto& [title, axis, curves] :
             {std::tuple{"depth", "layer", &layers}, std::tuple{"time", "time step", &steps}}) {
            commands << "set title 'gradient over " << title << "'\nset xlabel '" << axis << "'\nplot";
            for (const curve& one : *curves) {
                commands << (&one == curves->data() ? " " : ", ") << "'" << data << "' index " << block++
                         << " with lines lw 2 title '" << one.name << "'";
                for (std::size_t i = 0; i < one.norms.size(); ++i)
                    out << i + 1 << ' ' << one.norms[i] / one.norms.back() << '\n';
                out << "\n\n";
            }
            commands << '\n';
        }
    }
    if (std::system(("gnuplot '" + script + "' 2> /dev/null").c_str()) == 0)
        std::printf("written: %s/vanishing_gradients.png\n", folder.c_str());
    else
        std::printf("no picture without gnuplot; %s has its commands\n", script.c_str());
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<curve> layers{
        over_depth<deep<at::sigmoid>>("sigmoid", at::glorot_uniform{}),
        over_depth<deep<at::relu>>("relu", at::he_uniform{}),
        over_depth<deep_recurrent<at::simple_rnn<width, at::return_sequences>>>("simple RNN",
                                                                                at::glorot_uniform{}),
        over_depth<deep_recurrent<at::lstm<width, at::return_sequences>>>("LSTM", at::glorot_uniform{})};
    const std::vector<curve> steps{over_time<simple<at::tanh>>("simple RNN"),
                                   over_time<simple<at::sigmoid>>("RNN, sigmoid"),
                                   over_time<simple<at::relu>>("RNN, relu"), over_time<at::gru<width>>("GRU"),
                                   over_time<at::lstm<width>>("LSTM")};
    print("gradient with respect to the kernels of 30 layers", layers, 5);
    print("gradient with respect to the input of 100 time steps", steps, 10);
    if (count > 1) plot(arguments[1], layers, steps);
    const auto left = [](const curve& one) { return one.norms.front() / one.norms.back(); };
    // A sigmoid's slope is at most 1/4, so each layer takes most of the gradient away. An LSTM keeps more than a simple RNN.
    return left(layers[0]) < left(layers[1]) * 1e-6 && left(steps[0]) < left(steps.back()) * 1e-3 ? 0 : 1;
}
