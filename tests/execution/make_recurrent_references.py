#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes recurrent_references.hpp: what PyTorch computes, in double precision, for the networks of recurrent_networks.cpp.

The cells are written out below, as torch has not all of them; where it has, torch.nn.RNN, LSTM and GRU with the same
parameters must agree. Run it with the Python that has torch: make_recurrent_references.py > recurrent_references.hpp
"""
import io
import contextlib

import torch

with contextlib.redirect_stdout(io.StringIO()):  # its table is of no use here
    from make_references import Net, Source

tanh, sigmoid = torch.tanh, torch.sigmoid


def hard_sigmoid(alpha, beta):
    return lambda x: torch.clamp(alpha * x + beta, 0, 1)


def recurrent(n, x, units, blocks, states, step, sequences=False, bias=1, reverse=False, extra=None, initial=False, mask=None, first=None, last=None, skipped=None):
    """Runs `step(products of the input, recurrent kernel, recurrent bias, extra tensor, states)` over the time axis.

    `first` are the states before, `last` is a list that gets those behind.
    """
    kernel = n.parameter(0, x.shape[-1], blocks * units)
    recurrent_kernel = n.parameter(0, units, blocks * units)
    biases = n.parameter(0, 2, blocks * units) if bias == 2 else n.parameter(0, blocks * units)[None] if bias == 1 else torch.zeros(1, blocks * units)
    extra = n.parameter(0, *extra) if extra else None
    state = [row.expand(len(x), units) for row in n.parameter(0, states, units)] if initial else [torch.zeros(len(x), units)] * states
    state = first or state
    results = [None] * x.shape[1]
    for t in reversed(range(x.shape[1])) if reverse else range(x.shape[1]):
        fresh = step(x[:, t] @ kernel + biases[0], recurrent_kernel, biases[1] if bias == 2 else torch.zeros(blocks * units), extra, state)
        if mask is not None:
            keep = (x[:, t] == mask).all(-1, keepdim=True)
            fresh = [torch.where(keep, old, new) for old, new in zip(state, fresh)]
        if skipped is not None:
            fresh = [torch.where(skipped[:, t, None], old, new) for old, new in zip(state, fresh)]
        state = fresh
        results[t] = state[0]
    if last is not None:
        last.extend(state)
    return torch.stack(results, 1) if sequences else state[0]


def rnn_step(f=tanh):
    return lambda a, u, b, extra, state: [f(a + state[0] @ u + b)]


def lstm_step(f=tanh, g=sigmoid, peepholes=None):
    def step(a, u, b, extra, state):
        h, l = state
        i, forget, c, o = (a + h @ u + b).chunk(4, -1)
        if peepholes == "full":
            pi, pf, po = extra.chunk(3, -1)
            see = lambda p, v: v @ p
        elif peepholes == "diagonal":
            pi, pf, po = extra
            see = lambda p, v: v * p
        else:
            pi = pf = po = None
            see = lambda p, v: 0
        l = g(forget + see(pf, l)) * l + g(i + see(pi, l)) * f(c)
        return [g(o + see(po, l)) * f(l), l]
    return step


def gru_step(after, f=tanh, g=sigmoid):
    def step(a, u, b, extra, state):
        h = state[0]
        az, ar, ac = a.chunk(3, -1)
        uz, ur, uc = u.chunk(3, -1)
        bz, br, bc = b.chunk(3, -1)
        z, r = g(az + h @ uz + bz), g(ar + h @ ur + br)
        c = f(ac + r * (h @ uc + bc)) if after else f(ac + (r * h) @ uc + bc)
        return [z * h + (1 - z) * c]
    return step


def minimal_step(a, u, b, extra, state):
    forget, candidate = (a + state[0] @ u + b).chunk(2, -1)
    return [state[0] + sigmoid(forget) * (tanh(candidate) - state[0])]


def reading_step(a, u, b, extra, state):
    """Zhou et al. 2016 with the read gate, and a trainable scale of the candidate for each unit."""
    af, ac = a.chunk(2, -1)
    uf, uc = u.chunk(2, -1)
    forget = sigmoid(af + state[0] @ uf)
    candidate = tanh(extra[0] * (ac + (forget * state[0]) @ uc))
    return [(1 - forget) * state[0] + forget * candidate]


def extended(n, x, units, step, blocks=4, states=2, size=None, normalized=False, bias=1, reverse=False, initial=False, mask=None, sequences=False, epsilon=1e-3, first=None, last=None):
    """An LSTM whose h is projected, cells whose sums are normalized. `step(gates of the input, of the state, states)`."""
    size = size or units
    kernel = n.parameter(0, x.shape[-1], blocks * units)
    recurrent_kernel = n.parameter(0, size, blocks * units)
    biases = n.parameter(0, 2, blocks * units) if bias == 2 else n.parameter(0, blocks * units)[None] if bias == 1 else torch.zeros(1, blocks * units)
    norms = n.parameter(0, 4, blocks * units) if normalized else None
    long_norm = n.parameter(0, 2, units) if normalized and states == 2 else None
    projection = n.parameter(0, units, size) if size != units else None
    of = lambda values, gamma, beta: torch.nn.functional.layer_norm(values, values.shape[-1:], gamma, beta, epsilon)
    state = [torch.zeros(len(x), size)] + [torch.zeros(len(x), units)] * (states - 1)
    if initial:
        sizes = [size] + [units] * (states - 1)
        rows = n.parameter(0, sum(sizes)) if size != units else n.parameter(0, states, units).flatten()
        state = [row.expand(len(x), -1) for row in rows.split(sizes)]
    state = first or state
    results = [None] * x.shape[1]
    for t in reversed(range(x.shape[1])) if reverse else range(x.shape[1]):
        given, carried = x[:, t] @ kernel, state[0] @ recurrent_kernel
        if normalized:
            given, carried = of(given, norms[0], norms[2]), of(carried, norms[1], norms[3])
        fresh = step(given + biases[0], carried + (biases[1] if bias == 2 else 0), state, (lambda l: of(l, *long_norm)) if long_norm is not None else lambda l: l)
        if projection is not None:
            fresh[0] = fresh[0] @ projection
        if mask is not None:
            keep = (x[:, t] == mask).all(-1, keepdim=True)
            fresh = [torch.where(keep, old, new) for old, new in zip(state, fresh)]
        state = fresh
        results[t] = state[0]
    if last is not None:
        last.extend(state)
    return torch.stack(results, 1) if sequences else state[0]


def plain_lstm(a, u, state, norm):
    i, forget, c, o = (a + u).chunk(4, -1)
    l = norm(sigmoid(forget) * state[1] + sigmoid(i) * tanh(c))
    return [sigmoid(o) * tanh(l), l]


def plain_gru(a, u, state, norm):
    (az, ar, ac), (uz, ur, uc) = a.chunk(3, -1), u.chunk(3, -1)
    z = sigmoid(az + uz)
    return [z * state[0] + (1 - z) * tanh(ac + sigmoid(ar + ur) * uc)]


def plain_rnn(a, u, state, norm):
    return [tanh(a + u)]


def lines(x, axis, run):
    """Lines along an axis as the samples of `run`."""
    turned = x.movedim(axis, -2)
    found = run(turned.reshape(-1, *turned.shape[-2:]))
    if found.dim() == 2:
        return found.reshape(*turned.shape[:-2], found.shape[-1])
    return found.reshape(*turned.shape[:-1], found.shape[-1]).movedim(-2, axis)


def dual_path(n, x):
    """Along each frame in both directions, then through time in each band (Luo et al. 2020)."""
    x = torch.tanh(n.dense(x, 3))
    x = x + n.dense(lines(x, 2, lambda rows: two_ways(n, rows, 4, 3, 1, gru_step(True), sequences=True, bias=2)), 3)
    x = x + n.dense(lines(x, 1, lambda rows: recurrent(n, rows, 5, 4, 2, lstm_step(), sequences=True)), 3)
    return n.dense(lines(x, 2, lambda rows: extended(n, rows, 4, plain_lstm, size=3)), 2)


def masked_stack(n, x):
    """Steps of which no feature is positive are skipped by all layers."""
    x = torch.relu(x)
    skipped = (x == 0).all(-1)
    assert skipped.any(-1).all() and not skipped.all(-1).any()
    x = two_ways(n, x, 4, 3, 1, gru_step(True), bias=2, sequences=True, skipped=skipped)
    return n.dense(recurrent(n, x, 5, 4, 2, lstm_step(), sequences=True, skipped=skipped), 2)


def in_blocks(x, block, ahead, run):
    """`run(sequences, which steps are skipped)` for each block and the steps behind it that there are."""
    batch, time, features = x.shape
    count = -(-time // block)
    padded = torch.cat([x, torch.zeros(batch, count * block + ahead - time, features)], 1)
    sequences = torch.stack([padded[:, k * block:(k + 1) * block + ahead] for k in range(count)], 1).flatten(0, 1)
    skipped = torch.stack([torch.arange(k * block, (k + 1) * block + ahead) >= time for k in range(count)]).repeat(batch, 1)
    found = run(sequences, skipped)[:, :block]
    return found.reshape(batch, count * block, -1)[:, :time]


def blockwise(n, x):
    forward = recurrent(n, x, 4, 3, 1, gru_step(True), bias=2, sequences=True)
    backward = in_blocks(x, 3, 2, lambda rows, skipped: recurrent(n, rows, 4, 3, 1, gru_step(True), bias=2, sequences=True, reverse=True, skipped=skipped))
    x = torch.tanh(torch.cat([forward, backward], -1))
    forward = recurrent(n, x, 5, 4, 2, lstm_step(), sequences=True)
    backward = in_blocks(x, 2, 5, lambda rows, skipped: recurrent(n, rows, 5, 4, 2, lstm_step(), sequences=True, reverse=True, skipped=skipped))
    return n.dense(forward + backward, 2)


def grouped(n, x):
    halves = [recurrent(n, half, 3, 3, 1, gru_step(False), sequences=True) for half in x.chunk(2, -1)]
    return n.dense(torch.cat(halves, -1), 2)


def projected_states(n, x):
    """States of a projected LSTM go to another one."""
    first, last = [], []
    x = extended(n, x, 5, plain_lstm, size=3, sequences=True, last=first)
    x = extended(n, x, 5, plain_lstm, size=3, first=first, last=last)
    return n.dense(torch.cat([x, last[1]], -1), 2)


def two_ways(n, x, *arguments, **options):
    return torch.cat([recurrent(n, x, *arguments, reverse=reverse, **options) for reverse in (False, True)], -1)


def handed_on(n, x):
    """States from layer to layer: of an LSTM to one that reads backwards, whose long-term state begins a GRU."""
    first, second, third = [], [], []
    x = recurrent(n, x, 6, 4, 2, lstm_step(), sequences=True, last=first)
    x = recurrent(n, x, 6, 4, 2, lstm_step(peepholes="full"), sequences=True, extra=(6, 18), reverse=True, first=first, last=second)
    x = recurrent(n, x, 6, 3, 1, gru_step(True), bias=2, first=[second[1]], last=third)
    return n.dense((x + second[0]) * third[0], 2)


def begun(n, x):
    """First states that layers compute, rows of which each ends within a vector."""
    x = torch.tanh(n.dense(x, 3))
    first = torch.sigmoid(n.dense(x.flatten(1), 17))
    x = recurrent(n, x, 17, 1, 1, rnn_step(), sequences=True, first=[first])
    other = torch.tanh(n.dense(first, 5))
    both = n.dense(other, 5)
    last = []
    x = recurrent(n, x, 5, 4, 2, lstm_step(), first=[other, both], last=last)
    return n.dense(torch.cat([x, last[1]], -1), 3)


NETWORKS = {
    "simple_rnn": ((5, 3), lambda n, x: recurrent(n, x, 4, 1, 1, rnn_step())),
    "relu_rnn": ((5, 3), lambda n, x: recurrent(n, x, 4, 1, 1, rnn_step(torch.relu), sequences=True, bias=2)),
    "lstm": ((5, 3), lambda n, x: recurrent(n, x, 6, 4, 2, lstm_step())),
    "lstm_two_biases": ((4, 2), lambda n, x: recurrent(n, x, 3, 4, 2, lstm_step(), sequences=True, bias=2)),
    "lstm_hard": ((4, 2), lambda n, x: recurrent(n, x, 3, 4, 2, lstm_step(torch.relu, hard_sigmoid(0.2, 0.5)), bias=0)),
    "lstm_peepholes": ((5, 3), lambda n, x: recurrent(n, x, 4, 4, 2, lstm_step(peepholes="full"), sequences=True, extra=(4, 12))),
    "lstm_diagonal": ((5, 3), lambda n, x: recurrent(n, x, 4, 4, 2, lstm_step(peepholes="diagonal"), extra=(3, 4), initial=True)),
    "gru": ((5, 3), lambda n, x: recurrent(n, x, 5, 3, 1, gru_step(False), sequences=True)),
    "gru_two_biases": ((5, 3), lambda n, x: recurrent(n, x, 5, 3, 1, gru_step(False, g=hard_sigmoid(1 / 6, 0.5)), bias=2)),
    "gru_reset_after": ((5, 3), lambda n, x: recurrent(n, x, 5, 3, 1, gru_step(True), bias=2)),
    "gru_reversed": ((5, 3), lambda n, x: recurrent(n, x, 5, 3, 1, gru_step(True), sequences=True, bias=2, reverse=True)),
    "projected": ((5, 3), lambda n, x: extended(n, x, 6, plain_lstm, size=2, sequences=True)),
    "projected_stack": ((6, 3), lambda n, x: n.dense(extended(n, extended(n, x, 19, plain_lstm, size=7, bias=2, initial=True, sequences=True), 4, plain_lstm, size=3, reverse=True), 2)),
    "along_rows": ((3, 4, 2), lambda n, x: lines(x, 2, lambda rows: recurrent(n, rows, 5, 3, 1, gru_step(False), sequences=True, reverse=True))),
    "down_columns": ((3, 4, 2), lambda n, x: lines(x, 1, lambda rows: recurrent(n, rows, 5, 4, 2, lstm_step(), initial=True))),
    "dual_path": ((5, 4, 2), dual_path),
    "volume": ((2, 3, 4, 2), lambda n, x: lines(lines(lines(x, 1, lambda rows: recurrent(n, rows, 3, 1, 1, rnn_step(), sequences=True)), 2,
                                                lambda rows: recurrent(n, rows, 2, 1, 1, rnn_step(), sequences=True)), 3, lambda rows: recurrent(n, rows, 3, 3, 1, gru_step(True), bias=2))),
    "masked_stack": ((9, 2), masked_stack),
    "blockwise": ((8, 3), blockwise),
    "grouped_recurrent": ((5, 4), grouped),
    "projected_states": ((5, 3), projected_states),
    "normalized_lstm": ((5, 3), lambda n, x: extended(n, x, 6, plain_lstm, normalized=True, sequences=True)),
    "normalized_gru": ((5, 3), lambda n, x: extended(n, x, 5, plain_gru, 3, 1, normalized=True, bias=2, sequences=True, epsilon=1e-5)),
    "normalized_rnn": ((5, 3), lambda n, x: extended(n, x, 5, plain_rnn, 1, 1, normalized=True, bias=0, reverse=True)),
    "normalized_stack": ((5, 3), lambda n, x: n.dense(extended(n, torch.relu(extended(n, x, 17, plain_lstm, normalized=True, size=5, initial=True, sequences=True)), 4, plain_lstm, normalized=True, bias=2), 2)),
    "minimal": ((5, 3), lambda n, x: recurrent(n, x, 4, 2, 1, minimal_step)),
    "reading": ((5, 3), lambda n, x: recurrent(n, x, 4, 2, 1, reading_step, sequences=True, bias=0, extra=(1, 4))),
    "stacked": ((20, 3), lambda n, x: n.dense(recurrent(n, recurrent(n, torch.relu(recurrent(n, x, 17, 3, 1, gru_step(False), sequences=True)),
                                                                     20, 4, 2, lstm_step(), sequences=True, reverse=True), 5, 1, 1, rnn_step()), 2)),
    "both_directions": ((6, 3), lambda n, x: n.dense(two_ways(n, two_ways(n, x, 5, 3, 1, gru_step(True), sequences=True, bias=2), 4, 4, 2, lstm_step()), 2)),
    "handed_on": ((5, 3), handed_on),
    "begun": ((4, 3), begun),
    "each_step": ((6, 3), lambda n, x: torch.softmax(n.dense(recurrent(n, x, 4, 4, 2, lstm_step(), sequences=True), 3), -1)),
}


def check_torch():
    """The cells that torch has, with torch's own order of gates."""
    def own(units, blocks, states, step, order, module):
        n = Net()
        x = torch.randn(2, 5, 3)
        found = recurrent(n, x, units, blocks, states, step, sequences=True, bias=2)
        kernel, recurrent_kernel, bias = n.parameters
        turn = lambda m: torch.cat([m.chunk(blocks, -1)[k] for k in order], -1)
        names = dict(weight_ih_l0=turn(kernel).T, weight_hh_l0=turn(recurrent_kernel).T, bias_ih_l0=turn(bias[0]), bias_hh_l0=turn(bias[1]))
        for name, value in names.items():
            getattr(module, name).data = value.detach().clone()
        assert torch.allclose(found, module(x)[0], atol=1e-14), type(module)
        h = [torch.randn(2, units) for _ in range(states)]
        last = []
        n = Net()
        found = recurrent(n, x, units, blocks, states, step, sequences=True, bias=2, first=h, last=last)
        wanted, behind = module(x, tuple(one[None] for one in h) if states == 2 else h[0][None])
        assert torch.allclose(found, wanted, atol=1e-14), "first states"
        assert all(torch.allclose(a, b[0], atol=1e-14) for a, b in zip(last, behind if states == 2 else [behind])), "last states"
    own(4, 1, 1, rnn_step(), [0], torch.nn.RNN(3, 4, batch_first=True))
    own(4, 4, 2, lstm_step(), [0, 1, 2, 3], torch.nn.LSTM(3, 4, batch_first=True))
    n, x = Net(), torch.randn(2, 5, 3)
    found = extended(n, x, 4, plain_lstm, size=2, bias=2, sequences=True)
    kernel, recurrent_kernel, bias, projection = n.parameters
    module = torch.nn.LSTM(3, 4, batch_first=True, proj_size=2)
    for name, value in dict(weight_ih_l0=kernel.T, weight_hh_l0=recurrent_kernel.T, bias_ih_l0=bias[0], bias_hh_l0=bias[1], weight_hr_l0=projection.T).items():
        getattr(module, name).data = value.detach().clone()
    assert torch.allclose(found, module(x)[0], atol=1e-14), "projection"
    own(4, 3, 1, gru_step(True), [1, 0, 2], torch.nn.GRU(3, 4, batch_first=True))


def main():
    check_torch()
    print("// SPDX-License-Identifier: BSL-1.0\n// Written by make_recurrent_references.py.\n#pragma once\n\n// clang-format off\nnamespace references {\n")
    for name, (shape, network) in NETWORKS.items():
        values = network(Net(), Source(3).tensor(2, *shape)).flatten().tolist()
        lines, line = [], "   "
        for value in values:
            text = f" {value:.15g},"
            if len(line) + len(text) > 110:
                lines.append(line)
                line = "   "
            line += text
        print(f"inline constexpr double {name}[] = {{\n" + "\n".join(lines + [line]) + "\n};")
    print("\n}  // namespace references\n// clang-format on")


main()
