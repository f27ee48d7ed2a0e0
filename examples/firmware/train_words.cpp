// SPDX-License-Identifier: BSL-1.0
/// @file train_words.cpp
/// On a host: trains the keyword transformer of examples/firmware/words on words by a formula, makes 8 bits of it, and writes its
/// weights in both orders and some samples with their scores: `train_words OUTPUT_FOLDER [EPOCHS [SAMPLES_OF_A_WORD]]`.
/// tests/embedded/words.py shows how the firmware is built with them.
#include "words/network.hpp"

#include <archetype/data/augmentation/random_changes.hpp>
#include <archetype/training.hpp>
#include <archetype/training/fit/reading.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>

namespace {

using numbers = std::array<float, number_count>;

/// Frames of a word: two formants that move as the word says; `number` decides noise, loudness and when it is said.
numbers speak(std::size_t word, std::size_t number) {
    at::random_source random(word_count * number + word + 1);
    const auto around = [&](double width) { return width * (random.uniform() - 0.5); };
    const double first = static_cast<double>(word % 4) * 8 + 4,
                 second = 36 - static_cast<double>(word / 4) * 8,
                 slope = (static_cast<double>(word % 3) - 1) * 0.12, late = around(20),
                 loud = 1 + around(0.6);
    numbers made{};
    for (std::size_t t = 0; t < frame_count; ++t)
        for (std::size_t c = 0; c < coefficient_count; ++c) {
            const double time = static_cast<double>(t) - 49 - late, at = static_cast<double>(c);
            const double one = (at - first - slope * time) / 2, other = (at - second + slope * time) / 2;
            const double envelope = 1 / (1 + time * time / 600);
            made[t * coefficient_count + c] = static_cast<float>(
                loud * envelope * (1 / (1 + one * one) + 0.7 / (1 + other * other)) + around(0.4));
        }
    return made;
}

struct recordings {
    xt::xtensor<float, 3> samples;
    xt::xtensor<std::int32_t, 1> labels;
    std::size_t size() const { return labels.size(); }
};
recordings said(std::size_t first, std::size_t count) {
    recordings made{xt::xtensor<float, 3>::from_shape({count * word_count, frame_count, coefficient_count}),
                    xt::xtensor<std::int32_t, 1>::from_shape({count * word_count})};
    for (std::size_t i = 0; i < count * word_count; ++i) {
        const numbers one = speak(i % word_count, first + i / word_count);
        std::copy(one.begin(), one.end(), made.samples.data() + i * number_count);
        made.labels(i) = static_cast<std::int32_t>(i % word_count);
    }
    return made;
}

template <class Numbers>
void write_list(std::ofstream& out, const Numbers& list) {
    out << "{";
    for (const std::int8_t q : list) out << int{q} << ',';
    out << "}";
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 2 || count > 4) {
        std::fputs("usage: train_words OUTPUT_FOLDER [EPOCHS [SAMPLES_OF_A_WORD]]\n", stderr);
        return 2;
    }
    const std::filesystem::path output = arguments[1];
    const std::size_t epochs = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 6,
                      samples = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 50, batch = 16;
    if (epochs == 0 || samples == 0) {
        std::fprintf(stderr, "expected at least 1 epoch and 1 sample, found %zu and %zu\n", epochs, samples);
        return 2;
    }
    for (const char* order : {"plain", "paired"}) std::filesystem::create_directories(output / order);
    const auto training = said(0, samples), unseen = said(1000, 10);
    at::model<words> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adamw{}};
    const std::size_t updates = epochs * ((training.size() + batch - 1) / batch);
    // In each epoch some frames and some coefficients are missing (SpecAugment).
    const std::array shape{training.size(), std::size_t{1}, frame_count, coefficient_count};
    const at::dataset frames{xt::reshape_view(training.samples, shape), training.labels};
    const at::sample_reader masked = at::augmented(
        at::reader_of(frames), {at::time_masking{.most = 10, .axis = at::sample_axis::columns},
                                at::frequency_masking{.most = 4, .axis = at::sample_axis::channels}});
    const auto made = trainer.fit(
        masked, {.epochs = epochs,
                 .batch = batch,
                 .schedule = at::warm_up{updates / 8 + 1,
                                         at::cosine_restarts{.rate = 1e-3, .period = updates, .least = 1e-5}},
                 .clip = at::clip_by_global_norm{1.0},
                 .progress = at::progress_style::silent});
    at::quantized_model<words> small = at::quantize(net, training.samples);
    at::write_constant_weights_object(small, output / "plain", "words_weights");
    at::write_constant_weights_object(small, output / "paired", "words_weights", at::weight_order::paired);

    std::size_t right = 0;
    const auto scores = small(unseen.samples);
    for (std::size_t i = 0; i < unseen.size(); ++i)
        right += at::argmax(std::span<const float>(&scores(i, 0), word_count)) ==
                         static_cast<std::size_t>(unseen.labels(i))
                     ? 1
                     : 0;
    std::printf("%zu updates, loss %.4f, %.1f s; of %zu unseen words %.1f %% right, in 8 bits %.1f %%\n",
                updates, made[made.size() - 1].loss, made[made.size() - 1].seconds, unseen.size(),
                100 * trainer.evaluate(unseen.samples, unseen.labels).accuracy,
                100 * static_cast<double>(right) / static_cast<double>(unseen.size()));

    std::ofstream out(output / "words_samples.hpp");
    out << "#pragma once\n#include <cstdint>\nstruct words_sample {\n    unsigned word;\n    std::int8_t "
           "frames["
        << number_count << "], scores[" << word_count
        << "];\n};\ninline constexpr words_sample words_samples[] = {\n";
    for (const std::size_t word : {1, 6, 11}) {
        const numbers real = speak(word, 2000);
        std::vector<std::int8_t> frames, found(word_count);
        for (const float x : real) frames.push_back(small.input_quantization().quantize(x));
        small.run(frames.data(), 1, found.data());
        out << "{" << word << ",";
        write_list(out, frames);
        out << ",";
        write_list(out, found);
        out << "},\n";
    }
    out << "};\n";
    if (!out.flush()) throw std::runtime_error("words_samples.hpp cannot be written");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
