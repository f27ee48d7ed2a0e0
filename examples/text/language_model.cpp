// SPDX-License-Identifier: BSL-1.0
/// @file language_model.cpp
/// Trains a character language model on a text by truncated back-propagation through time:
///
///     bible -f gen1:1-rev22:21 > bible.txt        (Debian: bible-kjv, bible-kjv-text; public domain)
///     text_language_model bible.txt               (or any text, plain or gzip)
///     text_language_model bible.txt 2 300000      (two epochs on the first 300,000 characters)
///
/// Prints bits per character of a tenth of the text that training has not seen, beside a trigram model's and gzip's, and
/// what the model writes. Without arguments it takes the constitution that Debian's miscfiles has, which is small.
#include <archetype/data/sequences.hpp>
#include <archetype/training.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "letters.hpp"
#include "text.hpp"

namespace at = archetype;

namespace {

constexpr std::size_t classes = 96, window = 64, streams = 32;
using language_model = at::network<at::input<window>, at::embedding<classes, 64>,
                                   at::lstm<192, at::return_sequences, at::stateful>,
                                   at::time_distributed<at::dense<classes>>, at::softmax>;

using alphabet = texts::alphabet<classes>;

/// Bits per character of a text by the model as it is. The states go on from window to window.
double bits(at::model<language_model>& net, std::span<const std::int32_t> text) {
    constexpr std::size_t some = 8;
    const at::sequence_windows windows = at::cut_sequence(text, window, some);
    at::gradients judge{net, at::cross_entropy{}};
    double sum = 0;
    const std::size_t rounds = windows.samples.shape()[0] / some;
    for (std::size_t r = 0; r < rounds; ++r)
        sum += judge(xt::view(windows.samples, xt::range(r * some, (r + 1) * some)),
                     xt::view(windows.targets, xt::range(r * some, (r + 1) * some)));
    return sum / static_cast<double>(rounds) / std::log(2.0);
}

/// Goes on from the start of a text: draws each character by the probabilities of the model after the last window.
std::string write(at::model<language_model>& net, const alphabet& letters, std::vector<std::int32_t> text,
                  std::size_t count, double temperature) {
    std::string written;
    at::random_source random(1);
    xt::xtensor<float, 1> last = xt::zeros<float>({window});
    for (std::size_t i = 0; i < count; ++i) {
        std::copy(text.end() - window, text.end(), last.begin());
        const auto probabilities = net(last);
        std::array<double, classes> next{};
        for (std::size_t k = 0; k < classes; ++k) next[k] = static_cast<double>(probabilities(window - 1, k));
        const std::size_t drawn = texts::draw(next, temperature, random.uniform());
        text.push_back(static_cast<std::int32_t>(drawn));
        written += letters.character_of[drawn];
    }
    return written;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "/usr/share/state/us-constitution.gz";
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 10;
    const std::optional<std::string> whole = texts::read(path);
    if (!whole) {
        std::fprintf(stderr, "%s cannot be read (Debian: miscfiles, bible-kjv)\n", path.c_str());
        return texts::skipped;
    }
    const std::string text =
        whole->substr(0, count > 3 ? std::strtoul(arguments[3], nullptr, 10) : whole->size());
    const auto [known, unknown] = texts::keep_back(text);
    const alphabet letters(known);
    const std::vector<std::int32_t> training = letters.read(known), held_out = letters.read(unknown);
    std::printf("%zu characters to learn from, %zu to judge by, %llu parameters\n", training.size(),
                held_out.size(), static_cast<unsigned long long>(at::parameter_count<language_model>));
    const double gzip = texts::gzip_bits(known, unknown),
                 trigram = texts::trigram_bits<classes>(training, held_out);

    const at::sequence_windows windows = at::cut_sequence(training, window, streams);
    at::model<language_model> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 3e-3}};
    const std::size_t updates = epochs * windows.samples.shape()[0] / streams;
    double reached = 0;
    trainer.fit(windows.samples, windows.targets,
                {.epochs = epochs,
                 .batch = streams,
                 .shuffle = false,
                 .schedule = at::cosine_restarts{.rate = 3e-3, .period = updates + 1},
                 .clip = at::clip_by_global_norm{1.0},
                 .on_epoch = [&](const at::epoch_report& report) {
                     reached = bits(net, held_out);
                     std::printf("bits per character: %.3f learned, %.3f unseen\n",
                                 report.loss / std::log(2.0), reached);
                     std::fflush(stdout);
                 }});
    std::printf(
        "\nbits per character of the unseen text\n  this model %.3f\n  trigrams   %.3f\n  gzip       %.3f\n",
        reached, trigram, gzip);
    std::printf("\n%s\n", write(net, letters, held_out, 500, 0.7).c_str());
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
