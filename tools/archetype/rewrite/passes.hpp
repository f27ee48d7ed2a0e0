// SPDX-License-Identifier: BSL-1.0
/// @file passes.hpp
/// Rewritings that need more than a pattern.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// One form for what operator sets say in several; nodes that do nothing go.
void normalize(network& of);

/// Gathers of windows and scatters of slabs by constant indices become slices and concatenations, one recurrent step of several sequences
/// products; what is cut out of one part of a concatenation reads the part.
void spell_out(network& of);

/// Factors and terms for each channel become part of the batch normalization or convolution before them.
void join_factors(network& of);

/// Rows and columns of zeros around an image become the padding of the window that reads it, where that changes nothing.
void join_padding(network& of);

/// One-hot vectors times a table become rows of the table.
void find_lookups(network& of);

/// Sums of products (Einsum) and matrices on the left become products with what is multiplied on the right.
void spell_products(network& of);

/// Running sums, local response normalizations, channels padded with numbers and unfolds without overlap as products, slices, sums and
/// other axes.
void spell_sums(network& of);

/// Norms of sums, repeated values, cells in any order, choices by constants and constants beside values as what layers are made of.
void spell_forms(network& of);

/// Normalizations that are spelt out, over any axes, become LayerNormalization or RMSNormalization.
void find_norms(network& of);

/// Softmaxes of products of two values with a mask become ONNX' operator Attention of {1, heads, steps, channels}.
void find_attention(network& of);

/// x (r c), where r c repeats and c is a constant, becomes (x r) c, in which nothing has to be made larger first.
void join_repeats(network& of);

}  // namespace archetype::rewrite
