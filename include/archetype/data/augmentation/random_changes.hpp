// SPDX-License-Identifier: BSL-1.0
/// @file random_changes.hpp
/// Samples changed by chance, anew in each epoch.
#pragma once
#include <archetype/data/augmentation/sample_operations.hpp>
#include <archetype/data/augmentation/sample_random.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline void check_probability(const std::string& who, double probability) {
    if (!(probability >= 0 && probability <= 1))
        refuse_operation(who, "a probability from 0 to 1", std::to_string(probability));
}
/// How far a factor is from 1 at most.
inline void check_amount(const std::string& who, double amount) {
    if (!(amount >= 0 && amount <= 1)) refuse_operation(who, "an amount from 0 to 1", std::to_string(amount));
}

/// From 1 - amount to 1 + amount.
inline double factor_around_one(const std::string& who, double amount, sample_random& random) {
    check_amount(who, amount);
    return random.uniform(1 - amount, 1 + amount);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Changes a sample; those below, or a function of one's own. It throws std::invalid_argument for settings and samples that
/// make no sense.
using augmentation = std::function<void(sample&, sample_random&)>;

/// A rectangle of `height` x `width` anywhere in the image with `padding` pixels of `fill` around it.
struct random_crop {
    std::size_t height, width, padding = 0;
    float fill = 0;

    void operator()(sample& image, sample_random& random) const {
        const std::size_t rows = image.height + 2 * padding, columns = image.width + 2 * padding;
        if (height == 0 || width == 0 || height > rows || width > columns)
            detail::refuse_operation(
                "random_crop",
                "at most " + std::to_string(rows) + " x " + std::to_string(columns) + " pixels",
                std::to_string(height) + " x " + std::to_string(width));
        const auto top = static_cast<std::ptrdiff_t>(random.below(rows - height + 1)),
                   left = static_cast<std::ptrdiff_t>(random.below(columns - width + 1)),
                   around = static_cast<std::ptrdiff_t>(padding);
        crop(image, top - around, left - around, height, width, fill);
    }
};

/// Mirrored with a probability.
struct random_flip {
    flip_direction direction = flip_direction::horizontal;
    double probability = 0.5;

    void operator()(sample& image, sample_random& random) const {
        detail::check_probability("random_flip", probability);
        if (random.chance(probability)) mirror(image, direction);
    }
};

/// Turned by up to `degrees` to either side.
struct random_rotation {
    double degrees;
    float fill = 0;

    void operator()(sample& image, sample_random& random) const {
        if (!(degrees >= 0 && degrees <= 180))
            detail::refuse_operation("random_rotation", "0 to 180 degrees", std::to_string(degrees));
        affine(image, {.degrees = random.uniform(-degrees, degrees)}, fill);
    }
};

/// Turned by up to `degrees`, moved by up to the shares `right` and `down` of its size, to either side, enlarged by a factor
/// between two, sheared by up to `shear` degrees along rows.
struct random_affine {
    double degrees = 0, right = 0, down = 0;
    double least_scale = 1, most_scale = 1;
    double shear = 0;
    float fill = 0;

    void operator()(sample& image, sample_random& random) const {
        if (!(degrees >= 0 && degrees <= 180))
            detail::refuse_operation("random_affine", "0 to 180 degrees", std::to_string(degrees));
        for (const double share : {right, down}) detail::check_amount("random_affine", share);
        if (!(least_scale > 0 && least_scale <= most_scale))
            detail::refuse_operation("random_affine", "scales above 0, the least first",
                                     std::to_string(least_scale) + " and " + std::to_string(most_scale));
        if (!(shear >= 0 && shear < 90))
            detail::refuse_operation("random_affine", "a shear from 0 to below 90 degrees",
                                     std::to_string(shear));
        affine_motion by;
        by.degrees = random.uniform(-degrees, degrees);
        by.right = random.uniform(-right, right) * static_cast<double>(image.width);
        by.down = random.uniform(-down, down) * static_cast<double>(image.height);
        by.scale = random.uniform(least_scale, most_scale);
        by.shear_x = random.uniform(-shear, shear);
        affine(image, by, fill);
    }
};

/// `adjust_brightness` by a factor from 1 - amount to 1 + amount.
struct random_brightness {
    double amount;
    void operator()(sample& image, sample_random& random) const {
        adjust_brightness(image, detail::factor_around_one("random_brightness", amount, random));
    }
};

/// `adjust_contrast` by a factor from 1 - amount to 1 + amount.
struct random_contrast {
    double amount;
    void operator()(sample& image, sample_random& random) const {
        adjust_contrast(image, detail::factor_around_one("random_contrast", amount, random));
    }
};

/// `adjust_saturation` by a factor from 1 - amount to 1 + amount.
struct random_saturation {
    double amount;
    void operator()(sample& image, sample_random& random) const {
        adjust_saturation(image, detail::factor_around_one("random_saturation", amount, random));
    }
};

/// Adds normal numbers of mean 0 and deviation `stddev`; nothing is cut.
struct random_noise {
    double stddev;
    void operator()(sample& image, sample_random& random) const {
        if (!(stddev >= 0 && stddev <= 1e30))
            detail::refuse_operation("random_noise", "a deviation of at least 0", std::to_string(stddev));
        for (float& value : image.values)
            value = static_cast<float>(static_cast<double>(value) + stddev * random.normal());
    }
};

/// A square of `side` pixels around any pixel becomes `value` (DeVries and Taylor 2017); at edges less of it.
struct cutout {
    std::size_t side;
    float value = 0;

    void operator()(sample& image, sample_random& random) const {
        if (side == 0) detail::refuse_operation("cutout", "a side of at least 1", "0");
        const auto middle_y = static_cast<std::ptrdiff_t>(random.below(image.height)),
                   middle_x = static_cast<std::ptrdiff_t>(random.below(image.width)),
                   half = static_cast<std::ptrdiff_t>(side / 2);
        erase(image, middle_y - half, middle_x - half, side, side, value);
    }
};

/// With a probability a rectangle with a share of the area and a ratio of height to width becomes `value` (Zhong et al. 2017). Of
/// ten rectangles the first that fits is taken; if none does, none.
struct random_erasing {
    double probability = 0.5;
    double least_area = 0.02, most_area = 0.33;
    double least_ratio = 0.3, most_ratio = 1 / 0.3;  ///< evenly in their logarithms
    float value = 0;

    void operator()(sample& image, sample_random& random) const {
        detail::check_probability("random_erasing", probability);
        if (!(least_area >= 0 && least_area <= most_area && most_area <= 1))
            detail::refuse_operation("random_erasing", "shares of the area from 0 to 1, the least first",
                                     std::to_string(least_area) + " and " + std::to_string(most_area));
        if (!(least_ratio > 0 && least_ratio <= most_ratio))
            detail::refuse_operation("random_erasing", "ratios above 0, the least first",
                                     std::to_string(least_ratio) + " and " + std::to_string(most_ratio));
        if (!random.chance(probability)) return;
        for (int attempt = 0; attempt < 10; ++attempt) {
            const double area = random.uniform(least_area, most_area) *
                                static_cast<double>(image.height * image.width),
                         ratio = std::exp(random.uniform(std::log(least_ratio), std::log(most_ratio)));
            const double rows = std::round(std::sqrt(area * ratio)),
                         columns = std::round(std::sqrt(area / ratio));
            if (!(rows < static_cast<double>(image.height) && columns < static_cast<double>(image.width)))
                continue;
            const auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(columns);
            erase(image, static_cast<std::ptrdiff_t>(random.below(image.height - height + 1)),
                  static_cast<std::ptrdiff_t>(random.below(image.width - width + 1)), height, width, value);
            return;
        }
    }
};

/// `masks` times up to `most` steps in a row become `value` (SpecAugment, Park et al. 2019): the width is uniform from 0 to
/// `most`, the place any at which it fits. `axis` says where time is.
struct time_masking {
    std::size_t most, masks = 1;
    sample_axis axis = sample_axis::rows;
    float value = 0;

    void operator()(sample& of, sample_random& random) const {
        const std::size_t extent = axis == sample_axis::rows      ? of.height
                                   : axis == sample_axis::columns ? of.width
                                                                  : of.channels;
        if (most > extent)
            detail::refuse_operation("time_masking and frequency_masking",
                                     "at most " + std::to_string(extent) + " indices", std::to_string(most));
        for (std::size_t i = 0; i < masks; ++i) {
            const std::size_t size = random.below(most + 1);
            mask(of, axis, random.below(extent - size + 1), size, value);
        }
    }
};

/// The same with bands of frequencies.
struct frequency_masking {
    std::size_t most, masks = 1;
    sample_axis axis = sample_axis::columns;
    float value = 0;

    void operator()(sample& of, sample_random& random) const {
        time_masking{most, masks, axis, value}(of, random);
    }
};

/// A reader whose samples are changed one step after the other, with random numbers that depend on the seed, the epoch and the
/// sample's number alone. Its shape is what the steps make of the reader's.
/// @throws std::invalid_argument if the steps refuse a sample of zeros, std::runtime_error if they change the number of targets
inline sample_reader augmented(sample_reader reader, std::vector<augmentation> steps,
                               std::uint64_t seed = 0) {
    sample_reader made = reader;
    sample zeros{reader.shape[0],
                 reader.shape[1],
                 reader.shape[2],
                 std::vector<float>(reader.shape[0] * reader.shape[1] * reader.shape[2]),
                 0,
                 std::vector<float>(reader.target_size)};
    sample_random random(seed, 0, 0);
    for (const augmentation& step : steps) step(zeros, random);
    made.shape = {zeros.height, zeros.width, zeros.channels};
    detail::check_read(made, zeros, 0);
    made.read = [reader = std::move(reader), steps = std::move(steps), seed](std::size_t number,
                                                                             std::size_t epoch, sample& to) {
        reader.read(number, epoch, to);
        sample_random chance(seed, epoch, number);
        for (const augmentation& step : steps) step(to, chance);
    };
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
