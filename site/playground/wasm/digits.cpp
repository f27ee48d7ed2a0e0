// SPDX-License-Identifier: BSL-1.0
/// @file digits.cpp
/// The page of digits. The weights in real numbers are no part of this file: the page writes their image into `weights()`.
#include "digits.hpp"

#include "page_digits.hpp"  // write_digits.cpp wrote it
#include "page_text.hpp"

namespace {

constexpr std::size_t image_room = 4 * (at::inference_weight_count<lenet5_shown> + 128);
alignas(64) std::byte weights_image[image_room];
unsigned char drawing[page::drawn_side * page::drawn_side];
float pixels[page::side * page::side];
page::digit_result result;
decltype(at::try_weights<lenet5_shown>({})) checked;

}  // namespace

PAGE_EXPORT(weights) std::byte* weights() { return weights_image; }
PAGE_EXPORT(weights_room) std::size_t weights_room() { return image_room; }
PAGE_EXPORT(drawing) unsigned char* drawing_place() { return drawing; }
PAGE_EXPORT(pixels) float* pixels_place() { return pixels; }
PAGE_EXPORT(results) const float* results() { return result.scores; }
PAGE_EXPORT(results_size) std::size_t results_size() { return sizeof(result) / sizeof(float); }
PAGE_EXPORT(prepare) void prepare() { page::prepare(drawing, pixels); }

PAGE_EXPORT(sample_count) std::size_t sample_count() { return sizeof(page_digits) / sizeof(page_digits[0]); }
/// Writes test digit `which` into `pixels`.
PAGE_EXPORT(take_sample) void take_sample(std::size_t which) {
    for (std::size_t i = 0; i < page::side * page::side; ++i)
        pixels[i] = static_cast<float>(page_digits[which][i]) / 255;
}

/// Takes the first `size` bytes of `weights`; what is wrong with them in words, nothing if all is well.
PAGE_EXPORT(use_weights) const char* use_weights(std::size_t size) {
    if (size <= image_room)
        checked = at::try_weights<lenet5_shown>(std::span<const std::byte>(weights_image, size));
    return checked ? "" : at::sentence(checked.status).data();
}

/// Classifies `pixels`, once there are weights.
PAGE_EXPORT(classify) void classify() {
    if (checked) page::classify(*checked, pixels, result);
}

/// The networks alone, for the time that they take.
PAGE_EXPORT(run_real) int run_real(int times) {
    if (!checked) return 0;
    using weights = at::constant_weights<at::architecture_hash<lenet5>, at::inference_weight_count<lenet5>>;
    static at::inference<lenet5> real{weights::from_pointer(checked.weights.data)};
    int sum = 0;
    for (int i = 0; i < times; ++i) sum += static_cast<int>(at::argmax(real(pixels)));
    return sum;
}
PAGE_EXPORT(run_8_bits) int run_8_bits(int times) {
    static at::quantized_inference<lenet5, int8_weights> small;
    static std::int8_t sample[page::side * page::side];
    for (std::size_t i = 0; i < page::side * page::side; ++i)
        sample[i] = small.input_quantization().quantize(pixels[i]);
    int sum = 0;
    for (int i = 0; i < times; ++i) sum += small(sample)[0];
    return sum;
}
