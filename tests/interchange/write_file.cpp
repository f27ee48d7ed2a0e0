// SPDX-License-Identifier: BSL-1.0
// What writing a file does to what is there: links, devices, modes, and programs that are ended meanwhile.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <archetype/interchange/write_file.hpp>
#include <catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>
#include <vector>

#include "temporary_directory.hpp"

namespace at = archetype;
namespace files = std::filesystem;
using Catch::Contains;
using testing::temporary_directory;

namespace {

std::optional<at::file_failure> write(const files::path& path, std::string_view text) {
    return at::try_write_file(path, std::array{std::as_bytes(std::span(text))});
}
std::string text_of(const files::path& path) {
    const auto bytes = testing::read_bytes(path);
    return {bytes.begin(), bytes.end()};
}
std::size_t names_in(const files::path& folder) {
    return static_cast<std::size_t>(std::distance(files::directory_iterator(folder), {}));
}
unsigned mode_of(const files::path& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("symbolic links stay and lead to the new content") {
    const temporary_directory directory;
    const files::path folder = directory.path(), real = folder / "deep" / "real";
    files::create_directory(folder / "deep");
    REQUIRE_FALSE(write(real, "old"));
    files::create_symlink("deep/real", folder / "relative");
    files::create_symlink(folder / "relative", folder / "chain");
    for (const char* name : {"relative", "chain"}) {
        CHECK_FALSE(write(folder / name, name));
        CHECK(files::is_symlink(folder / name));
        CHECK(text_of(real) == name);
    }
    files::create_symlink("deep/later", folder / "dangling");
    CHECK_FALSE(write(folder / "dangling", "new"));
    CHECK(files::is_symlink(folder / "dangling"));
    CHECK(text_of(folder / "deep" / "later") == "new");
    files::create_symlink("circle", folder / "circle");
    CHECK(write(folder / "circle", "never")->found.find("symbolic link") != std::string::npos);
    CHECK(names_in(folder) == 5);
    CHECK(names_in(folder / "deep") == 2);
}

TEST_CASE("modes are kept, and read-only files refused, for root too") {
    const temporary_directory directory;
    const files::path path = directory.path() / "file";
    const mode_t before = ::umask(027);
    REQUIRE_FALSE(write(path, "first"));
    ::umask(before);
    CHECK(mode_of(path) == 0640);
    for (const unsigned mode : {0600u, 0666u, 0755u}) {
        ::chmod(path.c_str(), mode);
        CHECK_FALSE(write(path, "second"));
        CHECK(mode_of(path) == mode);
        CHECK(text_of(path) == "second");
    }
    ::chmod(path.c_str(), 0444);
    const auto failure = write(path, "third");
    REQUIRE(failure);
    CHECK(failure->message() ==
          path.string() + ": expected a file that can be written, found a read-only file");
    CHECK(text_of(path) == "second");
    CHECK(mode_of(path) == 0444);
    CHECK(names_in(directory.path()) == 1);
}

TEST_CASE("what is no regular file is written into or refused") {
    const temporary_directory directory;
    CHECK_FALSE(write("/dev/null", "nothing"));
    CHECK(files::is_character_file("/dev/null"));
    CHECK(write(directory.path(), "text")->found == "a directory");
    CHECK_THAT(write(directory.path() / "none" / "file", "text")->found, Contains("folder"));
    CHECK_THAT(write("/dev/full", "text")->found, Contains("space"));

    const files::path fifo = directory.path() / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(write(fifo, "text")->found == "a FIFO that nobody reads");
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
    CHECK_FALSE(write(fifo, "text"));
    std::array<char, 8> read{};
    CHECK(::read(reader, read.data(), read.size()) == 4);
    CHECK(files::is_fifo(fifo));
    // A reader that goes away is an error, no end of the program
    std::thread leaving([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ::close(reader);
    });
    CHECK(write(fifo, std::string(1 << 20, 'x')).has_value());
    leaving.join();
    CHECK(names_in(directory.path()) == 1);
}

TEST_CASE("a program that is ended leaves the old content and no other file") {
    const temporary_directory directory;
    const files::path path = directory.path() / "file";
    REQUIRE_FALSE(write(path, "old"));
    const std::vector<char> large(1 << 26, 'x');
    for (int attempt = 0; attempt < 10; ++attempt) {
        const pid_t child = ::fork();
        if (child == 0) {
            const std::vector<std::span<const std::byte>> parts(64, std::as_bytes(std::span(large)));
            (void)at::try_write_file(path, parts);  // 4 GB
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(3 * attempt));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    CHECK(text_of(path) == "old");
    CHECK(names_in(directory.path()) == 1);
}

TEST_CASE("long names, empty content and failing writes") {
    const temporary_directory directory;
    const files::path longest = directory.path() / std::string(255, 'n');
    CHECK_FALSE(write(longest, "text"));
    CHECK_FALSE(write(longest, ""));
    CHECK(files::file_size(longest) == 0);
    CHECK(write(directory.path() / std::string(256, 'n'), "text").has_value());
    CHECK(names_in(directory.path()) == 1);
    const files::path here = files::current_path();
    files::current_path(directory.path());
    CHECK_FALSE(write("without_folder", "text"));
    files::current_path(here);
    CHECK(text_of(directory.path() / "without_folder") == "text");
}
