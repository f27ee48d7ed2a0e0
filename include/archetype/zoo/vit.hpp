// SPDX-License-Identifier: BSL-1.0
/// @file vit.hpp
/// Vision transformers: Dosovitskiy and others, "An image is worth 16x16 words: transformers for image recognition at scale", 2020,
/// table 1; tiny and small: Touvron and others, "Training data-efficient image transformers and distillation through
/// attention", 2020, table 1. Names are torchvision's.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// {T, Width} -> {T, Width}: a norm and attention of all steps, a norm and two dense layers on each step, both added.
template <std::size_t Width, std::size_t Heads, std::size_t Hidden = 4 * Width>
using vit_block =
    sequence<residual<sequence<named<"ln_1", layer_norm<epsilon<1e-6>>>, self_attention<Width, Heads>>>,
             residual<sequence<named<"ln_2", layer_norm<epsilon<1e-6>>>,
                               named<"mlp", sequence<named<"0", dense<Hidden, last_axis>>, gelu,
                                                     named<"3", dense<Width, last_axis>>>>>>>;

/// Images {Size, Size, 3} as patches of `Patch` x `Patch` pixels, each a step, with a class token before them -> scores {Classes}.
template <std::size_t Size, std::size_t Patch, std::size_t Layers, std::size_t Width, std::size_t Heads,
          std::size_t Classes = 1000>
using vit = network<
    input<Size, Size, 3>, named<"conv_proj", conv2d<Width, Patch, stride<Patch>>>,
    reshape<(Size / Patch) * (Size / Patch), Width>, class_token<>,
    named<"encoder", sequence<named<"pos_embedding", position_embedding<(Size / Patch) * (Size / Patch) + 1>>,
                              named<"layers", numbered<"encoder_layer_", Layers, vit_block<Width, Heads>, 0>>,
                              named<"ln", layer_norm<epsilon<1e-6>>>>>,
    slice<1, 0, 1>, flatten, named<"heads", named<"head", dense<Classes>>>>;

/// 5,717,416 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_tiny_16 = vit<Size, 16, 12, 192, 3, Classes>;
/// 22,050,664 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_small_16 = vit<Size, 16, 12, 384, 6, Classes>;
/// 86,567,656 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_b_16 = vit<Size, 16, 12, 768, 12, Classes>;
/// 88,224,232 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_b_32 = vit<Size, 32, 12, 768, 12, Classes>;
/// 304,326,632 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_l_16 = vit<Size, 16, 24, 1024, 16, Classes>;
/// 306,535,400 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_l_32 = vit<Size, 32, 24, 1024, 16, Classes>;
/// 632,045,800 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vit_h_14 = vit<Size, 14, 32, 1280, 16, Classes>;

}  // namespace archetype::zoo
