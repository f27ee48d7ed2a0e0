# SPDX-License-Identifier: BSL-1.0
"""The same transformers with PyTorch, random weights: `pytorch.py gpt2`, `bert` or `gpt_training FILE`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import seconds, serve
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and two dense layers; the norm before them or after."""

    def __init__(self, width, heads, norm_first, epsilon, activation):
        super().__init__()
        self.heads, self.norm_first, self.activation = heads, norm_first, activation
        self.in_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.first, self.second = nn.LayerNorm(width, eps=epsilon), nn.LayerNorm(width, eps=epsilon)
        self.cache = None

    def attend(self, x, mask, remember):
        batch, steps, width = x.shape
        q, k, v = (part.view(batch, steps, self.heads, -1).transpose(1, 2) for part in self.in_proj(x).chunk(3, -1))
        if remember:
            if self.cache is not None:
                k, v = torch.cat((self.cache[0], k), 2), torch.cat((self.cache[1], v), 2)
            self.cache = k, v
        scores = q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5
        if mask is not None:
            scores = scores.masked_fill(mask, -torch.inf)
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, width))

    def forward(self, x, mask=None, remember=False):
        if self.norm_first:
            x = x + self.attend(self.first(x), mask, remember)
            return x + self.down(self.activation(self.up(self.second(x))))
        x = self.first(x + self.attend(x, mask, remember))
        return self.second(x + self.down(self.activation(self.up(x))))


class GPT(nn.Module):
    def __init__(self, layers, width, heads, positions, vocabulary):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads, True, 1e-5, lambda x: functional.gelu(x, approximate="tanh"))
                                    for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens, start=0, remember=False):
        steps = tokens.shape[1]
        mask = torch.ones(steps, steps, dtype=torch.bool).triu(1) if steps > 1 else None
        x = self.wte(tokens) + self.wpe(torch.arange(start, start + steps))
        for block in self.blocks:
            x = block(x, mask, remember)
        return self.norm(x) @ self.wte.weight.t()


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(30522, 768), nn.Embedding(512, 768), nn.Embedding(2, 768)
        self.norm = nn.LayerNorm(768, eps=1e-12)
        self.layers = nn.ModuleList(Block(768, 12, False, 1e-12, functional.gelu) for _ in range(12))
        self.pooler = nn.Linear(768, 768)

    def forward(self, tokens, types):
        x = self.norm(self.words(tokens) + self.positions.weight[:tokens.shape[1]] + self.types(types))
        for layer in self.layers:
            x = layer(x)
        return torch.tanh(self.pooler(x[:, 0]))


def bert_input():
    return torch.tensor([[t * 7919 % 30522 for t in range(128)]]), torch.zeros(1, 128, dtype=torch.long)


def gpt2():
    net = GPT(12, 768, 12, 1024, 50257).eval()
    tokens = torch.tensor([[t * 7919 % 50257 for t in range(256)]])

    @torch.inference_mode()
    def begin():
        for block in net.blocks:
            block.cache = None
        net(tokens, 0, True)

    @torch.inference_mode()
    def go_on():
        for t in range(16):
            net(tokens[:, t:t + 1], 256 + t, True)

    def token():
        begin()
        return seconds(go_on) / 16

    serve({"token": token, "prompt": lambda: seconds(begin)})


def bert():
    net, inputs = Bert().eval(), bert_input()
    with torch.inference_mode():
        net(*inputs)
        serve({"forward": lambda: seconds(lambda: net(*inputs))})


def gpt_training():
    text = torch.frombuffer(bytearray(pathlib.Path(sys.argv[2]).read_bytes()), dtype=torch.uint8).long()
    rounds = (len(text) - 1) // (64 * 32)
    stream = rounds * 64
    samples = torch.stack([text[k * stream:(k + 1) * stream] for k in range(32)])
    targets = torch.stack([text[k * stream + 1:(k + 1) * stream + 1] for k in range(32)])
    net = GPT(6, 192, 6, 64, 96)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    last_loss = [0.0]

    def epoch():
        total = 0.0
        for r in range(rounds):
            window = slice(r * 64, (r + 1) * 64)
            optimizer.zero_grad()
            loss = functional.cross_entropy(net(samples[:, window]).reshape(-1, 96), targets[:, window].reshape(-1))
            loss.backward()
            optimizer.step()
            total += loss.item()
        last_loss[0] = total / rounds

    serve({"epoch": lambda: seconds(epoch), "loss": lambda: last_loss[0]})


if __name__ == "__main__":
    {"gpt2": gpt2, "bert": bert, "gpt_training": gpt_training}[sys.argv[1]]()
