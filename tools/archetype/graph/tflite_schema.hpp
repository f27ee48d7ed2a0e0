// SPDX-License-Identifier: BSL-1.0
/// @file tflite_schema.hpp
/// Numbers of TensorFlow Lite's schema, version 3 (tensorflow/lite/schema/schema.fbs): operators, and the fields of their options
/// in the order of the schema.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace archetype::graph::detail {

enum class option_kind : std::uint8_t {
    int8,
    int32,
    number,
    boolean,
    text,
    integers,
    padding,
    activation,
    subgraph,
    unused
};

struct tflite_option {
    std::string_view name;
    option_kind kind;
    std::int32_t otherwise = 0;
};

struct tflite_operator {
    std::int32_t code;
    std::string_view name;
    std::span<const tflite_option> options;
};

using enum option_kind;
inline constexpr tflite_option conv_2d[] = {{"padding", padding},
                                            {"stride_w", int32},
                                            {"stride_h", int32},
                                            {"fused_activation_function", activation},
                                            {"dilation_w_factor", int32, 1},
                                            {"dilation_h_factor", int32, 1},
                                            {"quantized_bias_type", unused}};
inline constexpr tflite_option depthwise[] = {{"padding", padding},
                                              {"stride_w", int32},
                                              {"stride_h", int32},
                                              {"depth_multiplier", int32},
                                              {"fused_activation_function", activation},
                                              {"dilation_w_factor", int32, 1},
                                              {"dilation_h_factor", int32, 1}};
inline constexpr tflite_option pool_2d[] = {
    {"padding", padding},    {"stride_w", int32},      {"stride_h", int32},
    {"filter_width", int32}, {"filter_height", int32}, {"fused_activation_function", activation}};
inline constexpr tflite_option fully_connected[] = {{"fused_activation_function", activation},
                                                    {"weights_format", int8},
                                                    {"keep_num_dims", boolean},
                                                    {"asymmetric_quantize_inputs", boolean},
                                                    {"quantized_bias_type", unused}};
inline constexpr tflite_option softmax[] = {{"beta", number}};
inline constexpr tflite_option concatenation[] = {{"axis", int32}, {"fused_activation_function", activation}};
inline constexpr tflite_option arithmetic[] = {{"fused_activation_function", activation},
                                               {"pot_scale_int16", unused, 1}};
inline constexpr tflite_option activation_alone[] = {{"fused_activation_function", activation}};
inline constexpr tflite_option reshape[] = {{"new_shape", integers}};
inline constexpr tflite_option resize_bilinear[] = {
    {"new_height", int32}, {"new_width", int32}, {"align_corners", boolean}, {"half_pixel_centers", boolean}};
inline constexpr tflite_option resize_nearest[] = {{"align_corners", boolean},
                                                   {"half_pixel_centers", boolean}};
inline constexpr tflite_option lstm[] = {{"fused_activation_function", activation},
                                         {"cell_clip", number},
                                         {"proj_clip", number},
                                         {"time_major", boolean},
                                         {"asymmetric_quantize_inputs", boolean},
                                         {"diagonal_recurrent_tensors", boolean}};
inline constexpr tflite_option strided_slice[] = {{"begin_mask", int32},       {"end_mask", int32},
                                                  {"ellipsis_mask", int32},    {"new_axis_mask", int32},
                                                  {"shrink_axis_mask", int32}, {"offset", boolean}};
inline constexpr tflite_option reducer[] = {{"keep_dims", boolean}};
inline constexpr tflite_option squeeze[] = {{"squeeze_dims", integers}};
inline constexpr tflite_option pack[] = {{"values_count", int32}, {"axis", int32}};
inline constexpr tflite_option unpack[] = {{"num", int32}, {"axis", int32}};
inline constexpr tflite_option leaky_relu[] = {{"alpha", number}};
inline constexpr tflite_option call_once[] = {{"init_subgraph_index", subgraph}};
inline constexpr tflite_option var_handle[] = {{"container", text}, {"shared_name", text}};
inline constexpr tflite_option transpose_conv[] = {{"padding", padding},
                                                   {"stride_w", int32},
                                                   {"stride_h", int32},
                                                   {"fused_activation_function", activation},
                                                   {"quantized_bias_type", unused}};
inline constexpr tflite_option split[] = {{"num_splits", int32}};
inline constexpr tflite_option gather[] = {{"axis", int32}, {"batch_dims", int32}};
inline constexpr tflite_option mirror_pad[] = {{"mode", int8}};
inline constexpr tflite_option batch_matmul[] = {
    {"adj_x", boolean}, {"adj_y", boolean}, {"asymmetric_quantize_inputs", boolean}};
inline constexpr tflite_option cast[] = {{"in_data_type", unused}, {"out_data_type", unused}};
inline constexpr tflite_option shape[] = {{"out_type", int8}};
inline constexpr tflite_option block_size[] = {{"block_size", int32}};
inline constexpr tflite_option gelu[] = {{"approximate", boolean}};

inline constexpr tflite_operator tflite_operators[] = {
    {0, "ADD", arithmetic},
    {1, "AVERAGE_POOL_2D", pool_2d},
    {2, "CONCATENATION", concatenation},
    {3, "CONV_2D", conv_2d},
    {4, "DEPTHWISE_CONV_2D", depthwise},
    {5, "DEPTH_TO_SPACE", block_size},
    {6, "DEQUANTIZE", {}},
    {8, "FLOOR", {}},
    {9, "FULLY_CONNECTED", fully_connected},
    {14, "LOGISTIC", {}},
    {17, "MAX_POOL_2D", pool_2d},
    {18, "MUL", activation_alone},
    {19, "RELU", {}},
    {20, "RELU_N1_TO_1", {}},
    {21, "RELU6", {}},
    {22, "RESHAPE", reshape},
    {23, "RESIZE_BILINEAR", resize_bilinear},
    {25, "SOFTMAX", softmax},
    {26, "SPACE_TO_DEPTH", block_size},
    {28, "TANH", {}},
    {34, "PAD", {}},
    {36, "GATHER", gather},
    {39, "TRANSPOSE", {}},
    {40, "MEAN", reducer},
    {41, "SUB", arithmetic},
    {42, "DIV", activation_alone},
    {43, "SQUEEZE", squeeze},
    {44, "UNIDIRECTIONAL_SEQUENCE_LSTM", lstm},
    {45, "STRIDED_SLICE", strided_slice},
    {47, "EXP", {}},
    {49, "SPLIT", split},
    {50, "LOG_SOFTMAX", {}},
    {53, "CAST", cast},
    {54, "PRELU", {}},
    {55, "MAXIMUM", {}},
    {57, "MINIMUM", {}},
    {59, "NEG", {}},
    {60, "PADV2", {}},
    {65, "SLICE", {}},
    {66, "SIN", {}},
    {67, "TRANSPOSE_CONV", transpose_conv},
    {69, "TILE", {}},
    {70, "EXPAND_DIMS", {}},
    {73, "LOG", {}},
    {74, "SUM", reducer},
    {75, "SQRT", {}},
    {76, "RSQRT", {}},
    {77, "SHAPE", shape},
    {78, "POW", {}},
    {82, "REDUCE_MAX", reducer},
    {83, "PACK", pack},
    {88, "UNPACK", unpack},
    {89, "REDUCE_MIN", reducer},
    {92, "SQUARE", {}},
    {97, "RESIZE_NEAREST_NEIGHBOR", resize_nearest},
    {98, "LEAKY_RELU", leaky_relu},
    {99, "SQUARED_DIFFERENCE", {}},
    {100, "MIRROR_PAD", mirror_pad},
    {101, "ABS", {}},
    {102, "SPLIT_V", split},
    {104, "CEIL", {}},
    {108, "COS", {}},
    {111, "ELU", {}},
    {114, "QUANTIZE", {}},
    {116, "ROUND", {}},
    {117, "HARD_SWISH", {}},
    {126, "BATCH_MATMUL", batch_matmul},
    {129, "CALL_ONCE", call_once},
    {130, "BROADCAST_TO", {}},
    {142, "VAR_HANDLE", var_handle},
    {143, "READ_VARIABLE", {}},
    {144, "ASSIGN_VARIABLE", {}},
    {150, "GELU", gelu},
    {152, "RELU_0_TO_1", {}},
};

}  // namespace archetype::graph::detail
