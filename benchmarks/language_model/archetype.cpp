// SPDX-License-Identifier: BSL-1.0
/// @file archetype.cpp
/// Trains a character language model: `archetype FILE` with a file of class numbers below 96, one byte each.
#include "../peers/contender.hpp"

#include <archetype/data/sequences.hpp>
#include <archetype/training.hpp>
#include <iterator>

namespace at = archetype;

using language_model = at::network<at::input<64>, at::embedding<96, 64>, at::lstm<64, at::return_sequences>,
                                   at::time_distributed<at::dense<96>>, at::softmax>;

int main(int, char** arguments) {
    std::ifstream file(arguments[1], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::int32_t> text(bytes.begin(), bytes.end());
    const at::sequence_windows windows = at::cut_sequence(text, 64, 32);
    at::model<language_model> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::sgd{.rate = 0.5, .momentum = 0.9}};
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
