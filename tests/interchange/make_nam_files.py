# SPDX-License-Identifier: BSL-1.0
"""Small amplifier files with random weights, tests/interchange/nam/*.nam, and, given a player's program `PLAYER FILE COUNT`
that prints its result for the signal of tests/interchange/nam.cpp, their results beside them."""
import json
import random
import subprocess
import sys
from pathlib import Path

folder = Path(__file__).parent / "nam"
FILMS = ("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film",
         "activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film")


def conv(inputs, outputs, taps=1, bias=True, groups=1):
    return inputs // groups * outputs * taps + (outputs if bias else 0)


def layer_weights(layer, index):
    channels, condition = layer["channels"], layer["condition_size"]
    bottleneck = layer.get("bottleneck", channels)
    mode = layer.get("gating_mode", "gated" if layer.get("gated") else "none")
    mode = mode[index] if isinstance(mode, list) else mode
    middle = bottleneck * (1 if mode == "none" else 2)
    taps = layer["kernel_sizes"][index] if "kernel_sizes" in layer else layer["kernel_size"]
    one, head = layer.get("layer1x1", {"active": True, "groups": 1}), layer.get("head1x1", {"active": False})
    count = conv(channels, middle, taps, True, layer.get("groups_input", 1))
    count += conv(condition, middle, 1, False, layer.get("groups_input_mixin", 1))
    if one["active"]:
        count += conv(bottleneck, channels, 1, True, one["groups"])
    if head["active"]:
        count += conv(bottleneck, head["out_channels"], 1, True, head["groups"])
    widths = (channels, middle, condition, middle, middle, bottleneck, channels, head.get("out_channels"))
    for name, width in zip(FILMS, widths):
        film = layer.get(name) or {"active": False}
        if film.get("active", True):
            count += conv(condition, width * (2 if film.get("shift", True) else 1), 1, True, film.get("groups", 1))
    return count


def wavenet(layers, scale=0.5, head=None, **more):
    count = 0
    for array in layers:
        count += conv(array["input_size"], array["channels"], 1, False)
        count += sum(layer_weights(array, i) for i in range(len(array["dilations"])))
        own = array.get("head") or {"out_channels": array.get("head_size"), "kernel_size": 1,
                                    "bias": array.get("head_bias")}
        wide = array.get("head1x1", {"active": False})
        inputs = wide["out_channels"] if wide["active"] else array.get("bottleneck", array["channels"])
        count += conv(inputs, own["out_channels"], own["kernel_size"], own["bias"])
    if head:
        inputs = own["out_channels"]
        for i, taps in enumerate(head["kernel_sizes"]):
            outputs = head["out_channels"] if i + 1 == len(head["kernel_sizes"]) else head["channels"]
            count += conv(inputs, outputs, taps)
            inputs = outputs
    config = {"layers": layers, "head": head, "head_scale": scale, **more}
    return model("WaveNet", config, numbers(count) + [scale])


def numbers(count):
    return [round(random.uniform(-0.7, 0.7), 4) for _ in range(count)]


def model(architecture, config, weights, **more):
    return {"version": "0.7.0", "metadata": {"loudness": -20.5, "gain": 0.25, "input_level_dbu": 12.5},
            "architecture": architecture, "config": config, "weights": weights, "sample_rate": 48000, **more}


def array(channels=2, inputs=1, condition=1, dilations=(1, 3), head=(1, 1, True), activation="Tanh", taps=3, **more):
    made = {"input_size": inputs, "condition_size": condition, "channels": channels, "kernel_size": taps,
            "dilations": list(dilations), "activation": activation,
            "head": dict(zip(("out_channels", "kernel_size", "bias"), head)), **more}
    if "kernel_sizes" in more:
        del made["kernel_size"]
    return made


def main():
    random.seed(1)
    leaky = {"type": "LeakyReLU", "negative_slope": 0.01}
    on = {"active": True, "shift": True, "groups": 1}
    hard = {"type": "LeakyHardtanh", "min_val": 0.0, "max_val": 0.9, "min_slope": 0.0, "max_slope": 0.02}
    slopes = {"type": "PReLU", "negative_slopes": [0.04, 0.3]}
    sizes = [6] * 14 + [15, 15] + [6] * 7
    steps = [1, 3, 7, 17, 41, 101, 239] * 2 + [1, 13] + [1, 3, 7, 17, 41, 101, 239]
    off = {name: {"active": False, "shift": True, "groups": 1} for name in FILMS}
    a2 = {"dilations": steps, "kernel_sizes": sizes, "activation": [leaky] * 23, "gating_mode": ["none"] * 23,
          "secondary_activation": [None] * 23, "slimmable": None, "head1x1": {"active": False, "out_channels": 1,
          "groups": 1}, "layer1x1": {"active": True, "groups": 1}, "head": (1, 16, True), **off}
    inner = wavenet([array(2, head=(3, 1, True))])
    files = {
        "sizes": wavenet([array(2, head=(3, 2, False), kernel_sizes=[2, 4], activation=[leaky, slopes]),
                          array(3, 2, dilations=(2,), head=(1, 4, True), activation="Softsign")]),
        "secondary": wavenet([array(gated=True, gating_mode="gated", secondary_activation="ReLU", bottleneck=3)]),
        "blended": wavenet([array(gating_mode=["blended", "gated"], secondary_activation=[hard, "Sigmoid"],
                                  activation=["Tanh", "Hardswish"])]),
        "film": wavenet([array(dilations=(1, 2), gating_mode="blended", bottleneck=2, condition=1,
                               head1x1={"active": True, "out_channels": 2, "groups": 1},
                               **{name: dict(on, shift=name != "conv_post_film") for name in FILMS})]),
        "groups": wavenet([array(4, groups_input=2, head1x1={"active": True, "out_channels": 2, "groups": 2},
                                 layer1x1={"active": True, "groups": 4})]),
        "alone": wavenet([array(2, layer1x1={"active": False, "groups": 1})]),
        "head": wavenet([array(2, head=(2, 1, True))],
                        head={"channels": 3, "out_channels": 1, "kernel_sizes": [3, 2], "activation": "ReLU"}),
        "condition": wavenet([array(2, condition=3)], condition_dsp=inner),
        "conv_net": model("ConvNet", {"channels": 2, "dilations": [1, 4], "batchnorm": False, "activation": "ReLU"},
                          numbers(4 + 2 + 8 + 2 + 3)),
        "conv_net_normalized": model("ConvNet", {"channels": 2, "dilations": [1, 4], "batchnorm": True,
                                                 "activation": "Tanh"}, None),
        "linear": model("Linear", {"receptive_field": 5, "bias": True}, numbers(6)),
        "lstm": model("LSTM", {"num_layers": 2, "hidden_size": 2, "input_size": 1},
                      numbers(8 * 3 + 8 + 4 + 8 * 4 + 8 + 4 + 3)),
        "a2": model("SlimmableContainer", {"submodels": [
            {"max_value": 0.5, "model": wavenet([array(3, **a2)], 0.3)},
            {"max_value": 1.0, "model": wavenet([array(4, **a2)], 0.3)}]}, []),
    }
    norm = lambda: numbers(2) + [0.5, 1.5] + numbers(4) + [1e-3]
    files["conv_net_normalized"]["weights"] = numbers(4) + norm() + numbers(8) + norm() + numbers(3)
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / (name + ".nam")
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
        if len(sys.argv) > 1:
            result = subprocess.run([sys.argv[1], path, "64"], check=True, capture_output=True, text=True).stdout
            (folder / (name + ".csv")).write_text(result)


if __name__ == "__main__":
    main()
