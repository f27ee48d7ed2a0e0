// SPDX-License-Identifier: BSL-1.0
/// @file windows.hpp
/// Where the windows of convolutions and pooling lie.
#pragma once
#include "indexing.hpp"

#include <string>
#include <vector>

namespace archetype::evaluate {

/// Along each spatial axis.
struct windows {
    shape_type image, kernel, strides, dilations, before, after, results;

    std::size_t axes() const { return image.size(); }
    std::int64_t reach(std::size_t axis) const { return dilations[axis] * (kernel[axis] - 1) + 1; }
};

/// From the attributes strides, dilations, pads and auto_pad, for an image and a kernel. @throws file_error
windows windows_of(const call& at, shape_type image, shape_type kernel, bool ceil_mode = false);

/// An attribute with one number for each axis, all within what memory can have.
shape_type for_each_axis(const call& at, std::string_view name, std::size_t count, std::int64_t otherwise,
                         std::int64_t least);

/// x {N, C, ...} with w {M, C / groups, ...}: sums of products in double, {N, M, ...}.
reals convolved(call& at, const array& x, const array& w, const windows& over, std::int64_t groups);
reals convolved(call& at, const reals& x, const shape_type& x_shape, const reals& w,
                const shape_type& w_shape, const windows& over, std::int64_t groups);

/// The windows and the result's shape of a convolution of input `x` with the weights, checked. @throws file_error
struct convolution {
    windows over;
    std::int64_t groups = 1;
    shape_type result;
};
convolution convolution_of(const call& at, const shape_type& x, const shape_type& w);

/// The shape {N, C, ...} of the image's axes replaced by those of the results.
inline shape_type result_shape(std::int64_t samples, std::int64_t channels, const windows& over) {
    shape_type made{samples, channels};
    made.insert(made.end(), over.results.begin(), over.results.end());
    return made;
}

}  // namespace archetype::evaluate
