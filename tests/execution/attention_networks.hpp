// SPDX-License-Identifier: BSL-1.0
// Networks with attention. make_attention_references.py has the same ones in PyTorch.
#pragma once
#include "networks.hpp"

#include <archetype/zoo/bert.hpp>
#include <archetype/zoo/gpt.hpp>
#include <archetype/zoo/kwt.hpp>
#include <archetype/zoo/vit.hpp>

namespace networks {

using plain = at::network<at::input<7, 6>, at::dense<3 * 3 * 5, at::last_axis>,
                          at::scaled_dot_product_attention<3>, at::tanh, at::dense<3 * 2 * 19, at::last_axis>,
                          at::scaled_dot_product_attention<2, at::causal>, at::dense<4, at::last_axis>,
                          at::flatten, at::dense<3>>;
using multihead = at::network<at::input<6, 5>, at::dense<12, at::last_axis>, at::position_embedding<9>,
                              at::residual<at::self_attention<12, 4>>, at::flatten, at::dense<3>>;
using shared_heads = at::network<
    at::input<9, 4>, at::dense<40, at::last_axis>,
    at::scaled_dot_product_attention<6, at::key_value_heads<2>, at::causal, at::window<3>, at::rotary<>>,
    at::relu, at::dense<30, at::last_axis>,
    at::scaled_dot_product_attention<3, at::key_value_heads<1>, at::window<2>, at::rotary<100.0>>,
    at::flatten, at::dense<3>>;

using bert = at::network<at::input<5, 8>, at::repeat<2, at::zoo::bert_layer<8, 2>>, at::zoo::bert_pooler<8>>;
using gpt = at::network<at::input<6, 12>, at::repeat<2, at::zoo::gpt_block<12, 4>>,
                        at::layer_norm<at::epsilon<1e-5>>, at::flatten>;

using tied = at::network<at::input<4, 5>, at::tied_output<19>, at::tanh, at::conv1d<6, 3, at::causal>,
                         at::tied_output<7>, at::flatten, at::tied_output<3>>;

// Odd channels, fewer than a vector has, and more; a token between two layers.
using waves = at::network<at::input<7, 5>, at::sinusoidal_positions<>, at::dense<19, at::last_axis>,
                          at::sinusoidal_positions<50.0>, at::tanh, at::conv1d<4, 3, at::same>,
                          at::sinusoidal_positions<>, at::relu, at::flatten, at::dense<3>>;
using token = at::network<at::input<4, 3>, at::class_token<>, at::conv1d<18, 3, at::same>, at::class_token<>,
                          at::tanh, at::position_embedding<6>, at::self_attention<6, 2>, at::class_token<>,
                          at::slice<1, 0, 2>, at::flatten, at::dense<3>>;

/// 1 where channel `Channel` is above 0.
template <std::ptrdiff_t Channel>
using above_zero =
    at::sequence<at::slice<-1, Channel, Channel + 1>, at::relu, at::step_mask<>, at::point<"mask">>;
using masked = at::network<at::input<7, 6>, at::point<"x">, above_zero<5>, at::from<"x">,
                           at::self_attention<6, 2, at::padding_mask<"mask">>, at::tanh,
                           at::self_attention<8, 4, at::head_size<4>, at::padding_mask<"mask">, at::causal,
                                              at::key_value_heads<2>, at::window<4>, at::rotary<>>,
                           at::relu, at::dense<18, at::last_axis>, at::merge<at::concatenate, "mask">,
                           at::scaled_dot_product_attention<2, at::masked>, at::flatten, at::dense<3>>;
using crossed = at::network<at::input<6, 5>, at::point<"x">, at::conv1d<4, 2>, at::tanh, at::point<"memory">,
                            above_zero<3>, at::from<"x">, at::dense<8, at::last_axis>,
                            at::residual<at::cross_attention<8, 2, "memory">>,
                            at::cross_attention<6, 4, "memory", at::key_value_heads<2>, at::head_size<3>,
                                                at::no_bias, at::padding_mask<"mask">>,
                            at::tanh, at::flatten, at::dense<3>>;
// Scores that reach their bounds.
using bounded =
    at::network<at::input<6, 5>, at::point<"x">, at::conv1d<5, 2>, at::tanh, at::point<"memory">,
                above_zero<4>, at::from<"x">, at::dense<32, at::last_axis>,
                at::scaled_dot_product_attention<4, at::key_value_heads<2>, at::causal, at::window<4>,
                                                 at::rotary<100.0>, at::softcap<0.3>>,
                at::tanh, at::cross_attention<8, 2, "memory", at::padding_mask<"mask">, at::softcap<0.2>>,
                at::self_attention<8, 2, at::softcap<1.5>>, at::flatten, at::dense<3>>;
using decoder = at::network<
    at::input<5, 8>, at::point<"x">, at::dense<8, at::last_axis>, at::slice<1, 0, 4>, at::point<"memory">,
    above_zero<0>, at::from<"x">, at::residual<at::self_attention<8, 2, at::causal>>,
    at::layer_norm<at::epsilon<1e-5>>,
    at::residual<at::cross_attention<8, 2, "memory", at::padding_mask<"mask">>>,
    at::layer_norm<at::epsilon<1e-5>>,
    at::residual<at::sequence<at::dense<32, at::last_axis>, at::gelu, at::dense<8, at::last_axis>>>,
    at::layer_norm<at::epsilon<1e-5>>, at::flatten>;

using vision = at::zoo::vit<12, 4, 2, 8, 2, 5>;
using keywords = at::zoo::kwt<8, 2, 3, 2, 6, 5>;

}  // namespace networks
