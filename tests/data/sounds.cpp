// SPDX-License-Identifier: BSL-1.0
// Sounds: files by hand as RIFF says, and of sox where it is; sets of HDF5 that the library of HDF5 writes.
#include <archetype/data/hdf5/hdf5_set.hpp>
#include <archetype/sound.hpp>
#include <catch.hpp>
#include <cstdlib>
#include <cstring>

#include "temporary_directory.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {
/// A WAV file of 16 bits.
[[maybe_unused]] std::vector<unsigned char> wav(std::size_t rate, std::size_t channels,
                                                const std::vector<std::int16_t>& values) {
    std::vector<unsigned char> bytes;
    bytes.reserve(44 + 2 * values.size());
    const auto text = [&](const char* four) { bytes.insert(bytes.end(), four, four + 4); };
    const auto number = [&](std::size_t value, int size) {
        for (int i = 0; i < size; ++i) bytes.push_back(static_cast<unsigned char>(value >> (8 * i)));
    };
    text("RIFF"), number(36 + 2 * values.size(), 4), text("WAVE"), text("fmt "), number(16, 4), number(1, 2);
    number(channels, 2), number(rate, 4), number(rate * channels * 2, 4), number(channels * 2, 2),
        number(16, 2);
    text("data"), number(2 * values.size(), 4);
    for (const std::int16_t value : values) number(static_cast<std::uint16_t>(value), 2);
    return bytes;
}
}  // namespace

#if ARCHETYPE_HAS_LIBSNDFILE
TEST_CASE("a WAV file's values, rate and channels") {
    const testing::temporary_directory folder;
    const auto bytes = wav(16000, 2, {0, 16384, -32768, 32767, 1, -1});
    const auto path = folder.write("a.wav", bytes);
    const at::sound sound = at::read_sound(path, {.rate = 16000, .channels = 2});
    CHECK(sound.rate == 16000);
    CHECK((sound.samples ==
           xt::xtensor<float, 2>{{0, 0.5f}, {-1, 32767 / 32768.f}, {1 / 32768.f, -1 / 32768.f}}));
    CHECK_THROWS_WITH(at::read_sound(path, {.rate = 8000}),
                      Contains("8000 frames per second") && Contains("found 16000"));
    CHECK_THROWS_WITH(at::read_sound(path, {.channels = 1}), Contains("1 channels, found 2"));
    CHECK_THROWS_WITH(at::read_sound(path, {.limits = {.decompressed_bytes = 16}}),
                      Contains("decompressed_bytes"));
    CHECK_THROWS_WITH(at::read_sound(folder.path() / "none.wav"), Contains("a file, found none"));
    CHECK_THROWS_AS(at::read_sound(folder.path()), at::file_error);
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_THROWS_AS(at::read_sound(folder.write("cut.wav", std::span(bytes).first(length))),
                        at::file_error);
    CHECK_THROWS_WITH(at::read_sound(folder.write("cut.wav", std::span(bytes).first(52))),
                      Contains("\"data\" of 12 bytes, found 8"));
    auto piped = bytes;  // its length was not known when it began
    for (const std::size_t at : {4, 40})
        piped[at] = 0xff, piped[at + 1] = 0xff, piped[at + 2] = 0xff, piped[at + 3] = 0x7f;
    CHECK((at::read_sound(folder.write("piped.wav", piped)).samples == sound.samples));
}

TEST_CASE("sounds of sox") {
    const testing::temporary_directory folder;
    if (std::system("sox --version > /dev/null 2>&1") != 0) return;
    const std::string at = folder.path().string();
    for (const std::string form :
         {"-b 16 a.wav", "-b 24 b.wav", "-b 32 -e floating-point c.wav", "-b 16 d.flac", "-b 8 e.wav"}) {
        const std::string made = form.substr(form.rfind(' ') + 1);
        REQUIRE(
            std::system(("cd " + at + " && sox -D -n -r 8000 -c 1 " + form + " synth 0.1 sine 500 gain -6")
                            .c_str()) == 0);
        const at::sound tone = at::read_sound(folder.path() / made);
        CHECK(tone.rate == 8000);
        REQUIRE(tone.samples.shape()[0] == 800);
        REQUIRE(tone.samples.shape()[1] == 1);
        double worst = 0;
        for (std::size_t n = 100; n < 700; ++n) {  // sox's sine rings at its ends
            const double wanted =
                std::pow(10, -0.3) * std::sin(2 * 3.14159265358979 * 500 * static_cast<double>(n) / 8000);
            worst = std::max(worst, std::abs(static_cast<double>(tone.samples(n, 0)) - wanted));
        }
        CHECK(worst < (form.starts_with("-b 8") ? 1.0 / 127 : 1.0 / 32000));
    }
}

TEST_CASE("a folder of sounds") {
    const testing::temporary_directory folder;
    for (const char* of_class : {"yes", "no"}) std::filesystem::create_directories(folder.path() / of_class);
    folder.write("yes/1.wav", wav(8000, 1, {16384, 0, 8192}));
    folder.write("no/1.wav", wav(8000, 1, {1, 2, 3}));
    folder.write("no/2.wav", wav(8000, 1, {-16384, 4096}));
    CHECK_THROWS_WITH(at::read_sound_folder(folder.path()),
                      Contains("no/2.wav: expected 3 frames") && Contains("pad") && Contains("found 2"));
    const at::sound_folder read =
        at::read_sound_folder(folder.path(), {.frames = 3, .pad = true, .sound = {.rate = 8000}});
    CHECK(read.classes == std::vector<std::string>{"no", "yes"});
    CHECK((read.data.labels == xt::xtensor<std::int32_t, 1>{0, 0, 1}));
    CHECK(read.rate == 8000);
    CHECK(read.data.samples.shape() == std::array<std::size_t, 4>{3, 1, 3, 1});
    CHECK(read.data.samples(1, 0, 0, 0) == -0.5f);
    CHECK(read.data.samples(1, 0, 2, 0) == 0.f);
    CHECK(read.data.samples(2, 0, 2, 0) == 0.25f);
    CHECK_THROWS_WITH(at::read_sound_folder(folder.path(), {.frames = 2, .pad = true}),
                      Contains("at most 2 frames, found 3"));
    folder.write("yes/2.wav", wav(16000, 1, {1, 2, 3}));
    CHECK_THROWS_WITH(at::read_sound_folder(folder.path(), {.pad = true}),
                      Contains("yes/2.wav") && Contains("8000 frames per second"));
    folder.write("yes/2.wav", wav(8000, 2, {1, 2, 3, 4}));
    CHECK_THROWS_WITH(at::read_sound_folder(folder.path(), {.pad = true}), Contains("1 channels, found 2"));
    std::filesystem::create_directories(folder.path() / "maybe");
    CHECK_THROWS_WITH(at::read_sound_folder(folder.path()), Contains("maybe: expected at least one sound"));
}
#else
TEST_CASE("without libsndfile an error says so") {
    CHECK_THROWS_WITH(at::read_sound("a.wav"), Contains("libsndfile"));
}
#endif

#if ARCHETYPE_HAS_HDF5
TEST_CASE("sets in HDF5") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "set.h5";
    {
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const auto put = [&](const char* name, std::vector<hsize_t> shape, hid_t type, const void* values) {
            const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                        set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            REQUIRE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
            H5Dclose(set), H5Sclose(space);
        };
        const std::vector<unsigned char> images{0, 51, 102, 255, 1, 2, 3, 4};
        const std::vector<std::int64_t> labels{3, 0}, wrong{3, -1};
        const std::vector<double> targets{0.5, 1.5, -2, 3}, none{1, std::nan("")};
        put("x", {2, 2, 2}, H5T_NATIVE_UCHAR, images.data());
        put("y", {2, 1}, H5T_NATIVE_INT64, labels.data());
        put("values", {2, 2}, H5T_NATIVE_DOUBLE, targets.data());
        put("wrong", {2}, H5T_NATIVE_INT64, wrong.data());
        put("none", {2}, H5T_NATIVE_DOUBLE, none.data());
        H5Fclose(file);
    }
    const at::dataset data = at::read_hdf5_set(path, {.scale = 1 / 255.f});
    CHECK(data.samples.shape() == std::array<std::size_t, 4>{2, 1, 2, 2});
    CHECK(data.samples(0, 0, 0, 1) == Approx(0.2));
    CHECK(data.samples(0, 0, 1, 1) == Approx(1));
    CHECK((data.labels == xt::xtensor<std::int32_t, 1>{3, 0}));
    const at::hdf5_targets numbers = at::read_hdf5_targets(path, {.targets = "values"});
    CHECK((numbers.targets == xt::xtensor<float, 2>{{0.5f, 1.5f}, {-2, 3}}));
    CHECK((at::read_hdf5_targets(path, {.targets = "wrong"}).targets == xt::xtensor<float, 2>{{3}, {-1}}));
    CHECK_THROWS_WITH(at::read_hdf5_set(path, {.samples = "X"}),
                      Contains("a dataset \"X\"") && Contains("\"values\", "));
    CHECK_THROWS_WITH(at::read_hdf5_set(path, {.samples = "wrong"}),
                      Contains("2 to 4 axes") && Contains("shape (2)"));
    CHECK_THROWS_WITH(at::read_hdf5_set(path, {.targets = "values"}), Contains("class numbers of shape (2)"));
    CHECK_THROWS_WITH(at::read_hdf5_set(path, {.targets = "wrong"}),
                      Contains("-1") && Contains("position 1"));
    CHECK_THROWS_WITH(at::read_hdf5_set(path, {.targets = "none"}), Contains("finite numbers"));
    CHECK_THROWS_WITH(at::read_hdf5_set(folder.path() / "no.h5"), Contains("an HDF5 file"));
}
#endif
