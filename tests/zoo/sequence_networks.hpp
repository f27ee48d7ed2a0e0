// SPDX-License-Identifier: BSL-1.0
// Small forms of networks of sequences and of texts: what make_sequence_references.py has, too.
#pragma once
#include <archetype/zoo/sequences/crnn.hpp>
#include <archetype/zoo/sequences/tcn.hpp>
#include <archetype/zoo/sequences/wavenet_vocoder.hpp>

namespace networks {
namespace zoo = archetype::zoo;

using tcn = zoo::tcn<20, 2, 3, 3, 6, 3>;
using crnn = zoo::crnn<5, 16>;
using vocoder = zoo::wavenet_vocoder<2, 4, 2, 3, 4, 2, 6, 5, 3>;

}  // namespace networks
