// SPDX-License-Identifier: BSL-1.0
// Tells the sounds of a folder apart, "folder/class/sound.wav": half a second of each through convolutions over time, half of the
// sounds held out. In each epoch they are noisier and lack up to a twentieth of a second, elsewhere each time. Without a folder it makes three instruments of 40 notes each: a plucked string, an organ pipe, a drum.
//
//     audio_sounds [FOLDER]
//
#include <sndfile.h>

#include <archetype/data/augmentation/random_changes.hpp>
#include <archetype/sound.hpp>
#include <archetype/training.hpp>
#include <archetype/training/fit/reading.hpp>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace at = archetype;
namespace fs = std::filesystem;

namespace {

constexpr int rate = 8000;
constexpr std::size_t frames = 4000;
constexpr std::size_t most_classes = 16;

/// A folder may have fewer classes than the network has scores.
using net = at::network<at::input<frames, 1>, at::conv1d<8, 32, at::stride<8>>, at::relu,
                        at::conv1d<16, 8, at::stride<4>>, at::relu, at::conv1d<16, 8, at::stride<4>>,
                        at::relu, at::global_avg_pool1d, at::dense<most_classes>, at::softmax>;

void write_sound(const fs::path& path, const std::vector<float>& samples) {
    SF_INFO info{};
    info.samplerate = rate, info.channels = 1, info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    SNDFILE* const file = sf_open(path.c_str(), SFM_WRITE, &info);
    if (file == nullptr) throw std::runtime_error(path.string() + ": " + sf_strerror(nullptr));
    sf_writef_float(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    sf_close(file);
}

/// A note of an instrument, from 110 to 880 Hz.
std::vector<float> note(const std::string& instrument, std::mt19937& random) {
    std::uniform_real_distribution<float> uniform(-1, 1);
    const float pitch = 110 * std::exp2(1.5f * (uniform(random) + 1));
    std::vector<float> samples(frames);
    if (instrument == "string") {  // Karplus and Strong
        std::vector<float> loop(static_cast<std::size_t>(rate / pitch) + 1);
        for (float& x : loop) x = uniform(random);
        for (std::size_t i = 0; i < frames; ++i) {
            float& own = loop[i % loop.size()];
            samples[i] = own;
            own = 0.498f * (own + loop[(i + 1) % loop.size()]);
        }
    } else {
        const float turn = 2 * std::numbers::pi_v<float> * pitch / rate;
        for (std::size_t i = 0; i < frames; ++i) {
            const float t = static_cast<float>(i);
            samples[i] = instrument == "pipe" ? 0.5f * std::sin(turn * t) + 0.2f * std::sin(3 * turn * t)
                                              : uniform(random) * std::exp(-t / 600);
        }
    }
    return samples;
}

fs::path make_sounds() {
    const fs::path folder = fs::temp_directory_path() / "archetype_sounds";
    fs::remove_all(folder);
    std::mt19937 random(1);
    for (const std::string instrument : {"drum", "pipe", "string"}) {
        fs::create_directories(folder / instrument);
        for (int i = 10; i < 50; ++i)
            write_sound(folder / instrument / (std::to_string(i) + ".wav"), note(instrument, random));
    }
    return folder;
}

}  // namespace

int main(int count, char** arguments) {
    const fs::path folder = count > 1 ? fs::path(arguments[1]) : make_sounds();
    const at::sound_folder sounds = at::read_sound_folder(
        folder, {.frames = frames, .pad = true, .sound = {.rate = rate, .channels = 1}});
    if (sounds.classes.size() > most_classes) {
        std::cerr << "expected at most " << most_classes << " classes, found " << sounds.classes.size()
                  << '\n';
        return 1;
    }
    const auto [train, held_out] = at::random_split(sounds.data, sounds.data.size() / 2, 1);
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 5e-3}, at::seed{2}};
    // Of a sound, time is the columns of its one row.
    const at::sample_reader changed = at::augmented(
        at::reader_of(train), {at::random_noise{.stddev = 0.01},
                               at::time_masking{.most = rate / 20, .axis = at::sample_axis::columns}});
    trainer.fit(changed, {.epochs = 100, .batch = 10, .progress = at::progress_style::silent});
    const at::evaluation end = trainer.evaluate(held_out);
    for (const std::string& name : sounds.classes) std::cout << name << ' ';
    std::cout << "(" << sounds.files.size() << " sounds): " << 100 * end.accuracy << " % of those held out\n";
    return count > 1 || end.accuracy > 0.9 ? 0 : 1;
}
