// SPDX-License-Identifier: BSL-1.0
// Sums, extremes and their like along axes.
#include "indexing.hpp"
#include "operators.hpp"

#include <cmath>
#include <limits>

namespace archetype::evaluate {

namespace {

/// Which axes go, and the shapes with and without them.
struct reduction {
    std::vector<bool> gone;
    shape_type kept, result, inner;  ///< extents 1 in place of what goes; the result's; those that go
    bool nothing = false;            ///< no axis at all: the input is the result
};

reduction reduction_of(const call& at, std::int64_t axes_as_input_since) {
    const shape_type& shape = at.in(0).shape;
    std::vector<std::int64_t> axes;
    if (at.version() >= axes_as_input_since) {
        if (at.has(1)) axes = at.whole(1);
    } else {
        axes = at.integers("axes");
    }
    reduction made;
    made.nothing = axes.empty() && at.integer("noop_with_empty_axes", 0) != 0;
    made.gone.assign(shape.size(), axes.empty() && !made.nothing);
    for (const std::int64_t one : axes) made.gone[at.axis(one, shape.size())] = true;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        made.kept.push_back(made.gone[axis] ? 1 : shape[axis]);
        made.inner.push_back(made.gone[axis] ? shape[axis] : 1);
        if (!made.gone[axis] || at.integer("keepdims", 1) != 0) made.result.push_back(made.kept.back());
    }
    return made;
}

/// Calls `reduce` with the elements that become one, for each result.
template <class Elements, class Reduce>
Elements reduced(const call& at, const Elements& from, const reduction& how, const Reduce& reduce) {
    const shape_type strides = strides_of(at.in(0).shape);
    Elements made;
    made.reserve(at.count(how.kept));
    Elements gathered;
    each_place<1>(how.kept, {strides}, [&](const auto& start) {
        gathered.clear();
        each_place<1>(how.inner, {strides}, [&](const auto& place) {
            gathered.push_back(from[static_cast<std::size_t>(start[0] + place[0])]);
        });
        made.push_back(reduce(gathered));
    });
    return made;
}

template <std::int64_t AxesAsInputSince, double (*Real)(const reals&),
          std::int64_t (*Whole)(const wholes&, element_type)>
void reduce(call& at) {
    const element_type type = at.in(0).type;
    at.expect(type != element_type::text, "numbers", "texts");
    const reduction how = reduction_of(at, AxesAsInputSince);
    if (how.nothing) {
        // Each element alone: a sum of squares is still one of squares.
        reduction alone = how;
        alone.inner.assign(how.inner.size(), 1);
        if (is_real(type)) return at.give(type, how.result, reduced(at, at.real(0), alone, Real));
        return at.give(type, how.result,
                       reduced(at, at.whole(0), alone, [&](const wholes& of) { return Whole(of, type); }));
    }
    if (is_real(type)) return at.give(type, how.result, reduced(at, at.real(0), how, Real));
    at.give(type, how.result,
            reduced(at, at.whole(0), how, [&](const wholes& of) { return Whole(of, type); }));
}

double sum_of(const reals& of) {
    double sum = 0;
    for (const double one : of) sum += one;
    return sum;
}
double absolute_sum(const reals& of) {
    double sum = 0;
    for (const double one : of) sum += std::abs(one);
    return sum;
}
double square_sum(const reals& of) {
    double sum = 0;
    for (const double one : of) sum += one * one;
    return sum;
}
double norm_of(const reals& of) { return std::sqrt(square_sum(of)); }
double log_sum(const reals& of) { return std::log(sum_of(of)); }
double greatest(const reals& of) {
    double most = -HUGE_VAL;
    for (const double one : of) most = std::isnan(most) || one <= most ? most : one;
    return most;
}
double least(const reals& of) {
    double most = HUGE_VAL;
    for (const double one : of) most = std::isnan(most) || one >= most ? most : one;
    return most;
}
double log_sum_exp(const reals& of) {
    const double most = greatest(of);
    if (std::isinf(most)) return most;
    double sum = 0;
    for (const double one : of) sum += std::exp(one - most);
    return most + std::log(sum);
}
double mean_of(const reals& of) { return sum_of(of) / static_cast<double>(of.size()); }
double product(const reals& of) {
    double made = 1;
    for (const double one : of) made *= one;
    return made;
}

/// The integer's part of a result of real numbers.
template <double (*Real)(const reals&)>
std::int64_t cut(const wholes& of, element_type type) {
    reals wide;
    for (const std::int64_t one : of) wide.push_back(to_double(one, type));
    const double made = Real(wide);
    return std::isnan(made) ? 0
           : made >= 0x1p63 ? INT64_MAX
           : made < -0x1p63 ? INT64_MIN
                            : static_cast<std::int64_t>(made);
}
std::int64_t whole_sum(const wholes& of, element_type) {
    std::uint64_t sum = 0;
    for (const std::int64_t one : of) sum += static_cast<std::uint64_t>(one);
    return static_cast<std::int64_t>(sum);
}
std::int64_t whole_absolute_sum(const wholes& of, element_type type) {
    std::uint64_t sum = 0;
    for (const std::int64_t one : of)
        sum += one < 0 && type != element_type::uint64 ? 0 - static_cast<std::uint64_t>(one)
                                                       : static_cast<std::uint64_t>(one);
    return static_cast<std::int64_t>(sum);
}
std::int64_t whole_square_sum(const wholes& of, element_type) {
    std::uint64_t sum = 0;
    for (const std::int64_t one : of)
        sum += static_cast<std::uint64_t>(one) * static_cast<std::uint64_t>(one);
    return static_cast<std::int64_t>(sum);
}
std::int64_t whole_product(const wholes& of, element_type) {
    std::uint64_t made = 1;
    for (const std::int64_t one : of) made *= static_cast<std::uint64_t>(one);
    return static_cast<std::int64_t>(made);
}
bool before(std::int64_t a, std::int64_t b, element_type type) {
    return type == element_type::uint64 ? static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b)
                                        : a < b;
}
std::int64_t whole_greatest(const wholes& of, element_type type) {
    std::int64_t made = least_of(type);
    for (const std::int64_t one : of) made = before(made, one, type) ? one : made;
    return made;
}
std::int64_t whole_least(const wholes& of, element_type type) {
    std::int64_t made = type == element_type::uint64 ? -1 : most_of(type);
    for (const std::int64_t one : of) made = before(one, made, type) ? one : made;
    return made;
}

template <bool Greatest>
void place_of_extreme(call& at) {
    const array& from = at.in(0);
    at.expect(from.type != element_type::text, "numbers", "texts");
    const std::size_t axis = at.axis(at.integer("axis", 0), from.rank());
    const bool last = at.integer("select_last_index", 0) != 0;
    const std::int64_t extent = from.shape[axis];
    at.expect(extent > 0, "an axis with elements", shape_text(from.shape));
    const std::int64_t inner = product_of(from.shape, axis + 1, from.rank());
    const std::int64_t outer = product_of(from.shape, 0, axis);
    wholes made;
    const auto search = [&](const auto& elements) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(elements)>, texts>)
            for (std::int64_t o = 0; o < outer; ++o)
                for (std::int64_t i = 0; i < inner; ++i) {
                    std::int64_t best = 0;
                    for (std::int64_t k = 1; k < extent; ++k) {
                        const auto here = elements[static_cast<std::size_t>((o * extent + k) * inner + i)];
                        const auto there =
                            elements[static_cast<std::size_t>((o * extent + best) * inner + i)];
                        const bool better = Greatest ? here > there : here < there;
                        if (better || (last && here == there)) best = k;
                    }
                    made.push_back(best);
                }
    };
    with_elements(from, search);
    shape_type shape = from.shape;
    if (at.integer("keepdims", 1) != 0)
        shape[axis] = 1;
    else
        shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
    at.give(element_type::int64, std::move(shape), std::move(made));
}

double plus(double a, double b) { return a + b; }
std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void cumulative_sum(call& at) {
    const array& from = at.in(0);
    const std::size_t axis = at.axis(at.one_whole(1), from.rank());
    const bool exclusive = at.integer("exclusive", 0) != 0;
    const bool reverse = at.integer("reverse", 0) != 0;
    const std::int64_t extent = from.shape[axis];
    const std::int64_t inner = product_of(from.shape, axis + 1, from.rank());
    at.give(with_elements(from, [&](auto elements) {
        using element = typename decltype(elements)::value_type;
        if constexpr (std::is_same_v<element, std::string>) {
            at.fail("numbers", "texts");
        } else {
            for (std::int64_t o = 0; o < product_of(from.shape, 0, axis); ++o)
                for (std::int64_t i = 0; i < inner; ++i) {
                    element sum{};
                    for (std::int64_t k = 0; k < extent; ++k) {
                        auto& place = elements[static_cast<std::size_t>(
                            (o * extent + (reverse ? extent - 1 - k : k)) * inner + i)];
                        const element one = place;
                        if (exclusive) place = sum;
                        sum = plus(sum, one);
                        if (!exclusive) place = sum;
                    }
                }
        }
        return array(from.type, from.shape, std::move(elements));
    }));
}

constexpr std::string_view old = "axes keepdims";
constexpr std::string_view recent = "keepdims noop_with_empty_axes";

constexpr operation table[] = {
    {"", "ReduceSum", reduce<13, sum_of, whole_sum>, 1, 1, 1, old, 1, 12},
    {"", "ReduceSum", reduce<13, sum_of, whole_sum>, 1, 2, 1, recent, 13},
    {"", "ReduceMean", reduce<18, mean_of, cut<mean_of>>, 1, 1, 1, old, 1, 17},
    {"", "ReduceMean", reduce<18, mean_of, cut<mean_of>>, 1, 2, 1, recent, 18},
    {"", "ReduceMax", reduce<18, greatest, whole_greatest>, 1, 1, 1, old, 1, 17},
    {"", "ReduceMax", reduce<18, greatest, whole_greatest>, 1, 2, 1, recent, 18},
    {"", "ReduceMin", reduce<18, least, whole_least>, 1, 1, 1, old, 1, 17},
    {"", "ReduceMin", reduce<18, least, whole_least>, 1, 2, 1, recent, 18},
    {"", "ReduceProd", reduce<18, product, whole_product>, 1, 1, 1, old, 1, 17},
    {"", "ReduceProd", reduce<18, product, whole_product>, 1, 2, 1, recent, 18},
    {"", "ReduceL1", reduce<18, absolute_sum, whole_absolute_sum>, 1, 1, 1, old, 1, 17},
    {"", "ReduceL1", reduce<18, absolute_sum, whole_absolute_sum>, 1, 2, 1, recent, 18},
    {"", "ReduceL2", reduce<18, norm_of, cut<norm_of>>, 1, 1, 1, old, 1, 17},
    {"", "ReduceL2", reduce<18, norm_of, cut<norm_of>>, 1, 2, 1, recent, 18},
    {"", "ReduceLogSum", reduce<18, log_sum, cut<log_sum>>, 1, 1, 1, old, 1, 17},
    {"", "ReduceLogSum", reduce<18, log_sum, cut<log_sum>>, 1, 2, 1, recent, 18},
    {"", "ReduceLogSumExp", reduce<18, log_sum_exp, cut<log_sum_exp>>, 1, 1, 1, old, 1, 17},
    {"", "ReduceLogSumExp", reduce<18, log_sum_exp, cut<log_sum_exp>>, 1, 2, 1, recent, 18},
    {"", "ReduceSumSquare", reduce<18, square_sum, whole_square_sum>, 1, 1, 1, old, 1, 17},
    {"", "ReduceSumSquare", reduce<18, square_sum, whole_square_sum>, 1, 2, 1, recent, 18},
    {"", "ArgMax", place_of_extreme<true>, 1, 1, 1, "axis keepdims select_last_index"},
    {"", "ArgMin", place_of_extreme<false>, 1, 1, 1, "axis keepdims select_last_index"},
    {"", "CumSum", cumulative_sum, 2, 2, 1, "exclusive reverse", 11},
};

}  // namespace

std::span<const operation> reducing_operations() { return table; }

}  // namespace archetype::evaluate
