// SPDX-License-Identifier: BSL-1.0
// A guitar amplifier: the standard WaveNet of Neural Amp Modeler over a WAV file, as an audio callback gets it: any number of
// samples up to 64, without denormal numbers. Without a file a plucked string is played.
//
//     audio_amplifier MODEL.nam [IN.wav [OUT.wav]]
//
#include <sndfile.h>

#include <algorithm>
#include <archetype/archetype.hpp>
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/zoo/wavenet.hpp>
#include <cmath>
#include <ctime>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace at = archetype;

namespace {

using amplifier = at::zoo::standard_amp_wavenet<>;
constexpr std::size_t most = 64;  // samples of a call

struct sound {
    std::vector<float> samples;
    int rate = 48000;
};

using file_pointer = std::unique_ptr<SNDFILE, decltype(&sf_close)>;

/// The first channel of a file.
sound read_sound(const std::string& path) {
    SF_INFO info{};
    const file_pointer file(sf_open(path.c_str(), SFM_READ, &info), sf_close);
    if (!file) throw std::runtime_error(path + ": " + sf_strerror(nullptr));
    const auto channels = static_cast<std::size_t>(info.channels);
    std::vector<float> frames(static_cast<std::size_t>(info.frames) * channels);
    frames.resize(static_cast<std::size_t>(sf_readf_float(file.get(), frames.data(), info.frames)) *
                  channels);
    sound made;
    made.rate = info.samplerate;
    for (std::size_t i = 0; i < frames.size(); i += channels) made.samples.push_back(frames[i]);
    return made;
}

void write_sound(const std::string& path, const sound& from) {
    SF_INFO info{};
    info.samplerate = from.rate;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    const file_pointer file(sf_open(path.c_str(), SFM_WRITE, &info), sf_close);
    const auto count = static_cast<sf_count_t>(from.samples.size());
    if (!file || sf_writef_float(file.get(), from.samples.data(), count) != count)
        throw std::runtime_error(path + ": " + sf_strerror(file.get()));
}

/// Four seconds of a plucked string (Karplus, Strong 1983): noise in a loop that smooths it.
sound pluck() {
    sound made;
    std::mt19937 random(1);
    std::uniform_real_distribution<float> noise(-0.5f, 0.5f);
    std::vector<float> string;
    for (int t = 0; t < 4 * made.rate; ++t) {
        if (t % made.rate == 0) {
            constexpr double pitches[] = {82.4, 110, 146.8, 82.4};  // E, A, D, E
            string.resize(static_cast<std::size_t>(made.rate / pitches[t / made.rate]));
            std::generate(string.begin(), string.end(), [&] { return noise(random); });
        }
        const std::size_t at = static_cast<std::size_t>(t) % string.size();
        made.samples.push_back(string[at]);
        string[at] = 0.498f * (string[at] + string[(at + 1) % string.size()]);
    }
    return made;
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 2 || count > 4) {
        std::cerr << "usage: " << arguments[0] << " MODEL.nam [IN.wav [OUT.wav]]\n";
        return 2;
    }
    at::model<amplifier> model;
    const at::nam_properties amplifier_says = at::load_nam(model, arguments[1]);
    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<amplifier, float, most>>(weights.weights());
    std::cout << at::parameter_count<amplifier> << " parameters, " << at::state_bytes<amplifier> / 1024
              << " KiB of past samples, " << sizeof(*stream) / 1024 << " KiB in all\n";

    sound played = count > 2 ? read_sound(arguments[2]) : pluck();
    // Files of old versions say no rate; they are for 48 kHz.
    const double rate = amplifier_says.sample_rate.value_or(48000);
    if (played.rate != rate)
        std::cout << "the model is for " << rate << " Hz, the sound has " << played.rate << " Hz\n";
    const std::size_t length = played.samples.size();

    const std::clock_t start = std::clock();  // processor time: what an audio thread of its own would take
    float loudest = 0;
    const at::flush_denormals guard;  // a plug-in has it in each call
    std::mt19937 host(1);
    for (std::size_t t = 0, taken = 0; t < length; t += taken) {
        taken = std::min(host() % 4 == 0 ? 1 + host() % most : most, length - t);
        const auto out = stream->run(std::span<const float>(played.samples.data() + t, taken));
        std::copy(out.begin(), out.end(), played.samples.begin() + static_cast<std::ptrdiff_t>(t));
        for (const float sample : out) loudest = std::max(loudest, std::abs(sample));
    }
    const double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
    const double sounding = double(length) / played.rate;
    std::cout << sounding << " s of sound in " << seconds << " s: " << sounding / seconds
              << " times real time, " << 1e9 * seconds / double(length) << " ns for each sample, peak "
              << loudest << '\n';

    if (loudest > 1)
        for (float& sample : played.samples) sample /= loudest;
    const std::string to = count > 3 ? arguments[3] : "amplified.wav";
    write_sound(to, played);
    std::cout << "written: " << to << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
