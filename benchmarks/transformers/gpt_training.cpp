// SPDX-License-Identifier: BSL-1.0
/// @file gpt_training.cpp
/// Trains a character-level GPT of 6 blocks, 192 wide, 64 steps, batches of 32, without dropout: `gpt_training FILE` with class
/// numbers below 96, one byte each. "epoch" answers with seconds of an epoch over windows of the file, "loss" with its loss.
#include "../peers/contender.hpp"

#include <archetype/data/sequences.hpp>
#include <archetype/training.hpp>
#include <iterator>

namespace at = archetype;

using block = at::sequence<
    at::residual<at::sequence<at::layer_norm<at::epsilon<1e-5>>, at::self_attention<192, 6, at::causal>>>,
    at::residual<at::sequence<at::layer_norm<at::epsilon<1e-5>>, at::dense<768, at::last_axis>, at::gelu_tanh,
                              at::dense<192, at::last_axis>>>>;
using net = at::network<at::input<64>, at::shared<"wte", at::embedding<96, 192>>, at::position_embedding<64>,
                        at::repeat<6, block>, at::layer_norm<at::epsilon<1e-5>>,
                        at::shared<"wte", at::tied_output<96>>>;

int main(int, char** arguments) {
    std::ifstream file(arguments[1], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::int32_t> text(bytes.begin(), bytes.end());
    const at::sequence_windows windows = at::cut_sequence(text, 64, 32);
    at::model<net> model{at::seed{1}, at::random_normal<0.02>{}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 1e-3}};
    double loss = 0;
    const auto epoch = [&] {
        const auto report =
            trainer.fit(windows.samples, windows.targets,
                        {.batch = 32, .shuffle = false, .progress = at::progress_style::silent});
        loss = report.back().loss;
    };
    peers::serve({{"epoch", [&](std::ostream& out) { out << peers::seconds(epoch); }},
                  {"loss", [&](std::ostream& out) { out << loss; }}});
}
