// SPDX-License-Identifier: BSL-1.0
/// @file gpt.cpp
/// Trains a small GPT on the characters of a text, and lets it write:
///
///     text_gpt                                     (the constitution that Debian's miscfiles has, which is small)
///     text_gpt bible.txt 1 . 1000000               (an epoch on a million characters; a curve into this folder)
///
/// Arguments: text (plain or gzip), epochs, a folder for the picture of the loss, number of characters to take. Prints bits
/// per character of a tenth of the text that training has not seen, beside a trigram model's and gzip's, and what the model
/// writes. It is trained on whole windows and writes as a stream, token by token: two types with the same parameters.
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/inference.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/training.hpp>
#include <archetype/zoo/gpt.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <string>

#include "letters.hpp"
#include "text.hpp"

namespace at = archetype;

namespace {

constexpr std::size_t classes = 96, window = 64, batch = 32, blocks = 4, width = 96, heads = 3;
using alphabet = texts::alphabet<classes>;
using learner = at::zoo::gpt_language_model<blocks, width, heads, window, window, classes>;
using writer = at::zoo::gpt_stream<blocks, width, heads, window, window, classes>;

struct windows {
    xt::xtensor<std::int32_t, 2> samples, targets;  ///< (windows, time); targets are one character later
};

/// A window every `stride` characters.
windows cut(const std::vector<std::int32_t>& text, std::size_t stride) {
    const std::size_t count = text.size() < window + 1 ? 0 : (text.size() - window - 1) / stride + 1;
    windows made{xt::xtensor<std::int32_t, 2>::from_shape({count, window}),
                 xt::xtensor<std::int32_t, 2>::from_shape({count, window})};
    for (std::size_t n = 0; n < count; ++n) {
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(n * stride), window,
                    made.samples.begin() + static_cast<std::ptrdiff_t>(n * window));
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(n * stride + 1), window,
                    made.targets.begin() + static_cast<std::ptrdiff_t>(n * window));
    }
    return made;
}

/// Goes on from the start of a text. A stream ends with its positions: it begins again with the newer half of what it saw.
std::string write(const at::model<learner>& trained, const alphabet& letters, std::vector<std::int32_t> text,
                  std::size_t count, double temperature) {
    at::model<writer> same;
    static_assert(at::model<writer>::size() == at::model<learner>::size());
    std::copy_n(trained.data(), trained.size(), same.data());
    const at::folded_weights weights(same);
    const auto stream = std::make_unique<at::stream<writer>>(weights.weights());
    at::random_source random(1);
    std::string written;
    std::size_t read = text.size() - window / 2;
    while (written.size() < count) {
        if (stream->steps_left() == 0) {
            stream->reset();
            read = text.size() - window / 2;
        }
        const auto number = static_cast<float>(text[read++]);
        const std::span<const float> scores = stream->run(std::span<const float>(&number, 1));
        if (read < text.size()) continue;
        std::array<double, classes> share{};
        const float most = *std::max_element(scores.begin(), scores.end());
        for (std::size_t k = 0; k < classes; ++k) share[k] = std::exp(static_cast<double>(scores[k] - most));
        const std::size_t drawn = texts::draw(share, temperature, random.uniform());
        text.push_back(static_cast<std::int32_t>(drawn));
        written += letters.character_of[drawn];
    }
    return written;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "/usr/share/state/us-constitution.gz";
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 8;
    const std::filesystem::path folder = count > 3 ? arguments[3] : "";
    const std::optional<std::string> whole = texts::read(path);
    if (!whole) {
        std::fprintf(stderr, "%s cannot be read (Debian: miscfiles, bible-kjv)\n", path.c_str());
        return texts::skipped;
    }
    const std::string text =
        whole->substr(0, count > 4 ? std::strtoul(arguments[4], nullptr, 10) : whole->size());
    const auto [known, unknown] = texts::keep_back(text);
    const alphabet letters(known);
    const std::vector<std::int32_t> training = letters.read(known), held_out = letters.read(unknown);
    const windows learned = cut(training, window / 4), judged = cut(held_out, window);
    if (judged.samples.shape()[0] == 0 || epochs == 0) {
        std::fprintf(stderr, "expected at least %zu characters and 1 epoch, found %zu and %zu\n",
                     10 * (window + 1), text.size(), epochs);
        return 1;
    }
    std::printf("%zu characters to learn from, %zu to judge by, %llu parameters\n", training.size(),
                held_out.size(), static_cast<unsigned long long>(at::parameter_count<learner>));

    at::model<learner> net{at::seed{1}, at::random_normal<0.02>{}};
    at::trainer trainer{net, at::cross_entropy{}, at::adamw{.weight_decay = 0.1}};
    const std::size_t updates = epochs * ((learned.samples.shape()[0] + batch - 1) / batch);
    const at::history history = trainer.fit(
        learned.samples, learned.targets,
        {.epochs = epochs,
         .batch = batch,
         .validation = {judged.samples, judged.targets},
         .schedule = at::warm_up{updates / 20 + 1,
                                 at::cosine_restarts{.rate = 2e-3, .period = updates, .least = 1e-4}},
         .clip = at::clip_by_global_norm{1.0},
         .on_epoch = [](const at::epoch_report& report) {
             std::printf("bits per character: %.3f learned, %.3f unseen, %.0f characters a second\n",
                         report.loss / std::numbers::ln2, *report.validation_loss / std::numbers::ln2,
                         static_cast<double>(report.samples * window) / report.seconds);
             std::fflush(stdout);
         }});
    const at::plot curves = at::learning_curves(history, "Loss of a GPT on characters");
    std::printf("\n%s\n", curves.text().c_str());
    if (!folder.empty())
        std::printf(
            curves.write_png(folder / "gpt.png") ? "written: %s\n" : "no picture %s without gnuplot\n",
            (folder / "gpt.png").string().c_str());
    std::printf(
        "\nbits per character of the unseen text\n  this model %.3f\n  trigrams   %.3f\n  gzip       %.3f\n",
        *history.back().validation_loss / std::numbers::ln2, texts::trigram_bits<classes>(training, held_out),
        texts::gzip_bits(known, unknown));
    std::printf("\n%s\n", write(net, letters, held_out, 500, 0.7).c_str());
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
