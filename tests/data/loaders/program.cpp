// SPDX-License-Identifier: BSL-1.0
// Writes what a reader gives, for check.py: a line of text with the extents of the samples, the samples and the targets as floats.
#include <archetype/data/cifar.hpp>
#include <archetype/data/hdf5/hdf5_set.hpp>
#include <archetype/data/idx.hpp>
#include <archetype/data/pictures/image_file.hpp>
#include <archetype/data/pictures/image_folder.hpp>
#include <archetype/data/scikit_learn.hpp>
#include <archetype/data/sounds/sound_file.hpp>

#include <cstdio>
#include <string_view>

namespace at = archetype;

namespace {

template <class Samples>
void write(const Samples& samples, const std::vector<float>& targets) {
    for (const std::size_t extent : samples.shape()) std::printf("%zu ", extent);
    std::printf("%zu\n", targets.size());
    const std::vector<float> values(samples.begin(), samples.end());
    std::fwrite(values.data(), sizeof(float), values.size(), stdout);
    std::fwrite(targets.data(), sizeof(float), targets.size(), stdout);
}
template <class Samples, class Targets>
void write_both(const Samples& samples, const Targets& targets) {
    write(samples, std::vector<float>(targets.begin(), targets.end()));
}
void write(const at::dataset& data) { write_both(data.samples, data.labels); }

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const std::string_view kind = arguments[1];
    const std::filesystem::path path = arguments[2];
    if (kind == "pictures") write(at::read_image_folder(path).data);
    if (kind == "picture") write(at::read_image(path), {});
    if (kind == "gray") write(at::read_image(path, at::image_channels::gray), {});
    if (kind == "hdf5") write(at::read_hdf5_set(path, {.samples = "x", .targets = "y"}));
    if (kind == "cifar10") write(at::read_cifar10({path}));
    if (kind == "cifar100") write(at::read_cifar100(path));
    if (kind == "idx") write_both(at::read_idx_images(path / "images"), at::read_idx_labels(path / "labels"));
    if (kind == "digits") write(at::read_digits(path));
    if (kind == "iris") write_both(at::read_iris(path).values, at::read_iris(path).labels);
    if (kind == "wine") write_both(at::read_wine(path).values, at::read_wine(path).labels);
    if (kind == "diabetes") write_both(at::read_diabetes(path).samples, at::read_diabetes(path).targets);
    if (kind == "sound") write(at::read_sound(path).samples, {});
}
