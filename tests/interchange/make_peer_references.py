# SPDX-License-Identifier: BSL-1.0
"""Outputs of models that came without, computed by PyTorch: examples/data/peers/references/. Needs python3-torch."""
import json
import math
import pathlib

import torch

PEERS = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "data" / "peers"
STEPS = 300
torch.set_default_dtype(torch.float64)
signal = torch.tensor([0.6 * math.sin(0.07 * t) + 0.3 * math.sin(0.9 * t + 0.002 * t * t) for t in range(STEPS)]).reshape(1, STEPS, 1)


def write(name, result):
    folder = PEERS / "references"
    folder.mkdir(exist_ok=True)
    rows = [f"{float(x):.9g},{float(y):.9g}" for x, y in zip(signal.flatten(), result.flatten())]
    (folder / name).write_text("input,output\n" + "\n".join(rows) + "\n")


def recurrent(kind, inputs, units, state):
    made = kind(inputs, units, batch_first=True)
    made.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return made


for name, kind in (("gru8_ts9_pytorch", torch.nn.GRU), ("lstm8_ts9_pytorch", torch.nn.LSTM)):
    state = json.loads((PEERS / "neural-seed" / f"{name}.json").read_text())["state_dict"]
    layer = recurrent(kind, 1, 8, {key[4:]: value for key, value in state.items() if key.startswith("rec.")})
    weight, bias = torch.tensor(state["lin.weight"]), torch.tensor(state["lin.bias"])
    write(f"{name}.csv", layer(signal)[0] @ weight.T + bias + signal)

# Keras layouts: dense {in, out}, conv1d {tap, in, out}, GRU columns z, r, h and two biases.
dense, conv, gru, head = [[torch.tensor(w, dtype=torch.float64) for w in layer["weights"]]
                          for layer in json.loads((PEERS / "rtneural" / "full_model.json").read_text())["layers"]]
x = torch.tanh(signal @ dense[0] + dense[1])
x = torch.nn.functional.conv1d(torch.nn.functional.pad(x.transpose(1, 2), (4, 0)), conv[0].permute(2, 1, 0), conv[1], dilation=2)
x = torch.tanh(x).transpose(1, 2)


def pytorch_order(matrix):
    z, r, h = matrix.chunk(3, dim=-1)
    return torch.cat([r, z, h], dim=-1)


layer = recurrent(torch.nn.GRU, 4, 8, {"weight_ih_l0": pytorch_order(gru[0]).T.tolist(), "weight_hh_l0": pytorch_order(gru[1]).T.tolist(),
                                       "bias_ih_l0": pytorch_order(gru[2])[0].tolist(), "bias_hh_l0": pytorch_order(gru[2])[1].tolist()})
write("full_model.csv", layer(x)[0] @ head[0] + head[1])
