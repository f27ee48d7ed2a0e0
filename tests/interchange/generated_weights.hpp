// SPDX-License-Identifier: BSL-1.0
// Test \.
// of floats\.
// Generated. 64 values of type float.
// clang-format off
#pragma once
#include <archetype/weights.hpp>

#ifndef generated_weights_SECTION
#define generated_weights_SECTION
#endif
generated_weights_SECTION alignas(64) inline constexpr float generated_weights_data[64 + 64] = {
0x0p+0f,-0x0p+0f,0x1p+0f,-0x1p+1f,0x1.555556p-2f,0x1.99999ap-4f,0x1.fffffep+127f,-0x1.fffffep+127f,0x1p-126f,
0x0.000002p-126f,-0x0.000002p-126f,0x1p-23f,0x1p+24f,0x1.4f8b58p-17f,-0x1.67d378p-4f,-0x1.64fa6ap-5f,0x1.72acp-10f,
0x1.17bbe6p-4f,-0x1.32d432p-3f,-0x1.644d4ap-5f,0x1.7724ap-4f,0x1.32dd56p-6f,-0x1.4a12eep-3f,0x1.7c3c0ap-5f,
-0x1.54b7a6p-4f,-0x1.a7ebcp-6f,0x1.ef4a16p-6f,0x1.cc06dap-4f,-0x1.69b5aep-4f,0x1.4841eep-3f,0x1.ecbb3p-4f,
-0x1.d8becap-5f,0x1.f2a08ap-5f,0x1.579ep-7f,-0x1.83d576p-4f,-0x1.0df8a8p-3f,-0x1.252caep-3f,-0x1.ee939p-5f,
-0x1.f96dp-4f,0x1.1af5ep-4f,0x1.c4ac96p-6f,-0x1.498ebap-5f,-0x1.43a7aep-4f,0x1.56919p-4f,0x1.26067p-3f,-0x1.b8a0e6p-4f,
-0x1.c4e0d6p-5f,0x1.49e496p-3f,-0x1.303ccap-5f,0x1.0666d6p-6f,-0x1.720656p-7f,0x1.51780ep-3f,0x1.000832p-3f,
0x1.20a486p-4f,0x1.387a22p-3f,0x1.4442e8p-3f,-0x1.d718fep-4f,-0x1.5cc616p-5f,0x1.fc5a6ap-5f,-0x1.cb5fa6p-4f,
-0x1.54c4aap-9f,-0x1.bd3e36p-4f,0x1.f71196p-6f,0x1.fbac7ap-4f,
};
inline constexpr ::archetype::constant_weights<0x123456789abcdefull, 64, float, 1> generated_weights{generated_weights_data};

// Test of doubles
// Generated. 64 values of type double.
// clang-format off
#pragma once
#include <archetype/weights.hpp>

#ifndef generated_doubles_SECTION
#define generated_doubles_SECTION
#endif
generated_doubles_SECTION alignas(64) inline constexpr double generated_doubles_data[64 + 64] = {
0x0p+0,-0x0p+0,0x1p+0,-0x1p+1,0x1.5555555555555p-2,0x1.999999999999ap-4,0x1.fffffffffffffp+1023,-0x1.fffffffffffffp+1023,
0x1p-1022,0x0.0000000000001p-1022,-0x0.0000000000001p-1022,0x1p-52,0x1p+24,0x1.4f8b588e368f1p-17,-0x1.67d3786aaaaabp-4,
-0x1.64fa6c3555555p-5,0x1.72aca8p-10,0x1.17bbe41aaaaabp-4,-0x1.32d431aaaaaabp-3,-0x1.644d480aaaaabp-5,0x1.77249db555555p-4,
0x1.32dd50cp-6,-0x1.4a12ee7555555p-3,0x1.7c3c097555555p-5,-0x1.54b7a5ep-4,-0x1.a7ebbeeaaaaabp-6,0x1.ef4a16p-6,
0x1.cc06d97aaaaabp-4,-0x1.69b5ad7555555p-4,0x1.4841ec2d55555p-3,0x1.ecbb2e9555555p-4,-0x1.d8becb8aaaaabp-5,
0x1.f2a08deaaaaabp-5,0x1.579e0e2aaaaabp-7,-0x1.83d577p-4,-0x1.0df8a72d55555p-3,-0x1.252caefaaaaabp-3,-0x1.ee9391ap-5,
-0x1.f96d009555555p-4,0x1.1af5dfbaaaaabp-4,0x1.c4ac8f2aaaaabp-6,-0x1.498eb97555555p-5,-0x1.43a7ae2aaaaabp-4,
0x1.56918f2555555p-4,0x1.260670c555555p-3,-0x1.b8a0e4a555555p-4,-0x1.c4e0d4d555555p-5,0x1.49e49548p-3,-0x1.303cc96aaaaabp-5,
0x1.0666d31555555p-6,-0x1.7206555555555p-7,0x1.51780e52aaaabp-3,0x1.0008333p-3,0x1.20a484daaaaabp-4,0x1.387a233555555p-3,
0x1.4442e808p-3,-0x1.d718fd3555555p-4,-0x1.5cc6137555555p-5,0x1.fc5a67p-5,-0x1.cb5fa5daaaaabp-4,-0x1.54c4995555555p-9,
-0x1.bd3e36faaaaabp-4,0x1.f7119dp-6,0x1.fbac7ae555555p-4,
};
inline constexpr ::archetype::constant_weights<0xffffffffffffffffull, 64, double, 1> generated_doubles{generated_doubles_data};
