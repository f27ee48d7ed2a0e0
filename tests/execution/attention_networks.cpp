// SPDX-License-Identifier: BSL-1.0
// Attention: PyTorch's results, by its own module too; gradients against central differences.
#include "attention_networks.hpp"
#include "attention_references.hpp"
#include "checks.hpp"

TEST_CASE("attention of all steps, and of the past alone") {
    checks::forward<networks::plain>(references::plain);
    checks::gradients<networks::plain>();
}

TEST_CASE("PyTorch's multi-head attention") {
    checks::forward<networks::multihead>(references::multihead);
    checks::gradients<networks::multihead>();
}

TEST_CASE("shared keys and values, windows, rotary positions") {
    checks::forward<networks::shared_heads>(references::shared_heads);
    checks::gradients<networks::shared_heads>();
}

TEST_CASE("PyTorch's layers of an encoder, as BERT and GPT-2 have them") {
    checks::forward<networks::bert>(references::bert);
    checks::forward<networks::gpt>(references::gpt);
}
