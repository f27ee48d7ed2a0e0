// SPDX-License-Identifier: BSL-1.0
// The layers of MLPerf Tiny's networks by CMSIS-NN (mlperf_tiny.py --cmsis-nn): each is counted on its own, as its best function for
// such a layer is called by TensorFlow Lite Micro. Weights are made up: counts do not depend on them.
#include "board.hpp"

#include <arm_nnfunctions.h>
#include <cstddef>
#include <span>

namespace {

enum class kind { convolution, depthwise, dense, sum, mean, softmax };
struct layer {
    kind what;
    std::int32_t height, width, channels;             // of what it reads
    std::int32_t filters = 0, rows = 1, columns = 1;  // a kernel, or a window
    std::int32_t stride = 1;
    bool same = true;
    std::int32_t held = 0;  // bytes that wait meanwhile
    std::int32_t out_height() const {
        return what == kind::mean ? 1 : same ? (height + stride - 1) / stride : (height - rows) / stride + 1;
    }
    std::int32_t out_width() const {
        return what == kind::mean ? 1 : same ? (width + stride - 1) / stride : (width - columns) / stride + 1;
    }
    static std::int32_t padding(std::int32_t in, std::int32_t out, std::int32_t kernel, std::int32_t step) {
        const std::int32_t needed = (out - 1) * step + kernel - in;
        return needed > 0 ? needed / 2 : 0;
    }
    std::int32_t in_bytes() const { return height * width * channels; }
    std::int32_t out_bytes() const {
        return out_height() * out_width() *
               (what == kind::convolution || what == kind::dense ? filters : channels);
    }
    std::int64_t products() const {
        const std::int64_t window = std::int64_t{out_height()} * out_width() * rows * columns * channels;
        return what == kind::convolution || what == kind::dense ? window * filters
               : what == kind::depthwise                        ? window
                                                                : 0;
    }
};
constexpr kind conv = kind::convolution, depthwise = kind::depthwise, dense = kind::dense;

constexpr layer keywords[] = {{conv, 49, 10, 1, 64, 10, 4, 2}, {depthwise, 25, 5, 64, 64, 3, 3},
                              {conv, 25, 5, 64, 64},           {depthwise, 25, 5, 64, 64, 3, 3},
                              {conv, 25, 5, 64, 64},           {depthwise, 25, 5, 64, 64, 3, 3},
                              {conv, 25, 5, 64, 64},           {depthwise, 25, 5, 64, 64, 3, 3},
                              {conv, 25, 5, 64, 64},           {kind::mean, 25, 5, 64, 64, 25, 5},
                              {dense, 1, 1, 64, 12},           {kind::softmax, 1, 1, 12}};
constexpr std::int32_t large = 32 * 32 * 16, middle = 16 * 16 * 32, small = 8 * 8 * 64;
constexpr layer residual[] = {{conv, 32, 32, 3, 16, 3, 3},
                              {conv, 32, 32, 16, 16, 3, 3},
                              {conv, 32, 32, 16, 16, 3, 3, 1, true, large},
                              {kind::sum, 32, 32, 16},
                              {conv, 32, 32, 16, 32, 3, 3, 2},
                              {conv, 16, 16, 32, 32, 3, 3, 1, true, large},
                              {conv, 32, 32, 16, 32, 1, 1, 2, true, middle},
                              {kind::sum, 16, 16, 32},
                              {conv, 16, 16, 32, 64, 3, 3, 2},
                              {conv, 8, 8, 64, 64, 3, 3, 1, true, middle},
                              {conv, 16, 16, 32, 64, 1, 1, 2, true, small},
                              {kind::sum, 8, 8, 64},
                              {kind::mean, 8, 8, 64, 64, 8, 8},
                              {dense, 1, 1, 64, 10},
                              {kind::softmax, 1, 1, 10}};
constexpr layer anomalies[] = {{dense, 1, 1, 640, 128}, {dense, 1, 1, 128, 128}, {dense, 1, 1, 128, 128},
                               {dense, 1, 1, 128, 128}, {dense, 1, 1, 128, 8},   {dense, 1, 1, 8, 128},
                               {dense, 1, 1, 128, 128}, {dense, 1, 1, 128, 128}, {dense, 1, 1, 128, 128},
                               {dense, 1, 1, 128, 640}};
constexpr layer person[] = {{conv, 96, 96, 3, 8, 3, 3, 2}, {depthwise, 48, 48, 8, 8, 3, 3},
                            {conv, 48, 48, 8, 16},         {depthwise, 48, 48, 16, 16, 3, 3, 2},
                            {conv, 24, 24, 16, 32},        {depthwise, 24, 24, 32, 32, 3, 3},
                            {conv, 24, 24, 32, 32},        {depthwise, 24, 24, 32, 32, 3, 3, 2},
                            {conv, 12, 12, 32, 64},        {depthwise, 12, 12, 64, 64, 3, 3},
                            {conv, 12, 12, 64, 64},        {depthwise, 12, 12, 64, 64, 3, 3, 2},
                            {conv, 6, 6, 64, 128},         {depthwise, 6, 6, 128, 128, 3, 3},
                            {conv, 6, 6, 128, 128},        {depthwise, 6, 6, 128, 128, 3, 3},
                            {conv, 6, 6, 128, 128},        {depthwise, 6, 6, 128, 128, 3, 3},
                            {conv, 6, 6, 128, 128},        {depthwise, 6, 6, 128, 128, 3, 3},
                            {conv, 6, 6, 128, 128},        {depthwise, 6, 6, 128, 128, 3, 3},
                            {conv, 6, 6, 128, 128},        {depthwise, 6, 6, 128, 128, 3, 3, 2},
                            {conv, 3, 3, 128, 256},        {depthwise, 3, 3, 256, 256, 3, 3},
                            {conv, 3, 3, 256, 256},        {kind::mean, 3, 3, 256, 256, 3, 3},
                            {dense, 1, 1, 256, 2},         {kind::softmax, 1, 1, 2}};
constexpr std::span<const layer> layers{NETWORK};

alignas(16) std::int8_t in[32 * 1024], operand[16 * 1024], out[40 * 1024], scratch[24 * 1024];
alignas(16) std::int8_t weights[112 * 1024];
std::int32_t biases[640], multipliers[640], shifts[640];
const layer* now;
int wrong = 0;

// Of a dense layer, made once as TensorFlow Lite Micro does: sums of weights for MVE.
std::int32_t sums[640];

void call() {
    const layer& at = *now;
    const cmsis_nn_activation limits{-128, 127};
    cmsis_nn_context context{scratch, sizeof scratch};
    cmsis_nn_per_channel_quant_params scales{multipliers, shifts};
    const std::int32_t high = at.out_height(), wide = at.out_width();
    const cmsis_nn_dims from{1, at.height, at.width, at.channels}, bias{1, 1, 1, at.filters};
    const cmsis_nn_tile step{at.stride, at.stride}, one{1, 1},
        around{layer::padding(at.width, wide, at.columns, at.stride),
               layer::padding(at.height, high, at.rows, at.stride)};
    arm_cmsis_nn_status status = ARM_CMSIS_NN_SUCCESS;
    switch (at.what) {
        case kind::convolution: {
            const cmsis_nn_conv_params how{3, 5, step, around, one, limits};
            const cmsis_nn_dims kernel{at.filters, at.rows, at.columns, at.channels},
                to{1, high, wide, at.filters};
            status = arm_convolve_wrapper_s8(&context, &how, &scales, &from, in, &kernel, weights, &bias,
                                             biases, &to, out);
            break;
        }
        case kind::depthwise: {
            const cmsis_nn_dw_conv_params how{3, 5, 1, step, around, one, limits};
            const cmsis_nn_dims kernel{1, at.rows, at.columns, at.filters}, to{1, high, wide, at.filters};
            status = arm_depthwise_conv_wrapper_s8(&context, &how, &scales, &from, in, &kernel, weights,
                                                   &bias, biases, &to, out);
            break;
        }
        case kind::dense: {
            const cmsis_nn_fc_params how{3, 0, 5, limits};
            const cmsis_nn_per_tensor_quant_params scale{multipliers[0], shifts[0]};
            const cmsis_nn_dims kernel{at.channels, 1, 1, at.filters}, to{1, 1, 1, at.filters};
            context.buf = sums;
            status = arm_fully_connected_s8(&context, &how, &scale, &from, in, &kernel, weights, &bias,
                                            biases, &to, out);
            break;
        }
        case kind::sum:
            status = arm_elementwise_add_s8(in, operand, 3, 1 << 30, 0, 4, 1'500'000'000, -1, 20, out, 5,
                                            1'500'000'000, -18, -128, 127, at.in_bytes());
            break;
        case kind::mean: {
            const cmsis_nn_pool_params how{one, {0, 0}, limits};
            const cmsis_nn_dims window{1, at.rows, at.columns, 1}, to{1, 1, 1, at.channels};
            status = arm_avgpool_s8(&context, &how, &from, in, &window, &to, out);
            break;
        }
        case kind::softmax:
            arm_softmax_s8(in, 1, at.channels, 1'500'000'000, 23, -200, out);
            break;
    }
    wrong += status != ARM_CMSIS_NN_SUCCESS;
}

std::int32_t scratch_bytes(const layer& at) {
    const cmsis_nn_dims from{1, at.height, at.width, at.channels},
        to{1, at.out_height(), at.out_width(), at.filters};
    const cmsis_nn_tile step{at.stride, at.stride}, one{1, 1};
    if (at.what == kind::convolution) {
        const cmsis_nn_conv_params how{3, 5, step, {0, 0}, one, {-128, 127}};
        const cmsis_nn_dims kernel{at.filters, at.rows, at.columns, at.channels};
        return arm_convolve_wrapper_s8_get_buffer_size(&how, &from, &kernel, &to);
    }
    if (at.what == kind::depthwise) {
        const cmsis_nn_dw_conv_params how{3, 5, 1, step, {1, 1}, one, {-128, 127}};
        const cmsis_nn_dims kernel{1, at.rows, at.columns, at.filters};
        return arm_depthwise_conv_wrapper_s8_get_buffer_size(&how, &from, &kernel, &to);
    }
    if (at.what == kind::mean) return arm_avgpool_s8_get_buffer_size(1, at.channels);
    return 0;
}

}  // namespace

int main() {
    for (std::size_t i = 0; i < sizeof in; ++i) in[i] = static_cast<std::int8_t>(37 * i % 256 - 128);
    for (std::size_t i = 0; i < sizeof operand; ++i)
        operand[i] = static_cast<std::int8_t>(91 * i % 256 - 128);
    for (std::size_t i = 0; i < sizeof weights; ++i)
        weights[i] = static_cast<std::int8_t>(53 * i % 255 - 127);
    for (std::size_t i = 0; i < std::size(biases); ++i) multipliers[i] = 1'500'000'000, shifts[i] = -8;
    std::uint64_t memory = 0;
    for (const layer& at : layers) {
        now = &at;
        board::print("step.macs", static_cast<std::uint64_t>(at.products()));
        board::print("step.instructions", std::uint64_t{board::measure(call).instructions});
        const auto bytes =
            static_cast<std::uint64_t>(at.held + at.in_bytes() * (at.what == kind::sum ? 2 : 1) +
                                       (at.what == kind::sum ? 0 : at.out_bytes()) + scratch_bytes(at));
        memory = bytes > memory ? bytes : memory;
    }
    board::print("memory", memory);
    return wrong;
}
