// SPDX-License-Identifier: BSL-1.0
/// @file dlib_networks.hpp
/// The networks that are compared, for dlib.
#pragma once
#include "contender.hpp"

#include <dlib/dnn.h>

namespace peers {

using image = dlib::matrix<float>;
template <long Filters, class Below>
using convolution = dlib::add_layer<dlib::con_<Filters, 5, 5, 1, 1, 0, 0>, Below>;
template <long Filters, class Below>
using stage = dlib::avg_pool<2, 2, 2, 2, dlib::htan<convolution<Filters, Below>>>;
using lenet5_features =
    dlib::htan<dlib::fc<84, dlib::htan<dlib::fc<120, stage<16, stage<6, dlib::input<image>>>>>>>;
/// Scores before softmax, which is part of the loss.
using lenet5 = dlib::loss_multiclass_log<dlib::fc<10, lenet5_features>>;
using lenet5_forward = dlib::softmax<dlib::fc<10, lenet5_features>>;
using mlp = dlib::loss_multiclass_log<dlib::fc<10, dlib::relu<dlib::fc<512, dlib::input<image>>>>>;

inline image to_image(const std::vector<float>& pixels) {
    const long side = long(std::lround(std::sqrt(double(pixels.size()))));
    return dlib::mat(pixels.data(), side, side);
}

}  // namespace peers
