// SPDX-License-Identifier: BSL-1.0
// Damaged files: readers refuse them with a message and without a trace, in little memory and in little stack.
#include <archetype/data/file_bytes.hpp>
#include <catch.hpp>
#include <random>

#include "reader_networks.hpp"

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

namespace at = archetype;
const std::filesystem::path here = std::filesystem::path(__FILE__).parent_path() / "state_dicts";

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto* const data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}
std::string read(const std::filesystem::path& path) {
    const auto bytes = at::try_read_file(path);
    REQUIRE(bytes);
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace

TEST_CASE("damaged files of other projects") {
    std::vector<std::string> files{
        read(here / "recurrent.json"), read(here / "cnn.safetensors"),
        read(std::filesystem::path(ARCHETYPE_DATA_DIR) / "peers/rtneural/full_model.json")};
    for (const std::string& file : {files[0], files[2]}) CHECK(testing::read_with_all(bytes_of(file)));
    const char* const words[] = {"[",
                                 "]",
                                 "{",
                                 "}",
                                 ",",
                                 ":",
                                 "\"",
                                 "\\",
                                 "\\ud800",
                                 "null",
                                 "true",
                                 "-1",
                                 "1e300",
                                 "1e39",
                                 "1e-400",
                                 "NaN",
                                 "99999999999999999999",
                                 "\"layers\":[",
                                 "[]",
                                 "[[]]",
                                 "{}",
                                 "\x80",
                                 "\xed"};
    std::mt19937 random(20);
    const auto below = [&](std::size_t n) {
        return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1));
    };
    std::size_t loaded = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string text = files[below(files.size())];
        for (std::size_t changes = 1 + below(3); changes != 0; --changes) {
            // Short changes anywhere, most of them in the first part, where names and shapes are.
            const std::size_t at =
                below(below(2) == 0 ? text.size() : std::min<std::size_t>(text.size(), 300));
            switch (below(5)) {
                case 0:
                    text[at] = static_cast<char>(random() % 256);
                    break;
                case 1:
                    text.erase(at, 1 + below(40));
                    break;
                case 2:
                    text.insert(at, words[below(std::size(words))]);
                    break;
                case 3:
                    text.insert(at, text.substr(below(text.size()), below(200)));
                    break;
                default:
                    text.resize(at);
                    break;
            }
            if (text.empty()) text = " ";
        }
        loaded += testing::read_with_all(bytes_of(text)) ? 1 : 0;
    }
    CHECK(loaded > 5);  // a digit more or less
    CHECK(loaded < 600);
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ARCHETYPE_TEST_NO_MEMORY
#endif
#endif
#ifndef ARCHETYPE_TEST_NO_MEMORY
// Memory of a process of its own: bytes of every file, and what reading it takes besides.
TEST_CASE("JSON takes a few times its size in memory") {
    const std::size_t size = 16'000'000;
    const auto repeated = [&](std::string text, std::string_view one, std::string_view end) {
        while (text.size() < size) text += one;
        return text.append(end);
    };
    std::string keys = "{\"layers\": [], \"state_dict\": {";
    for (int i = 0; keys.size() < size; ++i) keys += "\"" + std::to_string(i) + "\":0,";
    keys += "\"x\":0}}";
    for (const std::string& text :
         {repeated("{\"4.weight\": [[0", ",0", "]]}"),
          repeated("{\"state_dict\": {\"4.weight\": [[]", ",[]", "]}}"),
          repeated("{\"layers\": [{}", ",{}", "]}"),
          repeated("{\"layers\": [{\"weights\": [[]", ",[]", "]}]}"), repeated("[\"\"", ",\"\"", "]"),
          repeated("{\"layers\": [{\"type\":\"dense\",\"weights\":[[[0", ",0", "]]]}]}"), keys,
          repeated("{\"layers\": [{\"type\":\"dense\",\"shape\":[0", ",0", "]}]}"), std::string(size, '['),
          repeated("\"", "a", "\"")}) {
        INFO(text.substr(0, 40));
        const std::vector<std::byte> bytes = bytes_of(text);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            rusage before{}, after{};
            getrusage(RUSAGE_SELF, &before);
            testing::read_with_all(bytes);
            getrusage(RUSAGE_SELF, &after);
            const auto more = static_cast<std::size_t>(after.ru_maxrss - before.ru_maxrss) * 1024;
            _exit(static_cast<int>(std::min<std::size_t>(10 * more / size, 255)));
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) <= 40);  // tenths of the file's size, among them one copy of it
    }
}
#endif
#endif
