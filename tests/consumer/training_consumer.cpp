// SPDX-License-Identifier: BSL-1.0
// Trains, saves and runs a small network: what scripts/compilers tries with each compiler.
#include <archetype/interchange/model_file.hpp>
#include <archetype/training.hpp>

namespace at = archetype;
using net_type = at::network<at::input<6, 6, 1>, at::conv2d<4, 3>, at::relu, at::max_pool2d<2>, at::flatten,
                             at::dense<3>, at::softmax>;

int main() {
    at::model<net_type> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 0.01}};
    at::dataset data{xt::xtensor<float, 4>::from_shape({30, 6, 6, 1}),
                     xt::xtensor<std::int32_t, 1>::from_shape({30})};
    for (std::size_t i = 0; i < 30; ++i) {
        data.labels(i) = static_cast<std::int32_t>(i % 3);
        for (std::size_t p = 0; p < 36; ++p) data.samples.data()[36 * i + p] = p % 3 == i % 3 ? 1.f : 0.f;
    }
    const auto history =
        trainer.fit(data, {.epochs = 30, .batch = 10, .progress = at::progress_style::silent});
    at::save(net, "net.safetensors");
    return history.back().loss < history.front().loss / 2 ? 0 : 1;
}
