// SPDX-License-Identifier: BSL-1.0
/// @file lesson.hpp
/// What the programs of the course share: pictures are shown as text and written as PNG, claims are checked.
#pragma once
#include <archetype/plotting/plot.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <xtensor/xtensor.hpp>

namespace at = archetype;

class lesson {
public:
    /// PNG files go to the folder that the program is given, or to the current one.
    lesson(int count, char** arguments) : folder_(count > 1 ? arguments[1] : ".") {
        std::filesystem::create_directories(folder_);
    }

    /// Prints a picture and writes it as a file, where gnuplot is installed.
    template <class Picture>
    void show(const Picture& picture, const std::string& file) const {
        std::cout << picture << '\n';
        if (picture.write_png(folder_ / file)) std::cout << "wrote " << (folder_ / file).string() << "\n\n";
    }
    /// A file beside the pictures.
    std::filesystem::path file(const std::string& name) const { return folder_ / name; }
    /// What the lesson says: the program fails if it is not so.
    void claim(const std::string& what, bool holds) {
        std::cout << (holds ? "true:  " : "FALSE: ") << what << '\n';
        all_hold_ = all_hold_ && holds;
    }
    int end() const { return all_hold_ ? 0 : 1; }

    /// The folder of scikit-learn's data; without it the lesson is skipped.
    static std::filesystem::path data() {
        const char* place = std::getenv("ARCHETYPE_SCIKIT_LEARN_DATA");
        const std::filesystem::path folder =
            place ? place : "/usr/lib/python3/dist-packages/sklearn/datasets/data";
        if (std::filesystem::exists(folder)) return folder;
        std::cout << "skipped: no " << folder.string() << " (Debian: python3-sklearn)\n";
        std::exit(77);  // what CTest takes for skipped
    }

private:
    std::filesystem::path folder_;
    bool all_hold_ = true;
};

/// Independent normal numbers of mean 0 and deviation 1.
inline xt::xtensor<double, 1> normal_noise(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    auto noise = xt::xtensor<double, 1>::from_shape({count});
    for (double& value : noise) value = normal(random);
    return noise;
}

/// `count` numbers from `first` to `last`, at equal distances.
inline xt::xtensor<double, 1> evenly(double first, double last, std::size_t count) {
    auto values = xt::xtensor<double, 1>::from_shape({count});
    for (std::size_t i = 0; i < count; ++i)
        values(i) = first + (last - first) * static_cast<double>(i) / static_cast<double>(count - 1);
    return values;
}
