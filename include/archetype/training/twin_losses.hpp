// SPDX-License-Identifier: BSL-1.0
/// @file twin_losses.hpp
/// Losses of networks that look at several samples with shared parameters: contrastive and triplet.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/training/losses.hpp>

#include <cmath>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The euclidean distance of two vectors with `epsilon` added to each difference (PyTorch's PairwiseDistance), and
/// factor * its gradient by both.
template <class T>
double distance_of(const T* one, const T* other, std::size_t size, double epsilon) {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const double apart = static_cast<double>(one[i]) - static_cast<double>(other[i]) + epsilon;
        sum += apart * apart;
    }
    return std::sqrt(sum);
}
template <class T>
void add_distance_slopes(const T* one, const T* other, std::size_t size, double epsilon, double distance,
                         double factor, T* by_one, T* by_other) {
    if (distance == 0) return;
    for (std::size_t i = 0; i < size; ++i) {
        const double slope =
            factor * (static_cast<double>(one[i]) - static_cast<double>(other[i]) + epsilon) / distance;
        by_one[i] += static_cast<T>(slope);
        by_other[i] -= static_cast<T>(slope);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Targets of a loss that needs none, as `triplet_loss`: of shape (samples, 0).
inline xt::xtensor<float, 2> no_targets(std::size_t samples) {
    return xt::xtensor<float, 2>::from_shape({samples, std::size_t{0}});
}

/// max(0, |a - p| - |a - n| + margin) of vectors of an anchor, a sample like it and one unlike it: the thirds of the
/// network's result, one after the other (PyTorch's TripletMarginLoss, whose `eps` is `epsilon`). Targets: `no_targets(n)`.
struct triplet_loss {
    static constexpr bool from_logits = false, has_sum_over = true;
    static constexpr std::size_t targets_per_sample = 0;
    double margin = 1;
    double epsilon = 1e-6;

    template <shape S, class T, class Target>
    double sum_over(const T* results, const Target*, T* gradient, T*, std::size_t batch,
                    std::size_t divisor) const {
        constexpr std::size_t size = S.size() / 3;
        static_assert(S.size() % 3 == 0, "archetype: triplet_loss takes three vectors of equal size");
        const double scale = 1 / static_cast<double>(divisor);
        double sum = 0;
        for (std::size_t n = 0; n < batch; ++n) {
            const T *const anchor = results + n * S.size(), *const like = anchor + size,
                           *const unlike = like + size;
            const double near = detail::distance_of(anchor, like, size, epsilon),
                         far = detail::distance_of(anchor, unlike, size, epsilon);
            const double loss = near - far + margin;
            T* const to = gradient == nullptr ? nullptr : gradient + n * S.size();
            if (to != nullptr) std::fill_n(to, S.size(), T(0));
            if (!(loss <= 0)) sum += loss;  // NaN stays
            if (to == nullptr || !(loss > 0)) continue;
            detail::add_distance_slopes(anchor, like, size, epsilon, near, scale, to, to + size);
            detail::add_distance_slopes(anchor, unlike, size, epsilon, far, -scale, to, to + 2 * size);
        }
        return sum;
    }
    template <shape S, class T, class Targets, class Place>
    static xt::xtensor<T, 2> checked_targets(const Targets& given, std::size_t count, const Place& at) {
        if (given.dimension() != 2 || given.shape()[0] != count || given.shape()[1] != 0)
            throw shape_error("archetype::" + std::string(at.who) + ": expected " + at.role + "targets" +
                              at.of + " of shape (" + std::to_string(count) + ", 0), found " +
                              detail::shape_text(given));
        return xt::xtensor<T, 2>::from_shape({count, std::size_t{0}});
    }
    void check() const {
        detail::check_positive("triplet_loss", "margin", margin);
        detail::check_not_negative("triplet_loss", "epsilon", epsilon);
    }
    std::string settings() const {
        return "triplet_loss{margin = " + detail::number_text(margin) +
               ", epsilon = " + detail::number_text(epsilon) + "}";
    }
};

/// y d^2 + (1 - y) max(0, margin - d)^2 of the distance d of the two halves of the network's result, y = 1 for a pair of the
/// same kind and 0 for others (Hadsell, Chopra, LeCun 2006, there with a factor of 1/2). Targets: (n, 1), 0 or 1.
struct contrastive_loss {
    static constexpr bool from_logits = false, has_sum_over = true;
    static constexpr std::size_t targets_per_sample = 1;
    double margin = 1;

    template <shape S, class T, class Target>
    double sum_over(const T* results, const Target* targets, T* gradient, T*, std::size_t batch,
                    std::size_t divisor) const {
        constexpr std::size_t size = S.size() / 2;
        static_assert(S.size() % 2 == 0, "archetype: contrastive_loss takes two vectors of equal size");
        double sum = 0;
        for (std::size_t n = 0; n < batch; ++n) {
            const T *const one = results + n * S.size(), *const other = one + size;
            const double distance = detail::distance_of(one, other, size, 0);
            const auto same = static_cast<double>(targets[n]);
            const double missing = distance < margin ? margin - distance : 0;
            sum += same * distance * distance + (1 - same) * missing * missing;
            if (gradient == nullptr) continue;
            T* const to = gradient + n * S.size();
            std::fill_n(to, S.size(), T(0));
            const double slope = 2 * (same * distance - (1 - same) * missing) / static_cast<double>(divisor);
            detail::add_distance_slopes(one, other, size, 0, distance, slope, to, to + size);
        }
        return sum;
    }
    template <shape S, class T, class Targets, class Place>
    static xt::xtensor<T, 2> checked_targets(const Targets& given, std::size_t count, const Place& at) {
        if (given.dimension() != 2 || given.shape()[0] != count || given.shape()[1] != 1)
            throw shape_error("archetype::" + std::string(at.who) + ": expected " + at.role + "targets" +
                              at.of + " of shape (" + std::to_string(count) + ", 1), found " +
                              detail::shape_text(given));
        const xt::xtensor<T, 2> same = given;
        for (std::size_t n = 0; n < count; ++n)
            if (same(n, 0) != 0 && same(n, 0) != 1)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::" + std::string(at.who) + ": expected 0 or 1 as " + at.role + "target" +
                    at.of + " of sample " + std::to_string(n) + ", found " + std::to_string(same(n, 0)));
        return same;
    }
    void check() const { detail::check_positive("contrastive_loss", "margin", margin); }
    std::string settings() const { return "contrastive_loss{margin = " + detail::number_text(margin) + "}"; }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
