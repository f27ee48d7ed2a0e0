// SPDX-License-Identifier: BSL-1.0
/// @file hdf5_set.hpp
/// Samples and targets that are datasets of an HDF5 file, as h5py writes them.
#pragma once
#include <archetype/data/dataset.hpp>
#include <archetype/data/hdf5/hdf5_file.hpp>
#include <archetype/expression/ieee.hpp>

#include <array>
#include <cmath>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Which datasets of a file, by their paths ("train/x"), and what values are multiplied by.
struct hdf5_set_options {
    std::string samples = "x", targets = "y";
    float scale = 1;  ///< 1 / 255 for bytes of pictures
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A dataset of finite numbers, and where it is for messages. @throws file_error that names the datasets there are
struct hdf5_part {
    std::string place;
    hdf5_numbers numbers;
};
inline hdf5_part hdf5_numbers_of([[maybe_unused]] const std::filesystem::path& path,
                                 [[maybe_unused]] const std::string& name) {
#if ARCHETYPE_HAS_HDF5
    const hdf5_file file(path);
    if (!file.datasets().contains(name)) {
        std::string all;
        for (const std::string& other : file.datasets()) {
            if (all.size() > 200) {
                all += ", ...";
                break;
            }
            all += (all.empty() ? "\"" : ", \"") + other + "\"";
        }
        hdf5_fail(path.string(), "a dataset \"" + name + "\"", all.empty() ? "none" : all);
    }
    hdf5_part part{path.string() + ", \"" + name + "\"", file.numbers(name)};
    for (std::size_t i = 0; i < part.numbers.values.size(); ++i)
        if (!expression::is_finite(part.numbers.values[i]))
            hdf5_fail(part.place, "finite numbers", "another at position " + std::to_string(i));
    return part;
#else
    hdf5_fail(path.string(), "HDF5 (ARCHETYPE_HAS_HDF5)", "a build without it");
#endif
}
inline std::string hdf5_shape_text(const std::vector<std::uint64_t>& shape) {
    std::string text = "(";
    for (const std::uint64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
    return text + ")";
}
/// [sample][row][column][channel] of 2 to 4 axes: those that there are not have 1 index. @throws file_error
inline xt::xtensor<float, 4> hdf5_samples(const hdf5_part& part, float scale) {
    const std::vector<std::uint64_t>& shape = part.numbers.shape;
    if (shape.size() < 2 || shape.size() > 4)
        hdf5_fail(part.place, "2 to 4 axes, samples first", "shape " + hdf5_shape_text(shape));
    std::array<std::size_t, 4> extents{1, 1, 1, 1};
    extents[0] = static_cast<std::size_t>(shape[0]);
    for (std::size_t k = 1; k < shape.size(); ++k)
        extents[4 - shape.size() + k] = static_cast<std::size_t>(shape[k]);
    auto samples = xt::xtensor<float, 4>::from_shape(extents);
    for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = part.numbers.values[i] * scale;
    return samples;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Samples (n, features), (n, steps, channels) or (n, rows, columns, channels), and class numbers (n) or (n, 1).
/// @throws file_error if a dataset is missing, has another shape, or labels are no whole numbers from 0 to 2^24
inline dataset read_hdf5_set(const std::filesystem::path& path, const hdf5_set_options& options = {}) {
    dataset data;
    data.samples = detail::hdf5_samples(detail::hdf5_numbers_of(path, options.samples), options.scale);
    const detail::hdf5_part labels = detail::hdf5_numbers_of(path, options.targets);
    const auto& shape = labels.numbers.shape;
    if (shape.empty() || shape[0] != data.size() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1))
        detail::hdf5_fail(labels.place, "class numbers of shape (" + std::to_string(data.size()) + ")",
                          "shape " + detail::hdf5_shape_text(shape));
    data.labels = xt::xtensor<std::int32_t, 1>::from_shape({data.size()});
    for (std::size_t i = 0; i < data.size(); ++i) {
        const float label = labels.numbers.values[i];
        // Larger ones are no longer exact as single precision.
        if (!(label >= 0 && label <= 16777215.f && std::floor(label) == label))
            detail::hdf5_fail(labels.place, "class numbers from 0 on",
                              std::to_string(label) + " at position " + std::to_string(i));
        data.labels(i) = static_cast<std::int32_t>(label);
    }
    return data;
}

/// Samples as above and targets that are numbers, (n, targets) or (n): for `reader_of` and `trainer::fit`.
struct hdf5_targets {
    xt::xtensor<float, 4> samples;
    xt::xtensor<float, 2> targets;
};
/// @throws file_error if a dataset is missing or has another shape
inline hdf5_targets read_hdf5_targets(const std::filesystem::path& path,
                                      const hdf5_set_options& options = {}) {
    hdf5_targets made;
    made.samples = detail::hdf5_samples(detail::hdf5_numbers_of(path, options.samples), options.scale);
    const detail::hdf5_part part = detail::hdf5_numbers_of(path, options.targets);
    const auto& shape = part.numbers.shape;
    if (shape.empty() || shape[0] != made.samples.shape()[0] || shape.size() > 2)
        detail::hdf5_fail(part.place,
                          "targets of shape (" + std::to_string(made.samples.shape()[0]) + ", ...)",
                          "shape " + detail::hdf5_shape_text(shape));
    made.targets = xt::xtensor<float, 2>::from_shape(
        {static_cast<std::size_t>(shape[0]), shape.size() == 2 ? static_cast<std::size_t>(shape[1]) : 1});
    std::copy(part.numbers.values.begin(), part.numbers.values.end(), made.targets.begin());
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
