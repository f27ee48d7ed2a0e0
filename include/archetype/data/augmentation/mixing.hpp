// SPDX-License-Identifier: BSL-1.0
/// @file mixing.hpp
/// Samples mixed with others, targets too.
#pragma once
#include <archetype/data/augmentation/random_changes.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// share * sample + (1 - share) * another one, `share` of the beta distribution (alpha, alpha) (Zhang et al. 2017).
struct mix_up {
    double alpha = 0.2;

    /// Mixes values; returns the share of the first sample's target.
    double operator()(sample& of, const sample& other, sample_random& random) const {
        const double share = random.beta(alpha);
        for (std::size_t i = 0; i < of.values.size(); ++i)
            of.values[i] = static_cast<float>(share * static_cast<double>(of.values[i]) +
                                              (1 - share) * static_cast<double>(other.values[i]));
        return share;
    }
};

/// A rectangle comes from another sample: of the share 1 - beta(alpha, alpha) of the area, around any pixel, cut at the edges
/// (Yun et al. 2019). Targets have the share that the rectangle really has.
struct cut_mix {
    double alpha = 1;

    double operator()(sample& of, const sample& other, sample_random& random) const {
        const double side = std::sqrt(1 - random.beta(alpha));
        const auto range = [&](std::size_t size) {
            const double middle = static_cast<double>(random.below(size)),
                         half = side * static_cast<double>(size) / 2;
            const double first = std::round(middle - half), last = std::round(middle + half);
            return std::pair{static_cast<std::size_t>(std::max(first, 0.0)),
                             static_cast<std::size_t>(std::min(last, static_cast<double>(size)))};
        };
        const auto [top, bottom] = range(of.height);
        const auto [left, right] = range(of.width);
        for (std::size_t y = top; y < bottom; ++y)
            for (std::size_t x = left; x < right; ++x)
                for (std::size_t c = 0; c < of.channels; ++c) of.at(y, x, c) = other.at(y, x, c);
        return 1 - static_cast<double>((bottom - top) * (right - left)) /
                       static_cast<double>(of.height * of.width);
    }
};

/// A reader whose samples are mixed with any others of the same reader and epoch, by `mix_up`, `cut_mix` or a function of one's
/// own of the same form. Class numbers become probabilities of `classes`; targets that are numbers are mixed.
/// @throws std::invalid_argument for an alpha that is not above 0, or no classes
template <class Mix>
sample_reader mixed(sample_reader reader, const Mix& mix, std::size_t classes, std::uint64_t seed = 0) {
    if constexpr (requires { mix.alpha; })
        if (!(mix.alpha > 0 && mix.alpha <= 1e6))
            detail::refuse_operation("mixed", "an alpha above 0", std::to_string(mix.alpha));
    if (!reader.target_parts.empty())
        detail::refuse_operation("mixed", "targets of one output",
                                 "those of " + std::to_string(reader.target_parts.size()));
    if (reader.target_size == 0 ? classes == 0 : classes != reader.target_size)
        detail::refuse_operation("mixed",
                                 reader.target_size == 0
                                     ? "at least one class"
                                     : "the " + std::to_string(reader.target_size) + " numbers of a target",
                                 std::to_string(classes));
    sample_reader made = reader;
    made.target_size = classes;
    made.read = [reader = std::move(reader), mix, classes, seed](std::size_t number, std::size_t epoch,
                                                                 sample& to) {
        const auto read = [&](std::size_t at, sample& read_to) {
            reader.read(at, epoch, read_to);
            detail::check_read(reader, read_to, at);
            if (reader.target_size != 0) return;
            if (read_to.label < 0 || static_cast<std::size_t>(read_to.label) >= classes)
                detail::refuse_operation("mixed", "class numbers below " + std::to_string(classes),
                                         std::to_string(read_to.label) + " of sample " + std::to_string(at));
            read_to.target.assign(classes, 0.f);
            read_to.target[static_cast<std::size_t>(read_to.label)] = 1;
        };
        // Another stream than that of the steps before, if the seed is the same.
        sample_random random(seed ^ 0x6d69786564u, epoch, number);
        sample other;
        read(number, to);
        read(random.below(reader.count), other);
        const double share = mix(to, other, random);
        for (std::size_t i = 0; i < classes; ++i)
            to.target[i] = static_cast<float>(share * static_cast<double>(to.target[i]) +
                                              (1 - share) * static_cast<double>(other.target[i]));
    };
    return made;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
