# SPDX-License-Identifier: BSL-1.0
"""Writes torch_files/*: what torch.save makes of state dicts and checkpoints, in its two formats, and torch_files.hpp: what is
in them. Made with PyTorch 1.13 (Debian's python3-torch)."""
import argparse
import collections
import json
import pathlib
import zipfile

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "torch_files"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(2, 1)


def main():
    FOLDER.mkdir(exist_ok=True)
    # The same network as cnn.json and cnn.safetensors.
    document = json.loads((HERE / "state_dicts" / "cnn.json").read_text())
    state = collections.OrderedDict(
        (key, torch.tensor(value, dtype=torch.int64 if isinstance(value, int) else torch.float32))
        for key, value in document["state_dict"].items())
    torch.save(state, FOLDER / "cnn.pt")
    torch.save(state, FOLDER / "cnn_old.pt", _use_new_zipfile_serialization=False)
    optimizer = torch.optim.Adam([nn.Parameter(torch.ones(3))])
    torch.save({"epoch": 3, "state_dict": state, "optimizer": optimizer.state_dict(), "loss": 0.25},
               FOLDER / "checkpoint.pt")
    torch.save({"epoch": 3, "model": state, "arguments": argparse.Namespace(rate=0.1, names=["a", "b"])},
               FOLDER / "unknown_beside.pt")

    # Storages that are shared, transposed, cut out; every type; parameters; nothing.
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    tensors = collections.OrderedDict(
        base=base, transposed=base.t(), row=base[2], column=base[:, 1], block=base[1:3, 2:5], backwards_axes=base.reshape(2, 3, 4).permute(2, 0, 1),
        parameter=nn.Parameter(torch.tensor([1.5, -2.0])), half=torch.tensor([0.5, -0.1], dtype=torch.float16),
        bfloat16=torch.tensor([0.5, -0.1], dtype=torch.bfloat16), double=torch.tensor([[0.1], [0.2]], dtype=torch.float64),
        long=torch.tensor(5), int=torch.tensor([-3], dtype=torch.int32), short=torch.tensor([7], dtype=torch.int16),
        char=torch.tensor([-7], dtype=torch.int8), byte=torch.tensor([200], dtype=torch.uint8),
        bool=torch.tensor([True, False]), empty=torch.zeros(0, 3), scalar=torch.tensor(0.75), one=torch.ones(1, 1, 1))
    torch.save(tensors, FOLDER / "strides.pt")
    torch.save(tensors, FOLDER / "strides_old.pt", _use_new_zipfile_serialization=False)

    # What is no state dict.
    torch.save(Net(), FOLDER / "module.pt")
    torch.save(tensors["base"], FOLDER / "tensor.pt")
    torch.save({"a": torch.tensor([1.0]).to_sparse()}, FOLDER / "sparse.pt")
    torch.save({"a": torch.zeros(2), "b": {"c": 1}}, FOLDER / "nested.pt")
    torch.jit.save(torch.jit.trace(nn.Linear(2, 1), torch.zeros(1, 2)), FOLDER / "script.pt")

    lines = ["// SPDX-License-Identifier: BSL-1.0", "// Made by make_torch_files.py.", "#pragma once", "#include <vector>",
             "namespace torch_files {", "struct tensor {", "    const char* name;", "    const char* type;",
             "    std::vector<std::size_t> shape;", "    std::vector<double> values;", "};",
             "inline const std::vector<tensor> strides = {"]
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64",
             torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}
    for key, value in tensors.items():
        numbers = ", ".join(repr(float(v)) for v in value.detach().flatten().tolist())
        lines.append(f'    {{"{key}", "{names[value.dtype]}", {{{", ".join(map(str, value.shape))}}}, {{{numbers}}}}},')
    (HERE / "torch_files.hpp").write_text("\n".join(lines + ["};", "}  // namespace torch_files", ""]))
    for path in sorted(FOLDER.glob("*.pt")):
        print(path.name, path.stat().st_size, zipfile.is_zipfile(path))


if __name__ == "__main__":
    main()
