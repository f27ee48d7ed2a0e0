// SPDX-License-Identifier: BSL-1.0
/// @file losses.hpp
/// What training makes small. A loss is a mean over the samples of a batch.
#pragma once
#include <archetype/execution/training_pass.hpp>
#include <archetype/expression/losses.hpp>
#include <archetype/kernels/softmax_cross_entropy.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace archetype {

/// -log of the probability of the right class, taken from the scores before softmax (stable for any size of score): a
/// softmax that ends the network is left out in training. Targets are class numbers, or a probability for each class.
/// For an image or a sequence of scores, the mean is over pixels too.
struct cross_entropy {
    static constexpr bool from_logits = true;
};

/// A loss of one expression of (prediction, target), averaged over the elements of the result:
/// `at::pointwise_loss<[](auto prediction, auto target) { return abs(prediction - target); }>`, or a named one,
/// `at::pointwise_loss<at::expression::losses::huber<>>`. Targets have the shape of the result.
template <auto Expression>
struct pointwise_loss {
    static constexpr bool from_logits = false;
    static constexpr auto expression = expression::detail::traced<2>(Expression);
};

/// (prediction - target)^2, averaged over the elements of the result.
using mean_squared_error = pointwise_loss<expression::losses::mean_squared_error>;

namespace detail {

/// 1 if a loss takes the softmax over that the network ends with, 0 otherwise.
template <class Net, class Loss>
inline constexpr std::size_t skipped_steps = [] {
    const std::size_t end = unchecked_facts<Net>.outputs[0].node;
    return Loss::from_logits && end != none && unchecked_facts<Net>.nodes[end].kind == "softmax"
               ? std::size_t{1}
               : std::size_t{0};
}();

/// @throws std::invalid_argument if a label is none of `classes`
template <class Labels>
void check_class_numbers(const Labels& labels, std::size_t classes, const char* who) {
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (const std::int64_t label = labels.data()[i];
            label < 0 || static_cast<std::uint64_t>(label) >= classes)
            throw std::invalid_argument(std::string(who) + ": expected labels from 0 to " +
                                        std::to_string(classes - 1) + ", found " + std::to_string(label) +
                                        " at position " + std::to_string(i));
}

/// Sum of the samples' losses; writes the gradient of their mean over `batch` samples to `gradient` unless it is null.
/// `losses` has room for one number per pixel.
template <class Net, class T, class Target>
double loss_of(cross_entropy, const T* scores, const Target* targets, T* gradient, T* losses,
               std::size_t batch) {
    constexpr kernels::image rows = image_of(value{}, unchecked_facts<Net>.output);
    constexpr std::size_t pixels = rows.height * rows.width;
    const T scale = T(1) / static_cast<T>(batch * pixels);
    if constexpr (std::is_integral_v<Target>)
        kernels::softmax_cross_entropy<rows, rows>(scores, targets, losses, gradient, scale, {0, batch});
    else
        kernels::softmax_cross_entropy_rows<rows, rows, rows>(scores, targets, losses, gradient, scale,
                                                              {0, batch});
    double sum = 0;
    for (std::size_t i = 0; i < batch * pixels; ++i) sum += static_cast<double>(losses[i]);
    return sum / pixels;
}
template <class Net, class T, auto Expression>
double loss_of(pointwise_loss<Expression>, const T* predictions, const T* targets, T* gradient, T*,
               std::size_t batch) {
    constexpr std::size_t size = unchecked_facts<Net>.output.size(), width = kernels::lane_count<T>;
    const auto scale = kernels::broadcast(T(1) / static_cast<T>(batch * size));
    double sum = 0;
    for (std::size_t i = 0; i < batch * size; i += width) {
        const std::size_t some = batch * size - i < width ? batch * size - i : width;
        const auto made = expression::differentiate(pointwise_loss<Expression>::expression, scale,
                                                    kernels::load(predictions + i),
                                                    kernels::load_partial(targets + i, some));
        T values[width];
        kernels::store(values, made.value);
        for (std::size_t k = 0; k < some; ++k) sum += static_cast<double>(values[k]);
        if (gradient != nullptr) kernels::store_partial(gradient + i, made.gradient[0], some);
    }
    return sum / size;
}

}  // namespace detail
}  // namespace archetype
