// SPDX-License-Identifier: BSL-1.0
// The same 600 digits as a folder of pictures, a table of numbers and a set of h5py: however they come, the network learns the
// same, bit for bit.
//
//     files_digits MNIST-FOLDER [FOLDER]
//
#include <hdf5.h>
#include <png.h>

#include <algorithm>
#include <archetype/data/csv.hpp>
#include <archetype/data/hdf5/hdf5_set.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/pictures.hpp>
#include <archetype/training.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace at = archetype;
namespace fs = std::filesystem;

namespace {

using net = at::network<at::input<28, 28, 1>, at::conv2d<8, 5, at::stride<2>>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;

/// A byte of a pixel from 0 to 1.
std::uint8_t byte_of(float pixel) { return static_cast<std::uint8_t>(std::lround(pixel * 255)); }

/// "folder/7/0003.png", digit by digit.
void write_pictures(const at::dataset& digits, const fs::path& folder) {
    for (std::size_t n = 0; n < digits.size(); ++n) {
        const fs::path place = folder / std::to_string(digits.labels(n));
        fs::create_directories(place);
        std::string name = std::to_string(n);
        name.insert(0, 4 - name.size(), '0');
        std::vector<std::uint8_t> pixels(28 * 28);
        std::transform(digits.samples.data() + n * pixels.size(),
                       digits.samples.data() + (n + 1) * pixels.size(), pixels.begin(), byte_of);
        png_image image{};
        image.version = PNG_IMAGE_VERSION, image.width = image.height = 28, image.format = PNG_FORMAT_GRAY;
        if (png_image_write_to_file(&image, (place / (name + ".png")).c_str(), 0, pixels.data(), 0,
                                    nullptr) == 0)
            throw std::runtime_error(image.message);
    }
}

/// A row for each digit: its pixels, then its class.
void write_table(const at::dataset& digits, const fs::path& path) {
    std::ofstream file(path);
    for (std::size_t i = 0; i < 28 * 28; ++i) file << "pixel" << i << ',';
    file << "digit\n";
    for (std::size_t n = 0; n < digits.size(); ++n) {
        for (std::size_t i = 0; i < 28 * 28; ++i)
            file << int{byte_of(digits.samples.data()[n * 28 * 28 + i])} << ',';
        file << digits.labels(n) << '\n';
    }
}

/// Datasets "x" (n, 28, 28, 1) of bytes and "y" (n).
void write_set(const at::dataset& digits, const fs::path& path) {
    std::vector<std::uint8_t> pixels(digits.samples.size());
    std::transform(digits.samples.begin(), digits.samples.end(), pixels.begin(), byte_of);
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const auto write = [&](const char* name, std::initializer_list<hsize_t> shape, hid_t type,
                           const void* values) {
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), std::data(shape), nullptr);
        const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            throw std::runtime_error(path.string());
        H5Dclose(set);
        H5Sclose(space);
    };
    write("x", {digits.size(), 28, 28, 1}, H5T_NATIVE_UINT8, pixels.data());
    write("y", {digits.size()}, H5T_NATIVE_INT32, digits.labels.data());
    H5Fclose(file);
}

/// The digits of a table as images.
at::dataset images_of(const at::csv_table& table) {
    at::dataset digits = table.samples();
    digits.samples.reshape({digits.size(), std::size_t{28}, std::size_t{28}, std::size_t{1}});
    digits.samples *= 1 / 255.f;
    return digits;
}

}  // namespace

int main(int count, char** arguments) {
    const fs::path mnist = count > 1 ? arguments[1] : "examples/data",
                   folder = count > 2 ? arguments[2] : "digits";
    const at::dataset all = at::read_mnist(mnist).train;
    // In the order of a folder of pictures: class by class.
    at::dataset digits = all.slice(0, 600);
    std::vector<std::size_t> order(digits.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return digits.labels(i); });
    digits = digits.select(order);
    const at::dataset others = all.slice(600, 1600);

    fs::remove_all(folder);
    fs::create_directories(folder);
    write_pictures(digits, folder / "pictures");
    write_table(digits, folder / "digits.csv");
    write_set(digits, folder / "digits.h5");

    const at::image_folder pictures =
        at::read_image_folder(folder / "pictures", {.channels = at::image_channels::gray});
    const at::dataset of_pictures = pictures.data,
                      of_table = images_of(at::read_csv(folder / "digits.csv", {.label = "digit"})),
                      of_set = at::read_hdf5_set(folder / "digits.h5", {.scale = 1 / 255.f});

    std::vector<std::vector<float>> learnt;
    const auto learn = [&](const char* from, const at::dataset& data) {
        at::model<net> model{at::seed{1}};
        at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 5e-3}, at::seed{2}};
        trainer.fit(data, {.epochs = 8, .progress = at::progress_style::silent});
        std::cout << from << ": " << 100 * trainer.evaluate(others).accuracy << " % of 1000 other digits\n";
        learnt.emplace_back(model.data(), model.data() + model.size());
    };
    learn("IDX", digits);
    learn("pictures", of_pictures);
    learn("CSV", of_table);
    learn("HDF5", of_set);
    const bool same = std::ranges::all_of(learnt, [&](const auto& weights) { return weights == learnt[0]; });
    std::cout << (same ? "all weights are equal\n" : "weights differ\n");
    return same ? 0 : 1;
}
