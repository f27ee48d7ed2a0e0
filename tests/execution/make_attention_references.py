#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes attention_references.hpp: what PyTorch computes, in double precision, for the networks of attention_networks.hpp.

Run it with the Python that has torchvision (Debian: python3-torchvision): make_attention_references.py > attention_references.hpp
"""
import contextlib
import io
import pathlib
import sys

import torch
import torch.nn.functional as F
import torchvision

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
with contextlib.redirect_stdout(io.StringIO()):
    from make_references import Net, Source, flatten, relu, tanh, write


def turned(x, base):
    """Complex numbers of neighbouring channels, times e^(i t base^(-2 i / D)): {..., T, D}."""
    steps, size = x.shape[-2:]
    frequencies = base ** (-torch.arange(0, size, 2) / size)
    turns = torch.polar(torch.ones(steps, size // 2), torch.outer(torch.arange(steps, dtype=torch.float64), frequencies))
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], size // 2, 2).contiguous())
    return torch.view_as_real(pairs * turns).reshape(x.shape)


def attention(x, heads, shared=None, causal=False, window=0, base=0.0, mask=None, cap=0.0):
    """Queries, keys and values of all heads one after the other: {N, T, (heads + 2 shared) D}; a mask {N, T} of keys."""
    shared = shared or heads
    batch, steps, channels = x.shape
    size = channels // (heads + 2 * shared)
    q, k, v = (part.reshape(batch, steps, -1, size).transpose(1, 2) for part in x.split([heads * size, shared * size, shared * size], -1))
    if base:
        q, k = turned(q, base), turned(k, base)
    k, v = (part.repeat_interleave(heads // shared, 1) for part in (k, v))
    t, j = torch.arange(steps)[:, None], torch.arange(steps)[None]
    seen = torch.ones(steps, steps, dtype=torch.bool)
    if causal:
        seen &= j <= t
    if window:
        seen &= (t - j < window) & (j - t < window)
    return mixed(q, k, v, seen if mask is None else seen & mask[:, None, None], cap)


def mixed(q, k, v, seen, cap=0.0):
    """Heads as a second axis; a query that sees nothing gives zeros."""
    scores = q @ k.transpose(-1, -2) / q.shape[-1]**0.5
    if cap:
        scores = cap * torch.tanh(scores / cap)
    scores = scores.masked_fill(~seen, -torch.inf)
    return (scores.softmax(-1).nan_to_num(0) @ v).transpose(1, 2).flatten(2)


def plain(n, x):
    x = tanh(attention(n.dense(x, 3 * 3 * 5), 3))
    x = attention(n.dense(x, 3 * 2 * 19), 2, causal=True)
    return n.dense(flatten(n.dense(x, 4)), 3)


def multihead(n, x):
    """PyTorch's own module."""
    module = torch.nn.MultiheadAttention(12, 4, batch_first=True)
    x = n.dense(x, 12)
    x = x + n.parameter(0, 9, 12)[:6]
    w, b, out, bias = n.parameter(0, 12, 36), n.parameter(0, 36), n.parameter(0, 12, 12), n.parameter(0, 12)
    with torch.no_grad():
        for own, drawn in ((module.in_proj_weight, w.T), (module.in_proj_bias, b), (module.out_proj.weight, out.T), (module.out_proj.bias, bias)):
            own.copy_(drawn)
    return n.dense(flatten(x + module(x, x, x, need_weights=False)[0]), 3)


def shared_heads(n, x):
    x = relu(attention(n.dense(x, (6 + 2 * 2) * 4), 6, 2, causal=True, window=3, base=10000.0))
    x = attention(n.dense(x, (3 + 2) * 6), 3, 1, window=2, base=100.0)
    return n.dense(flatten(x), 3)


def block(n, x, heads, after, causal, function, epsilon):
    """PyTorch's TransformerEncoderLayer, with norms after the sums (BERT) or before the parts (GPT-2)."""
    width = x.shape[-1]
    module = torch.nn.TransformerEncoderLayer(width, heads, 4 * width, 0, function, epsilon, batch_first=True, norm_first=not after)

    def norm(own):
        own.weight.copy_(n.parameter(1, width))
        own.bias.copy_(n.parameter(0, width))

    def linear(weight, bias, inputs, outputs):
        weight.copy_(n.parameter(0, inputs, outputs).T)
        bias.copy_(n.parameter(0, outputs))
    with torch.no_grad():
        if not after:
            norm(module.norm1)
        linear(module.self_attn.in_proj_weight, module.self_attn.in_proj_bias, width, 3 * width)
        linear(module.self_attn.out_proj.weight, module.self_attn.out_proj.bias, width, width)
        norm(module.norm1 if after else module.norm2)
        linear(module.linear1.weight, module.linear1.bias, width, 4 * width)
        linear(module.linear2.weight, module.linear2.bias, 4 * width, width)
        if after:
            norm(module.norm2)
    mask = torch.full(x.shape[1:2] * 2, -torch.inf).triu(1) if causal else None
    return module.train()(x, mask)  # without dropout; in evaluation it takes a way of its own


def bert(n, x):
    for _ in range(2):
        x = block(n, x, 2, True, False, F.gelu, 1e-12)
    return torch.tanh(n.dense(x[:, 0], 8))


def gpt(n, x):
    for _ in range(2):
        x = block(n, x, 4, False, True, lambda x: F.gelu(x, approximate="tanh"), 1e-5)
    return flatten(n.layer_norm(x, 1e-5))


def tied(n, x):
    x = tanh(x @ n.parameter(0, 19, 5).T)
    x = n.steps(x, 6, 3, before=2) @ n.parameter(0, 7, 6).T
    return flatten(x) @ n.parameter(0, 3, 28).T


def add_waves(x, base=10000.0):
    t, c = torch.arange(x.shape[1])[:, None], torch.arange(x.shape[2])
    angles = t * base ** (-2 * (c // 2) / x.shape[2])
    return x + torch.where(c % 2 == 0, angles.sin(), angles.cos())


def waves(n, x):
    x = tanh(add_waves(n.dense(add_waves(x), 19), 50.0))
    x = relu(add_waves(n.steps(x, 4, 3, before=1, after=1)))
    return n.dense(flatten(x), 3)


def put_before(n, x):
    return torch.cat([n.parameter(0, x.shape[-1]).expand(len(x), 1, -1), x], 1)


def token(n, x):
    x = tanh(put_before(n, n.steps(put_before(n, x), 18, 3, before=1, after=1)))
    x = x + n.parameter(0, 6, 18)
    x = n.dense(attention(n.dense(x, 3 * 6), 2), 6)
    return n.dense(flatten(put_before(n, x)[:, :2]), 3)


def masked(n, x):
    mask = x[..., -1] > 0
    module = torch.nn.MultiheadAttention(6, 2, batch_first=True)
    weights(module, n, 6)
    # PyTorch gives NaN where a query sees nothing; here every sample has a step that is there.
    assert mask.any(1).all()
    x = tanh(module(x, x, x, key_padding_mask=~mask, need_weights=False)[0])
    x = attention(n.dense(x, (4 + 2 * 2) * 4), 4, 2, causal=True, window=4, base=10000.0, mask=mask)
    x = relu(n.dense(x, 8))
    x = attention(n.dense(x, 3 * 6), 2, mask=mask)
    return n.dense(flatten(x), 3)


def weights(module, n, width, parts=(3,)):
    """A MultiheadAttention's parameters; `parts`: how many of queries, keys and values stand in one matrix here."""
    drawn = [(n.parameter(0, width, width * count), n.parameter(0, width * count)) for count in parts]
    out, bias = n.parameter(0, width, width), n.parameter(0, width)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([w for w, _ in drawn], 1).T)
        module.in_proj_bias.copy_(torch.cat([b for _, b in drawn]))
        module.out_proj.weight.copy_(out.T)
        module.out_proj.bias.copy_(bias)


def cross(n, x, memory, heads, size, shared, width, mask=None, bias=True, cap=0.0):
    q = n.dense(x, heads * size, bias).unflatten(-1, (heads, size)).transpose(1, 2)
    both = n.dense(memory, 2 * shared * size, bias).unflatten(-1, (2, shared, size)).permute(2, 0, 3, 1, 4)
    k, v = both.repeat_interleave(heads // shared, 2)
    seen = torch.ones(1, 1, 1, 1, dtype=torch.bool) if mask is None else mask[:, None, None]
    return n.dense(mixed(q, k, v, seen, cap), width, bias)


def crossed(n, x):
    memory = tanh(n.steps(x, 4, 2))
    mask = memory[..., -1] > 0
    x = n.dense(x, 8)
    x = x + cross(n, x, memory, 2, 4, 2, 8)
    x = cross(n, x, memory, 4, 3, 2, 6, mask, bias=False)
    return n.dense(flatten(tanh(x)), 3)


def bounded(n, x):
    """Scores as Gemma 2 has them, with bounds that they reach."""
    memory = tanh(n.steps(x, 5, 2))
    x = attention(n.dense(x, (4 + 2 * 2) * 4), 4, 2, causal=True, window=4, base=100.0, cap=0.3)
    x = cross(n, tanh(x), memory, 2, 4, 2, 8, memory[..., -1] > 0, cap=0.2)
    return n.dense(flatten(n.dense(attention(n.dense(x, 24), 2, cap=1.5), 8)), 3)


def decoder(n, x):
    """PyTorch's TransformerDecoderLayer."""
    memory = n.dense(x, 8)[:, :4]
    mask = memory[..., 0] > 0
    assert mask.any(1).all()
    module = torch.nn.TransformerDecoderLayer(8, 2, 32, 0, F.gelu, batch_first=True)  # its kink would show in differences: no relu

    def norm(own):
        with torch.no_grad():
            own.weight.copy_(n.parameter(1, 8))
            own.bias.copy_(n.parameter(0, 8))
    weights(module.self_attn, n, 8)
    norm(module.norm1)
    weights(module.multihead_attn, n, 8, (1, 2))
    norm(module.norm2)
    with torch.no_grad():
        for linear, sizes in ((module.linear1, (8, 32)), (module.linear2, (32, 8))):
            linear.weight.copy_(n.parameter(0, *sizes).T)
            linear.bias.copy_(n.parameter(0, sizes[1]))
    norm(module.norm3)
    causal = torch.full((len(x[0]),) * 2, -torch.inf).triu(1)
    return flatten(module(x, memory, causal, memory_key_padding_mask=~mask))


def vision(n, x):
    """torchvision's module."""
    module = torchvision.models.VisionTransformer(12, 4, 2, 2, 8, 32, num_classes=5).double()

    def drawn(own, *shape, mean=0, turned=False):
        made = n.parameter(mean, *shape)
        with torch.no_grad():
            own.copy_((made.T if turned else made).reshape(own.shape))

    def linear(own, inputs, outputs):
        drawn(own.weight, inputs, outputs, turned=True)
        drawn(own.bias, outputs)

    def norm(own):
        drawn(own.weight, 8, mean=1)
        drawn(own.bias, 8)
    with torch.no_grad():
        module.conv_proj.weight.copy_(n.parameter(0, 4, 4, 3, 8).permute(3, 2, 0, 1))
    drawn(module.conv_proj.bias, 8)
    drawn(module.class_token, 8)
    drawn(module.encoder.pos_embedding, 10, 8)
    for layer in module.encoder.layers:
        norm(layer.ln_1)
        weights(layer.self_attention, n, 8)
        norm(layer.ln_2)
        linear(layer.mlp[0], 8, 32)
        linear(layer.mlp[3], 32, 8)
    norm(module.encoder.ln)
    linear(module.heads.head, 8, 5)
    return module.eval()(x.permute(0, 3, 1, 2))


def keywords(n, x):
    x = put_before(n, n.dense(x, 8))
    x = x + n.parameter(0, 7, 8)
    for _ in range(2):
        x = n.layer_norm(x + n.dense(attention(n.dense(x, 24, bias=False), 2), 8), 1e-6)
        x = n.layer_norm(x + n.dense(F.gelu(n.dense(x, 32)), 8), 1e-6)
    return n.dense(x[:, 0], 3)


INPUTS = {plain: (7, 6), multihead: (6, 5), shared_heads: (9, 4), bert: (5, 8), gpt: (6, 12), tied: (4, 5), waves: (7, 5), token: (4, 3), masked: (7, 6), crossed: (6, 5), bounded: (6, 5), decoder: (5, 8), vision: (12, 12, 3), keywords: (6, 5)}

print("// SPDX-License-Identifier: BSL-1.0")
print(f"// Written by make_attention_references.py with PyTorch {torch.__version__}: results for two samples.")
print("#pragma once\n\n// clang-format off\nnamespace references {\n")
for network, inputs in INPUTS.items():
    write(network.__name__, network(Net(), Source(3).tensor(2, *inputs)))
print("\n}  // namespace references\n// clang-format on")
