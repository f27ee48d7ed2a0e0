// SPDX-License-Identifier: BSL-1.0
// Written by make_attention_references.py with PyTorch 1.13.0a0: results for two samples.
#pragma once

// clang-format off
namespace references {

inline constexpr double plain[] = {
    0.00531529956694854, 0.129998042308951, -1.92105640479548, -0.170063429278871, -0.112530250597645,
    -1.40762720981102,
};
inline constexpr double multihead[] = {
    1.99097454574548, -1.31100424666742, -0.570546587575156, 0.378383706732559, -0.592445251658646,
    -0.352689114784263,
};
inline constexpr double shared_heads[] = {
    0.366155249605568, 0.241778105286735, 0.482311536048256, -0.221949211742332, -0.0694370437534518,
    0.390136435030968,
};

}  // namespace references
// clang-format on
