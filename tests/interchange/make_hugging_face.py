#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes hugging_face/*: weights in the names and layouts of Hugging Face's GPT-2 and BERT, random, and hugging_face.hpp: what
PyTorch's functions compute with them in double precision. Run it with the Python that has torch (Debian: python3-torch).

The modules are written here from the papers; their parameters have the names of the published files.
"""
import collections
import json
import pathlib
import struct

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "hugging_face"
torch.manual_seed(7)

WIDTH, HEADS, LAYERS = 8, 2, 2
GPT_VOCABULARY, GPT_POSITIONS = 13, 10
BERT_VOCABULARY, BERT_POSITIONS = 17, 512


def drawn(*shape, mean=0.0, deviation=0.4):
    return (mean + deviation * torch.randn(*shape, dtype=torch.float64)).float()


def linear(name, inputs, outputs):
    return {f"{name}.weight": drawn(outputs, inputs), f"{name}.bias": drawn(outputs)}


def conv1d(name, inputs, outputs):
    """The layer of OpenAI's code: a matrix {inputs, outputs}."""
    return {f"{name}.weight": drawn(inputs, outputs), f"{name}.bias": drawn(outputs)}


def norm(name, width):
    return {f"{name}.weight": drawn(width, mean=1, deviation=0.2), f"{name}.bias": drawn(width)}


def gpt2():
    made = {"wte.weight": drawn(GPT_VOCABULARY, WIDTH), "wpe.weight": drawn(GPT_POSITIONS, WIDTH)}
    for i in range(LAYERS):
        made |= norm(f"h.{i}.ln_1", WIDTH) | conv1d(f"h.{i}.attn.c_attn", WIDTH, 3 * WIDTH) | conv1d(f"h.{i}.attn.c_proj", WIDTH, WIDTH)
        made |= norm(f"h.{i}.ln_2", WIDTH) | conv1d(f"h.{i}.mlp.c_fc", WIDTH, 4 * WIDTH) | conv1d(f"h.{i}.mlp.c_proj", 4 * WIDTH, WIDTH)
    return made | norm("ln_f", WIDTH)


def attention(q, k, v, seen):
    q, k, v = (x.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2) for x in (q, k, v))
    scores = (q @ k.transpose(-1, -2) / (WIDTH // HEADS)**0.5).masked_fill(~seen, -torch.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def run_gpt2(weights, tokens):
    w = {name: tensor.double() for name, tensor in weights.items()}

    def layer(name, x):
        return x @ w[f"{name}.weight"] + w[f"{name}.bias"]

    def normed(name, x):
        return F.layer_norm(x, (WIDTH,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)
    steps = tokens.shape[1]
    x = w["wte.weight"][tokens] + w["wpe.weight"][:steps]
    seen = torch.ones(steps, steps, dtype=torch.bool).tril()
    for i in range(LAYERS):
        q, k, v = layer(f"h.{i}.attn.c_attn", normed(f"h.{i}.ln_1", x)).chunk(3, -1)
        x = x + layer(f"h.{i}.attn.c_proj", attention(q, k, v, seen))
        hidden = F.gelu(layer(f"h.{i}.mlp.c_fc", normed(f"h.{i}.ln_2", x)), approximate="tanh")
        x = x + layer(f"h.{i}.mlp.c_proj", hidden)
    x = normed("ln_f", x)
    return x, x @ w["wte.weight"].T


def bert():
    made = {"embeddings.word_embeddings.weight": drawn(BERT_VOCABULARY, WIDTH), "embeddings.position_embeddings.weight": drawn(BERT_POSITIONS, WIDTH),
            "embeddings.token_type_embeddings.weight": drawn(2, WIDTH)} | norm("embeddings.LayerNorm", WIDTH)
    for i in range(LAYERS):
        at = f"encoder.layer.{i}"
        for part in ("query", "key", "value"):
            made |= linear(f"{at}.attention.self.{part}", WIDTH, WIDTH)
        made |= linear(f"{at}.attention.output.dense", WIDTH, WIDTH) | norm(f"{at}.attention.output.LayerNorm", WIDTH)
        made |= linear(f"{at}.intermediate.dense", WIDTH, 4 * WIDTH) | linear(f"{at}.output.dense", 4 * WIDTH, WIDTH) | norm(f"{at}.output.LayerNorm", WIDTH)
    return made | linear("pooler.dense", WIDTH, WIDTH)


def heads():
    return {"cls.predictions.bias": drawn(BERT_VOCABULARY)} | linear("cls.predictions.transform.dense", WIDTH, WIDTH) | \
        norm("cls.predictions.transform.LayerNorm", WIDTH) | linear("cls.seq_relationship", WIDTH, 2)


def run_bert(weights, tokens, types, mask):
    w = {name: tensor.double() for name, tensor in weights.items()}

    def layer(name, x):
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def normed(name, x):
        return F.layer_norm(x, (WIDTH,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-12)
    x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.position_embeddings.weight"][:tokens.shape[1]] + w["embeddings.token_type_embeddings.weight"][types]
    x = normed("embeddings.LayerNorm", x)
    for i in range(LAYERS):
        at = f"encoder.layer.{i}"
        q, k, v = (layer(f"{at}.attention.self.{part}", x) for part in ("query", "key", "value"))
        x = normed(f"{at}.attention.output.LayerNorm", x + layer(f"{at}.attention.output.dense", attention(q, k, v, mask[:, None, None])))
        x = normed(f"{at}.output.LayerNorm", x + layer(f"{at}.output.dense", F.gelu(layer(f"{at}.intermediate.dense", x))))
    pooled = torch.tanh(layer("pooler.dense", x[:, 0]))
    if "cls.predictions.bias" not in w:
        return x, pooled
    transformed = normed("cls.predictions.transform.LayerNorm", F.gelu(layer("cls.predictions.transform.dense", x)))
    return pooled, transformed @ w["embeddings.word_embeddings.weight"].T + w["cls.predictions.bias"], layer("cls.seq_relationship", pooled)


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        kind = {torch.float32: "F32", torch.int64: "I64", torch.uint8: "U8", torch.float16: "F16"}[tensor.dtype]
        raw = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def listed(name, tensor):
    numbers = [f"{value:.17g}" for value in tensor.flatten().tolist()]
    lines = "".join("    " + ", ".join(numbers[i:i + 5]) + ",\n" for i in range(0, len(numbers), 5))
    return f"inline constexpr double {name}[] = {{\n{lines}}};\n"


def main():
    FOLDER.mkdir(exist_ok=True)
    weights = gpt2()
    tokens = torch.tensor([[3, 0, 12, 3, 7, 1], [5, 5, 2, 9, 11, 4]])
    hidden, logits = run_gpt2(weights, tokens)
    text = listed("gpt2_hidden", hidden) + listed("gpt2_logits", logits)
    write_safetensors(FOLDER / "gpt2.safetensors", weights)
    # As older versions saved GPT2LMHeadModel: buffers, the prefix, and the table twice.
    state = collections.OrderedDict()
    for name, tensor in weights.items():
        state[f"transformer.{name}"] = tensor
        if name.endswith("attn.c_attn.weight"):
            at = name.removesuffix("c_attn.weight")
            state[f"transformer.{at}bias"] = torch.ones(GPT_POSITIONS, GPT_POSITIONS, dtype=torch.uint8).tril().view(1, 1, GPT_POSITIONS, GPT_POSITIONS)
            state[f"transformer.{at}masked_bias"] = torch.tensor(-1e4)
    state["lm_head.weight"] = state["transformer.wte.weight"]
    torch.save(state, FOLDER / "gpt2_lm.bin")
    (FOLDER / "gpt2_config.json").write_text(json.dumps(
        {"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 12, "embd_pdrop": 0.1, "eos_token_id": 12,
         "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": GPT_POSITIONS, "n_embd": WIDTH, "n_head": HEADS, "n_layer": LAYERS,
         "n_positions": GPT_POSITIONS, "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1, "summary_proj_to_labels": True,
         "summary_type": "cls_index", "summary_use_proj": True, "vocab_size": GPT_VOCABULARY}, indent=1))

    weights, more = bert(), heads()
    tokens = torch.tensor([[2, 7, 16, 3, 9, 3], [2, 4, 3, 0, 0, 0]])
    types = torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]])
    mask = tokens != 0
    _, pooled = run_bert(weights, tokens, types, torch.ones_like(mask))
    text += listed("bert_pooled_unmasked", pooled)
    pooled, words, next_sentence = run_bert(weights | more, tokens, types, mask)
    text += listed("bert_pooled", pooled) + listed("bert_words", words) + listed("bert_next_sentence", next_sentence)
    whole = {f"bert.{name}": tensor for name, tensor in weights.items()} | more
    write_safetensors(FOLDER / "bert_pre_training.safetensors", whole)
    # As older versions saved BertModel: gamma and beta, and the numbers of positions.
    state = collections.OrderedDict({"embeddings.position_ids": torch.arange(BERT_POSITIONS)[None]})
    for name, tensor in weights.items():
        state[name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")] = tensor
    torch.save(state, FOLDER / "bert.bin")
    (FOLDER / "bert_config.json").write_text(json.dumps(
        {"architectures": ["BertForPreTraining"], "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": False, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
         "hidden_size": WIDTH, "initializer_range": 0.02, "intermediate_size": 4 * WIDTH, "layer_norm_eps": 1e-12, "max_position_embeddings": BERT_POSITIONS,
         "model_type": "bert", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "pad_token_id": 0, "position_embedding_type": "absolute",
         "transformers_version": "4.6.0", "type_vocab_size": 2, "use_cache": True, "vocab_size": BERT_VOCABULARY}, indent=1))
    (HERE / "hugging_face.hpp").write_text(
        "// SPDX-License-Identifier: BSL-1.0\n"
        f"// Written by make_hugging_face.py with PyTorch {torch.__version__}: results with the weights of hugging_face/, two samples each.\n"
        "#pragma once\n\n// clang-format off\nnamespace hugging_face {\n\n" + text + "\n}  // namespace hugging_face\n// clang-format on\n")


if __name__ == "__main__":
    main()
