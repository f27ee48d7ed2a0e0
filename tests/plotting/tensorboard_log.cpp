// SPDX-License-Identifier: BSL-1.0
// Event files, read again byte by byte after TensorFlow's record_writer.cc, event.proto and summary.proto.
#include <archetype/plotting/tensorboard/tensorboard_log.hpp>
#include <archetype/training/trainer.hpp>
#include <catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "temporary_directory.hpp"

namespace at = archetype;

namespace {
/// CRC-32C bit by bit.
std::uint32_t castagnoli(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
    }
    return ~crc;
}
std::uint32_t masked(std::string_view bytes) {
    const std::uint32_t crc = castagnoli(bytes);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
template <class T>
T take(std::string_view& from) {
    T value;
    REQUIRE(from.size() >= sizeof value);
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return value;
}
std::uint64_t take_varint(std::string_view& from) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        const auto byte = take<unsigned char>(from);
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) return value;
    }
}
/// The fields of a message by their numbers: contents, or the bytes of a number.
std::multimap<std::uint64_t, std::string> fields(std::string_view message) {
    std::multimap<std::uint64_t, std::string> found;
    while (!message.empty()) {
        const std::uint64_t key = take_varint(message);
        std::size_t size = key % 8 == 1 ? 8 : 4;
        if (key % 8 == 0) {
            const std::uint64_t number = take_varint(message);
            found.emplace(key / 8, std::string(reinterpret_cast<const char*>(&number), 8));
            continue;
        }
        if (key % 8 == 2) size = take_varint(message);
        REQUIRE(size <= message.size());
        found.emplace(key / 8, std::string(message.substr(0, size)));
        message.remove_prefix(size);
    }
    return found;
}
template <class T>
T number_of(const std::string& bytes) {
    std::string_view from = bytes;
    return take<T>(from);
}
using curve = std::map<std::uint64_t, float>;
/// The curves of the one event file in a directory, by their tags.
std::map<std::string, curve> curves(const std::filesystem::path& directory) {
    std::map<std::string, curve> found;
    std::size_t files = 0, records = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        CHECK(entry.path().filename().string().starts_with("events.out.tfevents."));
        ++files;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        for (std::string_view left = content; !left.empty(); ++records) {
            const std::string_view length = left.substr(0, 8);
            const auto size = take<std::uint64_t>(left);
            CHECK(take<std::uint32_t>(left) == masked(length));
            REQUIRE(size <= left.size());
            const std::string_view data = left.substr(0, size);
            left.remove_prefix(size);
            CHECK(take<std::uint32_t>(left) == masked(data));
            const auto event = fields(data);
            CHECK(number_of<double>(event.find(1)->second) > 1.7e9);
            if (records == 0) {
                CHECK(event.find(3)->second == "brain.Event:2");
                continue;
            }
            const auto summary = fields(event.find(5)->second);
            for (auto [at, end] = summary.equal_range(1); at != end; ++at) {
                const auto value = fields(at->second);
                found[value.find(1)->second][number_of<std::uint64_t>(event.find(2)->second)] =
                    number_of<float>(value.find(2)->second);
            }
        }
    }
    CHECK(files == 1);
    return found;
}
}  // namespace

TEST_CASE("TensorBoard's files have the curves of a training") {
    CHECK(castagnoli("123456789") == 0xe3069283u);
    const testing::temporary_directory directory;
    using net = at::network<at::input<2>, at::dense<2>, at::softmax>;
    const xt::xtensor<float, 2> x{{1, 0}, {0, 1}, {1, 1}, {0.5f, 0}};
    const xt::xtensor<int, 1> y{0, 1, 1, 0};
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 0.1}};
    at::fit_options options{
        .epochs = 3, .batch = 2, .validation = {x, y}, .progress = at::progress_style::silent};
    options.callbacks = {
        {.after_epoch = [](at::epoch_report& report,
                           at::training_control&) { report.metrics.emplace_back("half", 0.5); }},
        at::tensorboard_log(directory.path() / "run", {.steps = true})};
    at::history epochs = trainer.fit(x, y, options);
    epochs.push_back(trainer.fit(x, y, options).front());

    auto train = curves(directory.path() / "run" / "train");
    auto validation = curves(directory.path() / "run" / "validation");
    CHECK(train.size() == 7);
    CHECK(validation.size() == 2);
    CHECK(train["batch_loss"].size() == 12);
    CHECK(train["batch_learning_rate"][12] == 0.1f);
    CHECK(train["epoch_loss"].size() == 6);
    for (const at::epoch_report& epoch : epochs) {
        CHECK(train["epoch_loss"][epoch.all_epochs] == static_cast<float>(epoch.loss));
        CHECK(train["epoch_accuracy"][epoch.all_epochs] == static_cast<float>(*epoch.accuracy));
        CHECK(train["epoch_half"][epoch.all_epochs] == 0.5f);
        CHECK(validation["epoch_loss"][epoch.all_epochs] == static_cast<float>(*epoch.validation_loss));
        CHECK(validation["epoch_accuracy"][epoch.all_epochs] ==
              static_cast<float>(*epoch.validation_accuracy));
    }
    CHECK_THROWS_AS(at::tensorboard_log("/proc/none"), at::file_error);
}
