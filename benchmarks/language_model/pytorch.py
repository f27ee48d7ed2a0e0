# SPDX-License-Identifier: BSL-1.0
"""The same character language model with PyTorch: `pytorch.py FILE`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import seconds, serve
from torch import nn
from torch.nn import functional

TIME, BATCH = 64, 32
text = torch.frombuffer(bytearray(pathlib.Path(sys.argv[1]).read_bytes()), dtype=torch.uint8).long()
rounds = (len(text) - 1) // (TIME * BATCH)
stream = rounds * TIME
samples = torch.stack([text[k * stream:(k + 1) * stream] for k in range(BATCH)])
targets = torch.stack([text[k * stream + 1:(k + 1) * stream + 1] for k in range(BATCH)])


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(96, 64)
        self.lstm = nn.LSTM(64, 64, batch_first=True)
        self.dense = nn.Linear(64, 96)

    def forward(self, numbers):
        return self.dense(self.lstm(self.embedding(numbers))[0])


net = LanguageModel()
optimizer = torch.optim.SGD(net.parameters(), 0.5, momentum=0.9)
last_loss = 0.0


def epoch():
    global last_loss
    total = 0.0
    for r in range(rounds):
        window = slice(r * TIME, (r + 1) * TIME)
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(samples[:, window]).reshape(-1, 96), targets[:, window].reshape(-1))
        loss.backward()
        optimizer.step()
        total += loss.item()
    last_loss = total / rounds


serve({"epoch": lambda: seconds(epoch), "loss": lambda: last_loss})
