// SPDX-License-Identifier: BSL-1.0
/// @file rule.hpp
/// The rules that an architecture must obey, and the sentence for each.
#pragma once
#include <archetype/architecture/text_view.hpp>

namespace archetype {

/// What is wrong with a layer where it stands; `ok` if nothing is.
enum class rule {
    ok,
    // the input's shape
    rank_mismatch,
    takes_an_image,
    takes_a_volume,
    takes_no_volume,
    volume_repeats_partly,
    takes_a_sequence,
    takes_class_numbers,
    takes_one_class_each_step,
    takes_one_length,
    flatten_is_missing,
    kernel_exceeds_padded_input,
    input_channels_are_not_divisible_by_groups,
    channels_are_not_divisible_by_pieces,
    channels_have_no_halves,
    channels_are_not_divisible_by_heads,
    heads_are_not_divisible_by_key_value_heads,
    rotary_head_is_odd,
    base_of_positions_is_too_small,
    softcap_is_not_positive,
    cubic_slope_is_out_of_range,
    more_steps_than_positions,
    mask_does_not_fit,
    stride_leaves_a_remainder,
    reshape_changes_the_size,
    time_axis_is_missing,
    nothing_is_left,
    weights_do_not_repeat,
    slice_exceeds_the_axis,
    axis_does_not_exist,
    axis_is_not_divisible_by_parts,
    table_has_other_channels,
    padding_exceeds_the_input,
    extents_are_not_divisible_by_the_factor,
    axes_do_not_exist,
    states_do_not_fit,
    states_of_one_sequence,
    // the layer's own arguments
    extent_is_zero,
    filters_are_not_divisible_by_groups,
    padding_reaches_the_kernel,
    window_holds_padding_alone,
    scale_is_out_of_range,
    rate_is_out_of_range,
    dropout_rate_is_out_of_range,
    penalty_is_negative,
    winograd_tile_is_not_2_or_4,
    winograd_needs_another_window,
    epsilon_is_not_positive,
    momentum_is_out_of_range,
    padding_index_exceeds_the_vocabulary,
    response_norm_is_out_of_range,
    activation_number_is_out_of_range,
    unknown_option,
    repeated_option,
    option_has_other_axes,
    padding_contradicts_same,
    ceil_mode_contradicts_same,
    ceil_mode_contradicts_exact,
    same_contradicts_exact,
    two_biases_contradict_no_bias,
    peepholes_contradict_diagonal,
    layer_norm_inside_does_not_fit,
    blocks_are_of_a_reversed_layer,
    axes_are_no_permutation,
    one_slope_contradicts_slope_per_element,
    not_an_activation,
    not_an_expression,
    causal_contradicts_padding,
    output_padding_reaches_the_stride,
    sequence_has_two_ends,
    states_of_a_recurrent_layer,
    first_state_is_given_twice,
    not_a_layer,
    // the network
    input_is_missing,
    input_is_never_read,
    network_in_a_network,
    joined_shapes_differ,
    join_takes_two,
    point_does_not_exist,
    result_is_never_read,
    shared_parameters_differ,
    part_does_not_exist,
    // a stream
    stream_takes_a_sequence,
    stream_sees_no_future,
    stream_has_no_end,
    stream_joins_at_one_time,
    stream_rows_come_regularly,
    block_leaves_a_remainder,
    // training with a loss
    nothing_to_train,
    softmax_over_one_value,
    norm_over_one_value,
    penalty_on_a_device,
    rounding_on_a_device,
    one_class,
    softmax_before_the_loss,
    scores_have_bounds,
    scores_are_cut,
    output_without_a_loss,
    loss_without_an_output,
};

namespace detail {
/// Whether the rule is about the shapes that come in, so that the layer "cannot take" them.
constexpr bool concerns_input(rule broken) {
    return (broken >= rule::rank_mismatch && broken <= rule::states_do_not_fit) ||
           broken == rule::joined_shapes_differ || broken == rule::output_padding_reaches_the_stride ||
           broken == rule::stream_takes_a_sequence;
}
}  // namespace detail

/// The rule in words.
constexpr text_view sentence(rule broken) {
    switch (broken) {
        case rule::ok:
            return "the layer fits";
        case rule::rank_mismatch:
            return "the layer takes an input of another rank";
        case rule::takes_an_image:
            return "the layer takes an image {height, width, channels}";
        case rule::takes_a_volume:
            return "the layer takes a volume {depth, height, width, channels}";
        case rule::takes_no_volume:
            return "the layer takes no volume along this axis; reshape<depth * height, width, channels> "
                   "makes an "
                   "image of it without moving anything";
        case rule::volume_repeats_partly:
            return "what is joined with a volume repeats over its depth and its height together, or over "
                   "neither";
        case rule::takes_a_sequence:
            return "the layer takes a sequence {time, features}";
        case rule::takes_class_numbers:
            return "an embedding takes one class number for each step: input<40>, not input<40, 1>";
        case rule::takes_one_class_each_step:
            return "an embedding with the option per_step takes a sequence with one feature: input<40, 1>";
        case rule::takes_one_length:
            return "a sequence_mask takes the length of the sequence: input<1>";
        case rule::flatten_is_missing:
            return "a dense layer takes a vector: put flatten or a global pooling before it, or give it the "
                   "option "
                   "last_axis to apply it to each pixel";
        case rule::kernel_exceeds_padded_input:
            return "the (dilated) kernel is larger than the padded input";
        case rule::input_channels_are_not_divisible_by_groups:
            return "the number of input channels is not divisible by the number of groups";
        case rule::channels_are_not_divisible_by_pieces:
            return "the number of input channels is not divisible by the number of pieces";
        case rule::channels_have_no_halves:
            return "the number of input channels of a gate is even: one half of them gates the other";
        case rule::channels_are_not_divisible_by_heads:
            return "the number of channels is not divisible by the number of heads (of queries, keys and "
                   "values together)";
        case rule::heads_are_not_divisible_by_key_value_heads:
            return "the number of heads is not divisible by the number of key and value heads";
        case rule::rotary_head_is_odd:
            return "rotary positions turn pairs: heads have an even number of channels";
        case rule::base_of_positions_is_too_small:
            return "the base of rotary and of sinusoidal positions is above 1";
        case rule::cubic_slope_is_out_of_range:
            return "the slope of a bicubic interpolation is below 0 and not below -2";
        case rule::softcap_is_not_positive:
            return "the bound of an attention's scores is above 0";
        case rule::more_steps_than_positions:
            return "the sequence has more steps than the layer has positions";
        case rule::mask_does_not_fit:
            return "a padding mask has one number for each step of the sequence, of attention of the keys: "
                   "{T} or {T, 1}";
        case rule::stride_leaves_a_remainder:
            return "the layer says exact, but (input + padding - kernel) is not divisible by the stride";
        case rule::reshape_changes_the_size:
            return "reshape must keep the number of elements";
        case rule::time_axis_is_missing:
            return "a recurrent layer takes a sequence {time, features}: the layer before it may lack "
                   "return_sequences";
        case rule::nothing_is_left:
            return "the padding, cropping or slice takes away the whole result";
        case rule::weights_do_not_repeat:
            return "the weights must have the extents of the input, or 1 where they repeat";
        case rule::slice_exceeds_the_axis:
            return "the slice begins or ends outside of the axis";
        case rule::axis_does_not_exist:
            return "the input has no such axis: 1 is the first of a sample, -1 the last";
        case rule::axis_is_not_divisible_by_parts:
            return "the axis is not divisible by the number of parts";
        case rule::axes_are_no_permutation:
            return "permute names each axis once, from 1 on";
        case rule::table_has_other_channels:
            return "the connection table is for another number of input channels";
        case rule::padding_exceeds_the_input:
            return "a reflection pads fewer cells than there are, a circular padding at most as many";
        case rule::extents_are_not_divisible_by_the_factor:
            return "height and width must be divisible by the factor";
        case rule::axes_do_not_exist:
            return "the axes of a layer_norm are those of its input, each once: 1 is the first of a sample, "
                   "-1 the last";
        case rule::states_of_one_sequence:
            return "with_states is for a layer with one sequence, without time_axis, in_blocks and "
                   "padding_mask";
        case rule::states_do_not_fit:
            return "a recurrent layer has one vector {units} for each of its states: h, then an LSTM's l";
        case rule::extent_is_zero:
            return "sizes, strides, dilations, groups and counts of filters start at 1";
        case rule::filters_are_not_divisible_by_groups:
            return "the number of filters is not divisible by the number of groups";
        case rule::padding_reaches_the_kernel:
            return "the padding of a pooling must be smaller than its window, or a window could hold nothing "
                   "else";
        case rule::window_holds_padding_alone:
            return "a window of the pooling steps over the whole input with its dilation and holds nothing "
                   "but "
                   "padding";
        case rule::scale_is_out_of_range:
            return "the factors of a resizing are above 0 and below a million";
        case rule::rate_is_out_of_range:
            return "a number of the layer lies outside its range";
        case rule::dropout_rate_is_out_of_range:
            return "the rate of a dropout is at least 0 and below 1";
        case rule::penalty_is_negative:
            return "the factors of l1 and l2 are at least 0";
        case rule::winograd_tile_is_not_2_or_4:
            return "Winograd's filtering computes tiles of 2 x 2 or 4 x 4 results: winograd<2> or "
                   "winograd<4>";
        case rule::winograd_needs_another_window:
            return "Winograd's filtering is for kernels of 3 x 3 with stride 1, dilation 1 and one group";
        case rule::epsilon_is_not_positive:
            return "the epsilon of a normalization is above 0";
        case rule::momentum_is_out_of_range:
            return "the momentum of a batch_norm is at least 0 and at most 1";
        case rule::padding_index_exceeds_the_vocabulary:
            return "the padding_index of an embedding is below the size of its vocabulary";
        case rule::activation_number_is_out_of_range:
            return "alpha is above 0 in celu and not 0 in snake, lambda of a shrink is at least 0, low is "
                   "below high "
                   "in hard_tanh";
        case rule::response_norm_is_out_of_range:
            return "a local_response_norm has alpha and beta of at least 0 and k above 0";
        case rule::unknown_option:
            return "the layer does not know one of its options";
        case rule::repeated_option:
            return "an option is given twice";
        case rule::option_has_other_axes:
            return "a stride, dilation or padding has one number for all axes, or one for each: two of an "
                   "image, three of a volume";
        case rule::padding_contradicts_same:
            return "padding and same exclude each other";
        case rule::ceil_mode_contradicts_same:
            return "ceil_mode and same exclude each other";
        case rule::ceil_mode_contradicts_exact:
            return "ceil_mode and exact exclude each other";
        case rule::same_contradicts_exact:
            return "same and exact exclude each other: same always fits";
        case rule::two_biases_contradict_no_bias:
            return "two_biases and no_bias exclude each other";
        case rule::blocks_are_of_a_reversed_layer:
            return "in_blocks is for a layer with reversed and return_sequences, without time_axis, "
                   "padding_mask, masked "
                   "and stateful";
        case rule::layer_norm_inside_does_not_fit:
            return "layer_norm_inside is for a simple_rnn, an LSTM without peepholes (as a cell: "
                   "lstm_cell<..., peephole::normalized>) and a GRU with reset_after, and epsilon and that "
                   "cell are for it alone";
        case rule::peepholes_contradict_diagonal:
            return "peepholes and diagonal_peepholes exclude each other";
        case rule::one_slope_contradicts_slope_per_element:
            return "one_slope and slope_per_element exclude each other";
        case rule::not_an_activation:
            return "cell_activation and recurrent_activation take a pointwise layer, as in "
                   "recurrent_activation<hard_sigmoid<>>";
        case rule::not_an_expression:
            return "an activation takes an expression or a generic lambda of one argument, [](auto x) { "
                   "return x * sigmoid(x); }";
        case rule::causal_contradicts_padding:
            return "causal excludes padding, same and look_ahead: it is a padding of its own";
        case rule::output_padding_reaches_the_stride:
            return "output_padding must be smaller than the stride or the dilation: (input - 1) S - P + D (F "
                   "- 1) + 1 and up "
                   "to max(S, D) - 1 more are reachable; with same, what a same convolution gives the input "
                   "of";
        case rule::sequence_has_two_ends:
            return "the padding of a sequence is padding<both> or padding<before, after>";
        case rule::states_of_a_recurrent_layer:
            return "with_states takes a recurrent layer, then initial_states, final_states or both";
        case rule::first_state_is_given_twice:
            return "initial_states exclude stateful, given_initial_state and trainable_initial_state";
        case rule::not_a_layer:
            return "this type is not a layer";
        case rule::input_is_missing:
            return "a network begins with its input, as in network<input<28, 28, 1>, ...>";
        case rule::input_is_never_read:
            return "nothing reads this input of the network: merge it, go on from it, or leave it out";
        case rule::network_in_a_network:
            return "a network is no part of another: write its layers as a sequence, without the input";
        case rule::joined_shapes_differ:
            return "branches that are joined must have the same shape, or 1 where an extent repeats "
                   "(concatenate: but "
                   "for the channels)";
        case rule::join_takes_two:
            return "subtract and divide join two results";
        case rule::point_does_not_exist:
            return "no point, named input or side of this name stands before";
        case rule::result_is_never_read:
            return "nothing reads the result of this layer: mark it with point and merge it, or make it an "
                   "output";
        case rule::shared_parameters_differ:
            return "what shares parameters by this name before has others: the same layers, for inputs of "
                   "the same channels, all of them frozen or none";
        case rule::part_does_not_exist:
            return "the network has no part of this name";
        case rule::stream_takes_a_sequence:
            return "a stream takes one sequence {time, features} or {time, features, channels}, or single "
                   "vectors";
        case rule::stream_sees_no_future:
            return "the layer reads later time steps, which a stream does not have: reversed, or padding "
                   "after the end (same instead of causal) without look_ahead";
        case rule::stream_has_no_end:
            return "the layer makes one result of a whole sequence, or mixes time steps, and a stream has no "
                   "end: "
                   "return_sequences may be missing";
        case rule::stream_joins_at_one_time:
            return "the branches of this join have different numbers of rows for a time step, so that "
                   "waiting does not bring them together";
        case rule::stream_rows_come_regularly:
            return "the stride of this layer neither divides the rows that come to it at once nor is a "
                   "multiple of them";
        case rule::block_leaves_a_remainder:
            return "the block of a stream must be 1 or a multiple of all strides before the layer, taken "
                   "together";
        case rule::nothing_to_train:
            return "the network has no parameters that training could change";
        case rule::softmax_over_one_value:
            return "a softmax over one value is always 1: give it a unit for each class, or end with one "
                   "unit and train with binary_cross_entropy";
        case rule::norm_over_one_value:
            return "a normalization over one value gives its beta, whatever comes in";
        case rule::penalty_on_a_device:
            return "embedded_trainer adds no penalties: leave l1 and l2 out, or take an optimizer with "
                   "weight_decay";
        case rule::rounding_on_a_device:
            return "embedded_trainer does not round as quantization-aware training does: train such a "
                   "network with trainer, on a host";
        case rule::one_class:
            return "the loss takes a score for each class and there is one: two units, or "
                   "binary_cross_entropy";
        case rule::softmax_before_the_loss:
            return "the loss takes scores and does the softmax itself: a softmax may be the last layer "
                   "(training leaves it out) but stand nowhere before";
        case rule::scores_have_bounds:
            return "the loss takes scores of any size and these have bounds, so that it cannot become small: "
                   "leave this activation out";
        case rule::scores_are_cut:
            return "the loss takes scores of any size and this activation makes negative ones equal, so that "
                   "their gradient is 0: leave it out";
        case rule::output_without_a_loss:
            return "this output has no loss and would stay untrained: losses{...} takes one for each output, "
                   "no_loss{} among them";
        case rule::loss_without_an_output:
            return "there are more losses than outputs";
    }
    return "";
}

}  // namespace archetype
