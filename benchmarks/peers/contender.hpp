// SPDX-License-Identifier: BSL-1.0
/// @file contender.hpp
/// What takes part in a comparison is a process that waits for commands, so that a script can let several of them take
/// turns: each line of standard input is a command, each is answered with one line.
#pragma once
#include <time.h>
#include <zlib.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace peers {

/// Answers commands until the input ends.
inline void serve(const std::map<std::string, std::function<void(std::ostream&)>>& commands) {
    std::cout.precision(9);
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        const auto command = commands.find(line);
        if (command == commands.end()) throw std::invalid_argument("unknown command: " + line);
        command->second(std::cout);
        std::cout << std::endl;
    }
}

/// Seconds of processor time of this process, all threads together: waiting for a turn on a busy machine does not count.
inline double processor_seconds() {
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// Seconds of a call.
template <class Call>
double seconds(const Call& call) {
    const double start = processor_seconds();
    call();
    return processor_seconds() - start;
}

/// Seconds of one call among calls that take 5 milliseconds together, after 1 millisecond of them to warm up.
template <class Call>
double seconds_of_many(const Call& call) {
    std::size_t count = 1;
    for (double time = 0; time < 1e-3; count *= 2)
        time = seconds([&] {
            for (std::size_t i = 0; i < count; ++i) call();
        });
    count *= 3;
    return seconds([&] {
               for (std::size_t i = 0; i < count; ++i) call();
           }) /
           double(count);
}

/// Numbers in single precision from a file of nothing else.
inline std::vector<float> read_floats(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error(path + " cannot be read");
    std::vector<float> numbers(std::size_t(file.tellg()) / sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(numbers.data()), std::streamsize(numbers.size() * sizeof(float)));
    return numbers;
}

/// Digits with values from 0 to 1, `side` x `side` pixels each: 28 of the file and a margin of zeros.
struct digits {
    std::size_t side = 28;
    std::vector<std::vector<float>> images;
    std::vector<std::uint8_t> labels;
};

/// Reads the files `<part>-images-idx3-ubyte.gz` and `<part>-labels-idx1-ubyte.gz` of a folder.
inline digits read_digits(const std::string& folder, const std::string& part, std::size_t margin) {
    const auto read = [&](const std::string& name, std::size_t header) {
        const std::string path = folder + "/" + part + name;
        const gzFile file = gzopen(path.c_str(), "rb");
        if (file == nullptr) throw std::runtime_error(path + " cannot be read");
        std::vector<std::uint8_t> bytes;
        std::uint8_t some[1 << 14];
        for (int count; (count = gzread(file, some, sizeof(some))) > 0;)
            bytes.insert(bytes.end(), some, some + count);
        gzclose(file);
        if (bytes.size() < header) throw std::runtime_error(path + " is too short");
        bytes.erase(bytes.begin(), bytes.begin() + std::ptrdiff_t(header));
        return bytes;
    };
    digits result;
    result.side = 28 + 2 * margin;
    result.labels = read("-labels-idx1-ubyte.gz", 8);
    const std::vector<std::uint8_t> pixels = read("-images-idx3-ubyte.gz", 16);
    for (std::size_t i = 0; i < result.labels.size(); ++i) {
        std::vector<float> image(result.side * result.side);
        for (std::size_t p = 0; p < 784; ++p)
            image[(p / 28 + margin) * result.side + p % 28 + margin] = float(pixels[i * 784 + p]) / 255.f;
        result.images.push_back(image);
    }
    return result;
}

}  // namespace peers
