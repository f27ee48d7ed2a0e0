// SPDX-License-Identifier: BSL-1.0
/// @file write_training.cpp
/// On a host: where the firmwares that learn start from, and the parameters that the host's trainer has after the same steps.
/// `write_training DATA_FOLDER OUTPUT_FOLDER`. Compiled with -DARCHETYPE_SCALAR (and a processor's fused multiply-add) the
/// host has the bits of small processors.
#include <archetype/embedded_training.hpp>
#include <archetype/training.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>

#include "board/bits.hpp"
#include "write_digits.hpp"
namespace digits_example {
#include "learn_digits/network.hpp"
}
namespace vibration_example {
#include "learn_vibration/network.hpp"
}
namespace word_example {
#include "learn_word/network.hpp"
}

namespace at = archetype;

namespace {

const std::filesystem::path* output = nullptr;

/// The bits of all that training changes, as the firmwares print them.
template <class Net>
void report(const char* name, const at::model<Net>& net) {
    const std::span<const float> all(net.data(), net.size());
    std::printf("%s %u\n", name, board::bits_of(all));
}

void write_digits(const char* data_folder) {
    using namespace digits_example;
    const at::mnist data = at::read_mnist(data_folder);
    at::model<digits> net{at::seed{1}, at::he_uniform{}};
    at::write_constant_parameters(net, *output / "digits_start.hpp", "digits_start");
    constexpr std::size_t count = 20, size = 28 * 28;
    board::write_digits(data.test, count, *output);
    std::vector<float> pixels(count * size);
    std::vector<std::int32_t> labels(count);
    for (std::size_t i = 0; i < count; ++i) {
        labels[i] = data.test.labels(i);
        for (std::size_t p = 0; p < size; ++p) {
            const int level = static_cast<int>(data.test.samples.data()[i * size + p] * 255.f + 0.5f);
            pixels[i * size + p] = static_cast<float>(level) / 256;
        }
    }
    at::trainer trainer{net, digits_loss{}, digits_settings};
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < count; ++i) trainer.step(pixels.data() + i * size, labels.data() + i, 1);
    report("digits", net);
}

void write_vibration() {
    using namespace vibration_example;
    at::model<vibration> net{at::seed{2}, at::he_uniform{}};
    float lines[64];
    const auto learn = [&](auto& trainer, float speed, unsigned first, unsigned last) {
        for (unsigned step = first; step < last; ++step) {
            fill_spectrum(lines, speed, 1.0f / 3, step);
            trainer.step(lines, lines, 1);
        }
    };
    at::trainer before{net, vibration_loss{}, vibration_settings};
    learn(before, 7.0f, 1000, 2000);
    at::write_constant_parameters(net, *output / "vibration_start.hpp", "vibration_start");
    at::trainer trainer{net, vibration_loss{}, vibration_settings};
    learn(trainer, 11.0f, 0, 200);
    report("vibration", net);
}

void write_word() {
    using namespace word_example;
    using known = at::network<at::input<49, 10, 1>,  //
                              at::conv2d<64, at::extent{10, 4}, at::stride<2>, at::same>, at::batch_norm<>,
                              at::relu, at::repeat<4, separable_block>, at::global_avg_pool2d,
                              at::dense<known_words>, at::softmax>;
    constexpr std::size_t each = 12, size = 49 * 10, head_words = known_words + 1;
    at::dataset data{xt::zeros<float>({each * known_words, std::size_t{49}, std::size_t{10}, std::size_t{1}}),
                     xt::zeros<std::uint8_t>({each * known_words})};
    float frames[size];
    for (std::size_t i = 0; i < each * known_words; ++i) {
        const unsigned word = static_cast<unsigned>(i % known_words);
        speak(frames, word, static_cast<unsigned>(i));
        std::copy_n(frames, size, data.samples.data() + i * size);
        data.labels(i) = static_cast<std::uint8_t>(word);
    }
    at::model<known> net{at::seed{3}, at::he_uniform{}};
    at::trainer first{net, at::cross_entropy{}, at::adam{.rate = 3e-3}};
    const at::history made =
        first.fit(data, {.epochs = 6, .batch = 12, .progress = at::progress_style::silent});
    std::fprintf(stderr, "accuracy on the known words: %.3f\n", *made.back().accuracy);

    // The body's parameters come first among the trained ones, and its averages are all there are.
    at::model<word_body> body;
    std::copy_n(net.data(), body.trainable_size(), body.data());
    std::copy_n(net.data() + net.trainable_size(), body.size() - body.trainable_size(),
                body.data() + body.trainable_size());
    at::quantized_model<word_body> small = at::quantize(body, data.samples);
    at::write_constant_weights(small, *output / "plain" / "word_body.hpp", "word_body_weights");
    at::write_constant_weights(small, *output / "paired" / "word_body.hpp", "word_body_weights",
                               at::weight_order::paired);

    // The last layer with one word more, of which it knows nothing.
    at::model<word_head> head;
    const float* const dense = net.data() + body.trainable_size();
    std::fill_n(head.data(), head.size(), 0.0f);
    constexpr std::size_t bias = (feature_count * known_words + 15) / 16 * 16,
                          head_bias = (feature_count * head_words + 15) / 16 * 16;
    for (std::size_t w = 0; w < known_words; ++w) {
        for (std::size_t i = 0; i < feature_count; ++i)
            head.data()[i * head_words + w] = dense[i * known_words + w];
        head.data()[head_bias + w] = dense[bias + w];
    }
    at::write_constant_parameters(head, *output / "word_start.hpp", "word_start");

    constexpr unsigned samples = 8, lessons = known_words + samples, rounds = 30;
    std::vector<float> features(lessons * feature_count);
    for (unsigned i = 0; i < lessons; ++i) {
        std::int8_t sample[size], found[feature_count];
        speak(frames, i < known_words ? i : known_words, 700 + i);
        for (std::size_t k = 0; k < size; ++k) sample[k] = small.input_quantization().quantize(frames[k]);
        small.run(sample, 1, found);
        for (std::size_t k = 0; k < feature_count; ++k)
            features[i * feature_count + k] = small.output_quantization().dequantize(found[k]);
    }
    at::trainer trainer{head, word_loss{}, word_settings};
    for (unsigned round = 0; round < rounds; ++round)
        for (unsigned i = 0; i < lessons; ++i) {
            const std::int32_t word = static_cast<std::int32_t>(i < known_words ? i : known_words);
            trainer.step(features.data() + i * feature_count, &word, 1);
        }
    report("word", head);
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: write_training DATA_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = arguments[2];
    output = &folder;
    for (const char* order : {"plain", "paired"}) std::filesystem::create_directories(folder / order);
    write_digits(arguments[1]);
    write_vibration();
    write_word();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
