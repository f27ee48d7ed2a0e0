// SPDX-License-Identifier: BSL-1.0
/// @file tensors.hpp
/// Between xtensor and the layouts of kernels.
#pragma once
#include <archetype/architecture/path.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/kernels/images/image.hpp>

#include <array>
#include <string>
#include <type_traits>
#include <utility>
#if __has_include(<xtensor/containers/xadapt.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xadapt.hpp>
#else
#include <xtensor/xadapt.hpp>
#endif
#if __has_include(<xtensor/containers/xfixed.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xfixed.hpp>
#else
#include <xtensor/xfixed.hpp>
#endif
#if __has_include(<xtensor/core/xnoalias.hpp>)  // since xtensor 0.26
#include <xtensor/core/xnoalias.hpp>
#else
#include <xtensor/xnoalias.hpp>
#endif
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif
#if __has_include(<xtensor/views/xview.hpp>)  // since xtensor 0.26
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xview.hpp>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A tensor given at run time does not have the shape that the network takes.
class shape_error : public detail::thrown<std::invalid_argument> {
public:
    using detail::thrown<std::invalid_argument>::thrown;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string to_text(const shape& extents) {
    std::string text = "(";
    for (std::size_t axis = 0; axis < extents.rank; ++axis)
        text += (axis == 0 ? "" : ", ") + std::to_string(extents[axis]);
    return text + ")";
}
template <class E>
std::string shape_text(const E& tensor) {
    std::string text = "(";
    for (std::size_t axis = 0; axis < tensor.dimension(); ++axis)
        text += (axis == 0 ? "" : ", ") + std::to_string(tensor.shape()[axis]);
    return text + ")";
}

/// "expected <which> of shape (3) or, for a batch, (n, 3), found (2)".
template <class E>
std::string expected_samples(const std::string& which, const shape& wanted, const E& found) {
    const std::string one = to_text(wanted);
    return "expected " + which + " of shape " + one + " or, for a batch, (n, " + one.substr(1) + ", found " +
           shape_text(found);
}

/// "conv1 (conv2d)": the path and kind of a layer, for messages.
template <class Net>
std::string layer_label(std::size_t node) {
    constexpr const auto& facts = unchecked_facts<Net>;
    text_length measured;
    append_path(measured, facts, facts.nodes[node].scope);
    std::string path(measured.size, ' ');
    text_writer writer{path.data()};
    append_path(writer, facts, facts.nodes[node].scope);
    return path + " (" + std::string(facts.nodes[node].kind) + ")";
}

/// Axes of an expression, from the type of its shape (xt::get_rank does not know views and functions), or -1.
template <class Shape>
inline constexpr std::size_t rank_of_shape = static_cast<std::size_t>(-1);
template <class Size, std::size_t Rank>
inline constexpr std::size_t rank_of_shape<std::array<Size, Rank>> = Rank;
template <std::size_t... Extents>
inline constexpr std::size_t rank_of_shape<xt::fixed_shape<Extents...>> = sizeof...(Extents);
template <class E>
inline constexpr std::size_t rank_of = rank_of_shape<std::remove_cvref_t<typename E::shape_type>>;

template <class E>
bool has_shape_from(const E& tensor, const shape& wanted, std::size_t first) {
    if (tensor.dimension() != wanted.rank + first) return false;
    for (std::size_t axis = 0; axis < wanted.rank; ++axis)
        if (static_cast<std::size_t>(tensor.shape()[axis + first]) != wanted[axis]) return false;
    return true;
}
template <class E>
bool has_shape(const E& tensor, const shape& wanted) {
    return has_shape_from(tensor, wanted, 0);
}
template <class E>
bool has_batch_shape(const E& tensor, const shape& wanted) {
    return has_shape_from(tensor, wanted, 1);
}

template <shape S>
constexpr std::array<std::size_t, S.rank> extents_of() {
    std::array<std::size_t, S.rank> extents{};
    for (std::size_t axis = 0; axis < S.rank; ++axis) extents[axis] = S[axis];
    return extents;
}
template <shape S>
constexpr std::array<std::size_t, S.rank + 1> batch_extents(std::size_t count) {
    std::array<std::size_t, S.rank + 1> extents{count};
    for (std::size_t axis = 0; axis < S.rank; ++axis) extents[axis + 1] = S[axis];
    return extents;
}

/// A tensor of shape `S`: on the stack up to 16 KiB, else on the heap.
template <shape S, class T>
struct result_tensor_of {
    template <std::size_t... Axis>
    static auto fixed(std::index_sequence<Axis...>) -> xt::xtensor_fixed<T, xt::xshape<S[Axis]...>>;
    using type =
        std::conditional_t<(S.size() * sizeof(T) <= 16384),
                           decltype(fixed(std::make_index_sequence<S.rank>{})), xt::xtensor<T, S.rank>>;
};
template <shape S, class T>
using result_tensor = typename result_tensor_of<S, T>::type;

template <class Tensor>
Tensor make_result(const shape& extents) {
    Tensor made;
    if constexpr (requires { made.resize(std::array<std::size_t, Tensor::rank>{}); }) {
        std::array<std::size_t, Tensor::rank> sizes{};
        for (std::size_t axis = 0; axis < sizes.size(); ++axis) sizes[axis] = extents[axis];
        made.resize(sizes);
    }
    return made;
}

/// The elements of a row-major container of `T`, or null if the expression is something else.
template <class T, class E>
const T* contiguous_data(const E& tensor) {
    if constexpr (requires {
                      { tensor.data() } -> std::convertible_to<const T*>;
                      tensor.data_offset();
                  }) {
        if constexpr (E::static_layout == xt::layout_type::row_major)
            return tensor.data() + tensor.data_offset();
    }
    return nullptr;
}

/// Evaluates an expression of shape (count, `S`...) straight into samples that lie as `Image` says.
template <shape S, kernels::image Image, class T, class E>
void assign_samples(T* to, std::size_t count, const E& samples) {
    std::array<std::ptrdiff_t, S.rank + 1> strides{static_cast<std::ptrdiff_t>(Image.sample_stride)};
    constexpr std::size_t steps[] = {Image.row_stride, Image.pixel_stride, 1};
    for (std::size_t axis = 0; axis < S.rank; ++axis)
        strides[axis + 1] = static_cast<std::ptrdiff_t>(steps[3 - S.rank + axis]);
    auto placed = xt::adapt(to + Image.offset, count * Image.sample_stride - Image.offset, xt::no_ownership(),
                            batch_extents<S>(count), strides);
    xt::noalias(placed) = samples;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
