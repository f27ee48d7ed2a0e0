// SPDX-License-Identifier: BSL-1.0
/// @file integer_rule.hpp
/// What keeps a layer or a network from having a form with integers.
#pragma once

namespace archetype {

/// Why a layer, or a network, has no form with integers; `ok` if it has one.
enum class integer_rule {
    ok,
    one_input_and_one_result,
    join_adds_one_value,
    pooling_takes_maxima_or_averages,
    pooling_fits_32_bits,
    padding_is_zeros,
    resizing_is_not_cubic,
    recurrence_starts_from_zeros,
    recurrence_is_an_lstm_or_gru,
    products_fit_the_sum,
    classes_fit_the_sum,
    attention_is_plain,
    normalization_is_over_channels,
    volumes_have_no_integer_form,
    no_such_layer_with_16_bits,
    activations_have_8_or_16_bits,
    no_such_layer,
};

}  // namespace archetype
