// SPDX-License-Identifier: BSL-1.0
// Normalizations and softmax.
#include "normalizing.hpp"

#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>

namespace archetype::evaluate {

namespace {

using whole = std::int64_t;

struct moments {
    double mean = 0, variance = 0;
};
template <class Iterator>
moments moments_of(Iterator first, Iterator last) {
    moments made;
    const auto count = static_cast<double>(last - first);
    for (auto one = first; one != last; ++one) made.mean += *one;
    made.mean /= count;
    for (auto one = first; one != last; ++one) made.variance += (*one - made.mean) * (*one - made.mean);
    made.variance /= count;
    return made;
}

}  // namespace

void softmax_rows(reals& of, std::size_t extent, std::size_t inner, bool logarithm) {
    if (extent == 0) return;
    for (std::size_t start = 0; start < of.size(); start += extent * inner)
        for (std::size_t i = 0; i < inner; ++i) {
            double* const row = of.data() + start + i;
            double most = -HUGE_VAL;
            for (std::size_t k = 0; k < extent; ++k) most = std::max(most, row[k * inner]);
            double sum = 0;
            for (std::size_t k = 0; k < extent; ++k) sum += std::exp(row[k * inner] - most);
            const double log_sum = std::log(sum);
            for (std::size_t k = 0; k < extent; ++k) {
                double& one = row[k * inner];
                one = logarithm ? one - most - log_sum : std::exp(one - most) / sum;
            }
        }
}

softmax_axis softmax_axis_of(const call& at, const shape_type& shape, std::int64_t version) {
    if (version >= 13) {
        const std::size_t axis = at.axis(at.integer("axis", -1), shape.size());
        return {static_cast<std::size_t>(shape[axis]),
                static_cast<std::size_t>(product_of(shape, axis + 1, shape.size()))};
    }
    const whole axis = at.integer("axis", 1);
    const auto rank = static_cast<whole>(shape.size());
    at.expect(axis >= -rank && axis <= rank, "an axis of the input", std::to_string(axis));
    return {static_cast<std::size_t>(
                product_of(shape, static_cast<std::size_t>(axis < 0 ? axis + rank : axis), shape.size())),
            1};
}

namespace {

template <bool Logarithm>
void softmax(call& at) {
    reals made = at.real(0);
    const softmax_axis along = softmax_axis_of(at, at.in(0).shape, at.version());
    softmax_rows(made, along.extent, along.inner, Logarithm);
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}

void hardmax(call& at) {
    const reals& from = at.real(0);
    const softmax_axis along = softmax_axis_of(at, at.in(0).shape, at.version());
    reals made(from.size(), 0.0);
    if (along.extent > 0)
        for (std::size_t start = 0; start < from.size(); start += along.extent * along.inner)
            for (std::size_t i = 0; i < along.inner; ++i) {
                std::size_t best = 0;
                for (std::size_t k = 1; k < along.extent; ++k)
                    if (from[start + k * along.inner + i] > from[start + best * along.inner + i]) best = k;
                made[start + best * along.inner + i] = 1;
            }
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}

/// A parameter for each channel. @throws file_error
const reals& per_channel(const call& at, std::size_t index, whole channels) {
    const reals& made = at.real(index);
    at.expect(static_cast<whole>(made.size()) == channels,
              std::to_string(channels) + " numbers as " + at.name_of_input(index),
              std::to_string(made.size()));
    return made;
}

void batch_normalization(call& at) {
    const array& x = at.in(0);
    const double epsilon = at.number("epsilon", static_cast<double>(1e-5F));
    at.expect(x.rank() >= 1, "an input {N, C, ...}", "a scalar");
    const whole channels = x.rank() == 1 ? 1 : x.shape[1];
    const auto cells = static_cast<std::size_t>(x.rank() < 2 ? 1 : product_of(x.shape, 2, x.rank()));
    const bool trains = at.version() >= 14 ? at.integer("training_mode", 0) != 0
                                           : at.version() < 7 && at.integer("is_test", 0) == 0;
    at.expect(at.version() >= 9 || at.integer("spatial", 1) != 0, "spatial = 1", "0");
    at.expect(at.version() >= 7 || !trains, "is_test = 1", "training");
    at.expect(trains || at.node().outputs.size() == 1 || at.version() >= 14 || (!at.wants(1) && !at.wants(2)),
              "one output", std::to_string(at.node().outputs.size()));
    const reals& from = at.real(0);
    const reals& scale = per_channel(at, 1, channels);
    const reals& bias = per_channel(at, 2, channels);
    reals mean = per_channel(at, 3, channels);
    reals variance = per_channel(at, 4, channels);
    reals next_mean;
    reals next_variance;
    if (trains) {
        const double momentum = at.number("momentum", static_cast<double>(0.9F));
        for (std::size_t c = 0; c < mean.size(); ++c) {
            reals gathered;
            for (std::size_t i = 0; i < from.size(); ++i)
                if (i / cells % mean.size() == c) gathered.push_back(from[i]);
            const moments now = moments_of(gathered.begin(), gathered.end());
            next_mean.push_back(mean[c] * momentum + now.mean * (1 - momentum));
            next_variance.push_back(variance[c] * momentum + now.variance * (1 - momentum));
            mean[c] = now.mean;
            variance[c] = now.variance;
        }
    }
    reals made(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        const std::size_t c = i / cells % mean.size();
        made[i] = (from[i] - mean[c]) / std::sqrt(variance[c] + epsilon) * scale[c] + bias[c];
    }
    at.give(x.type, x.shape, std::move(made));
    if (trains) {
        at.give(at.in(3).type, {channels}, std::move(next_mean));
        at.give(at.in(4).type, {channels}, std::move(next_variance));
    }
}

void instance_normalization(call& at) {
    const array& x = at.in(0);
    const double epsilon = at.number("epsilon", static_cast<double>(1e-5F));
    at.expect(x.rank() >= 2, "an input {N, C, ...}", shape_text(x.shape));
    const reals& scale = per_channel(at, 1, x.shape[1]);
    const reals& bias = per_channel(at, 2, x.shape[1]);
    const whole cells = product_of(x.shape, 2, x.rank());
    reals made = at.real(0);
    std::size_t plane = 0;
    for (auto first = made.begin(); first != made.end(); first += cells, ++plane) {
        const moments now = moments_of(first, first + cells);
        const std::size_t c = plane % scale.size();
        for (auto one = first; one != first + cells; ++one)
            *one = (*one - now.mean) / std::sqrt(now.variance + epsilon) * scale[c] + bias[c];
    }
    at.give(x.type, x.shape, std::move(made));
}

void group_normalization(call& at) {
    const array& x = at.in(0);
    const double epsilon = at.number("epsilon", static_cast<double>(1e-5F));
    const whole groups = at.integer("num_groups");
    at.expect(x.rank() >= 2 && groups > 0 && x.shape[1] % groups == 0, "channels that groups share",
              shape_text(x.shape));
    const bool by_group = at.version() < 21;  // later a scale for each channel
    const reals& scale = per_channel(at, 1, by_group ? groups : x.shape[1]);
    const reals& bias = per_channel(at, 2, by_group ? groups : x.shape[1]);
    const whole cells = product_of(x.shape, 2, x.rank());
    const whole members = x.shape[1] / groups;
    reals made = at.real(0);
    whole group = 0;
    if (cells * members > 0)
        for (auto first = made.begin(); first != made.end(); first += cells * members, ++group) {
            const moments now = moments_of(first, first + cells * members);
            for (whole k = 0; k < cells * members; ++k) {
                const whole g = group % groups;
                const auto c = static_cast<std::size_t>(by_group ? g : g * members + k / cells);
                first[k] = (first[k] - now.mean) / std::sqrt(now.variance + epsilon) * scale[c] + bias[c];
            }
        }
    at.give(x.type, x.shape, std::move(made));
}

/// Scale (and bias) broadcast to the normalized axes.
array as_wide_as(const call& at, std::size_t index, const shape_type& normalized) {
    at.expect(broadcast(at, normalized, at.in(index).shape) == normalized,
              "a shape that broadcasts to " + shape_text(normalized), shape_text(at.in(index).shape));
    at.real(index);
    return expanded(at, at.in(index), normalized);
}

void layer_normalization(call& at) {
    const array& x = at.in(0);
    const double epsilon = at.number("epsilon", static_cast<double>(1e-5F));
    const std::size_t axis = at.axis(at.integer("axis", -1), x.rank());
    const shape_type normalized(x.shape.begin() + static_cast<std::ptrdiff_t>(axis), x.shape.end());
    const whole size = product_of(normalized, 0, normalized.size());
    const array scale = as_wide_as(at, 1, normalized);
    const array bias = at.has(2) ? as_wide_as(at, 2, normalized)
                                 : array(x.type, normalized, reals(static_cast<std::size_t>(size), 0.0));
    shape_type kept = x.shape;
    std::fill(kept.begin() + static_cast<std::ptrdiff_t>(axis), kept.end(), 1);
    reals made = at.real(0);
    reals means;
    reals inverses;
    if (size > 0)
        for (auto first = made.begin(); first != made.end(); first += size) {
            const moments now = moments_of(first, first + size);
            const double inverse = 1 / std::sqrt(now.variance + epsilon);
            means.push_back(now.mean);
            inverses.push_back(inverse);
            for (whole k = 0; k < size; ++k)
                first[k] = (first[k] - now.mean) * inverse * scale.as_reals()[static_cast<std::size_t>(k)] +
                           bias.as_reals()[static_cast<std::size_t>(k)];
        }
    at.give(x.type, x.shape, std::move(made));
    const element_type stash = at.type_of(at.integer("stash_type", 1));
    at.give(stash, kept, std::move(means));
    at.give(stash, kept, std::move(inverses));
}

void rms_normalization(call& at) {
    const array& x = at.in(0);
    const double epsilon = at.number("epsilon", static_cast<double>(1e-5F));
    const std::size_t axis = at.axis(at.integer("axis", -1), x.rank());
    const shape_type normalized(x.shape.begin() + static_cast<std::ptrdiff_t>(axis), x.shape.end());
    const whole size = product_of(normalized, 0, normalized.size());
    const array scale = as_wide_as(at, 1, normalized);
    reals made = at.real(0);
    if (size > 0)
        for (auto first = made.begin(); first != made.end(); first += size) {
            double squares = 0;
            for (whole k = 0; k < size; ++k) squares += first[k] * first[k];
            const double inverse = 1 / std::sqrt(squares / static_cast<double>(size) + epsilon);
            for (whole k = 0; k < size; ++k)
                first[k] *= inverse * scale.as_reals()[static_cast<std::size_t>(k)];
        }
    at.give(x.type, x.shape, std::move(made));
}

/// Calls `change(values along an axis)` for each row along it.
template <class Change>
void each_row(const call& at, std::size_t axis, reals& of, const Change& change) {
    const shape_type& shape = at.in(0).shape;
    const auto extent = static_cast<std::size_t>(shape[axis]);
    const auto inner = static_cast<std::size_t>(product_of(shape, axis + 1, shape.size()));
    reals row(extent);
    if (extent == 0) return;
    for (std::size_t start = 0; start < of.size(); start += extent * inner)
        for (std::size_t i = 0; i < inner; ++i) {
            for (std::size_t k = 0; k < extent; ++k) row[k] = of[start + k * inner + i];
            change(row);
            for (std::size_t k = 0; k < extent; ++k) of[start + k * inner + i] = row[k];
        }
}

void lp_normalization(call& at) {
    const whole power = at.integer("p", 2);
    at.expect(power == 1 || power == 2, "p 1 or 2", std::to_string(power));
    reals made = at.real(0);
    each_row(at, at.axis(at.integer("axis", -1), at.in(0).rank()), made, [&](reals& row) {
        double norm = 0;
        for (const double one : row) norm += power == 1 ? std::abs(one) : one * one;
        if (power == 2) norm = std::sqrt(norm);
        for (double& one : row) one = norm == 0 ? 0 : one / norm;
    });
    at.give(at.in(0).type, at.in(0).shape, std::move(made));
}

void local_response_normalization(call& at) {
    const array& x = at.in(0);
    const whole size = at.integer("size");
    const double alpha = at.number("alpha", static_cast<double>(1e-4F));
    const double beta = at.number("beta", 0.75);
    const double bias = at.number("bias", 1);
    at.expect(x.rank() >= 2 && size >= 1, "an input {N, C, ...} and a size",
              shape_text(x.shape) + ", size " + std::to_string(size));
    reals made = at.real(0);
    each_row(at, 1, made, [&](reals& row) {
        const reals from = row;
        const auto channels = static_cast<whole>(from.size());
        for (whole c = 0; c < channels; ++c) {
            double squares = 0;
            for (whole k = std::max<whole>(0, c - (size - 1) / 2); k <= std::min(channels - 1, c + size / 2);
                 ++k)
                squares += from[static_cast<std::size_t>(k)] * from[static_cast<std::size_t>(k)];
            row[static_cast<std::size_t>(c)] /=
                std::pow(bias + alpha / static_cast<double>(size) * squares, beta);
        }
    });
    at.give(x.type, x.shape, std::move(made));
}

void mean_variance_normalization(call& at) {
    const array& x = at.in(0);
    std::vector<bool> gone(x.rank());
    for (const whole axis : at.integers("axes", {0, 2, 3})) gone[at.axis(axis, x.rank())] = true;
    shape_type kept;
    shape_type inner;
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
        kept.push_back(gone[axis] ? 1 : x.shape[axis]);
        inner.push_back(gone[axis] ? x.shape[axis] : 1);
    }
    const shape_type strides = strides_of(x.shape);
    reals made = at.real(0);
    each_place<1>(kept, {strides}, [&](const auto& start) {
        reals gathered;
        each_place<1>(inner, {strides}, [&](const auto& place) {
            gathered.push_back(made[static_cast<std::size_t>(start[0] + place[0])]);
        });
        const moments now = moments_of(gathered.begin(), gathered.end());
        each_place<1>(inner, {strides}, [&](const auto& place) {
            double& one = made[static_cast<std::size_t>(start[0] + place[0])];
            one = (one - now.mean) / (std::sqrt(now.variance) + 1e-9);
        });
    });
    at.give(x.type, x.shape, std::move(made));
}

constexpr operation table[] = {
    {"", "Softmax", softmax<false>, 1, 1, 1, "axis"},
    {"", "LogSoftmax", softmax<true>, 1, 1, 1, "axis"},
    {"", "Hardmax", hardmax, 1, 1, 1, "axis"},
    {"", "BatchNormalization", batch_normalization, 5, 5, 5,
     "consumed_inputs epsilon is_test momentum spatial", 1, 8},
    {"", "BatchNormalization", batch_normalization, 5, 5, 5, "epsilon momentum", 9, 13},
    {"", "BatchNormalization", batch_normalization, 5, 5, 3, "epsilon momentum training_mode", 14},
    {"", "InstanceNormalization", instance_normalization, 3, 3, 1, "consumed_inputs epsilon"},
    {"", "GroupNormalization", group_normalization, 3, 3, 1, "epsilon num_groups stash_type", 18},
    {"", "LayerNormalization", layer_normalization, 2, 3, 3, "axis epsilon stash_type", 17},
    {"", "RMSNormalization", rms_normalization, 2, 2, 1, "axis epsilon stash_type", 23},
    {"", "LpNormalization", lp_normalization, 1, 1, 1, "axis p"},
    {"", "LRN", local_response_normalization, 1, 1, 1, "alpha beta bias size"},
    {"", "MeanVarianceNormalization", mean_variance_normalization, 1, 1, 1, "axes", 9},
};

}  // namespace

std::span<const operation> normalizing_operations() { return table; }

}  // namespace archetype::evaluate
