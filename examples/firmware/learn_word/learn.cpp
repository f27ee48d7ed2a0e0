// SPDX-License-Identifier: BSL-1.0
/// @file learn.cpp
/// A body with 8-bit weights and numbers, and a trainer of the last layer behind it.
#include "network.hpp"

#include "bits.hpp"
#include "word_body.hpp"  // write_training.cpp wrote both
#include "word_start.hpp"

static at::quantized_inference<word_body, word_body_weights> body;
static at::embedded_trainer<word_head, word_loss, word_optimizer, word_start> trainer;
static_assert(sizeof(trainer) == at::training_arena_bytes<word_head, word_loss, word_optimizer, word_start>);

void listen(const float (&frames)[49 * 10], float (&features)[feature_count]) {
    static std::int8_t sample[body.input_size];
    for (std::size_t i = 0; i < body.input_size; ++i)
        sample[i] = body.input_quantization().quantize(frames[i]);
    const auto found = body(sample);
    for (std::size_t i = 0; i < feature_count; ++i)
        features[i] = body.output_quantization().dequantize(found[i]);
}

float learn(const float (&features)[feature_count], int word) {
    if (trainer.updates() == 0) (void)trainer.start({}, word_settings);
    return trainer.step(features, word);
}
unsigned recognize(const float (&features)[feature_count]) {
    return static_cast<unsigned>(at::argmax(trainer(features)));
}
unsigned body_bytes() { return sizeof(body); }
unsigned trainer_bytes() { return sizeof(trainer); }
unsigned parameter_bits() { return board::bits_of(trainer.parameters()); }
