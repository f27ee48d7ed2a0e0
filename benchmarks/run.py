#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs the comparison with other libraries and prints it as tables in markdown. One thread everywhere. All
contenders are processes that live through the whole run and take turns, round after round; figures are medians over
rounds of processor time, and ratios of them. Needs what benchmarks/peers/setup.sh installs.

    benchmarks/peers/setup.sh && benchmarks/run.py                 everything
    benchmarks/run.py --parts forward --rounds 60                  only some of it
    benchmarks/run.py --smoke                                      whether it runs: archetype alone, built with g++ -O1, one
                                                                   round of everything; needs no other library
"""
import argparse
import array
import os
import pathlib
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "peers"), str(HERE.parent / "tools")]
from contender import Contender
import harness

ROOT = HERE.parent
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
DATA = ROOT / "examples" / "data"
WORDS = pathlib.Path("/usr/share/dict/web2")
PARTS = ("forward", "networks", "training", "optimizer", "language", "depthwise", "winograd", "int8", "transformers", "volumes")  # that programs are built for
CORES = ("", "Haswell", "Zen", "SkylakeX")  # OPENBLAS_CORETYPE; empty: OpenBLAS decides


# Title, type, multiply-accumulates.
NETWORKS = {"alexnet": ("AlexNet (one tower, narrow)", "narrow_alexnet<>", 714188480),
            "vgg16": ("VGG D (16 layers)", "vgg_d<>", 15470264320),
            "resnet50": ("ResNet-50", "resnet50<>", 4089184256),
            "mobilenet": ("MobileNet v1", "mobilenet<>", 568740352),
            "mobilenet_v3": ("MobileNet v3 large", "mobilenet_v3_large<>", 216589760),
            "efficientnet": ("EfficientNet-B0", "efficientnet_b0<>", 385814752)}


# The same with convolutions by Winograd's filtering.
FILTERED = {"vgg16": NETWORKS["vgg16"], "resnet34": ("ResNet-34", "resnet34<>", 3663761920), "resnet50": NETWORKS["resnet50"]}
WINOGRAD_LAYERS = ((56, 64), (28, 128), (14, 256), (7, 512), (112, 128), (56, 256), (28, 512), (14, 512))  # winograd/problem.hpp

# Those in 8 bits, and int8/problem.hpp: pixels, channels in, filters, window, stride, whether each channel is on its own.
NARROW = {name: NETWORKS[name] for name in ("vgg16", "resnet50", "mobilenet")}
NARROW_LAYERS = ((56, 64, 64, 3, 1, 0), (28, 128, 128, 3, 1, 0), (14, 256, 256, 3, 1, 0), (7, 512, 512, 3, 1, 0), (112, 128, 128, 3, 1, 0),
                 (56, 256, 256, 3, 1, 0), (56, 64, 256, 1, 1, 0), (56, 256, 64, 1, 1, 0), (14, 1024, 256, 1, 1, 0), (7, 512, 2048, 1, 1, 0),
                 (28, 256, 256, 3, 2, 0), (56, 256, 512, 1, 2, 0), (224, 3, 64, 7, 2, 0), (224, 3, 64, 3, 1, 0), (112, 64, 64, 3, 1, 1),
                 (56, 128, 128, 3, 2, 1), (14, 512, 512, 3, 1, 1), (1, 784, 512, 1, 1, 0), (1, 1024, 1024, 1, 1, 0), (1, 4096, 4096, 1, 1, 0))


# Multiply-accumulates: of a text of 128 tokens through BERT base; of one token through the GPT that is trained.
BERT_PRODUCTS = 12 * (128 * 12 * 768 * 768 + 2 * 128 * 128 * 768) + 768 * 768
GPT_PRODUCTS = 6 * (12 * 192 * 192 + 2 * 64 * 192) + 192 * 96
STORIES = HERE.parent / "examples" / "data" / "stories260k"


def build(options):
    """Compiles the programs of the chosen parts that are older than a source; returns their folder."""
    folder = options.build
    folder.mkdir(parents=True, exist_ok=True)
    own = ["-std=c++20", "-DARCHETYPE_HAS_ZLIB=1", f"-I{ROOT / 'include'}"]
    peer = ["-std=c++17", "-w"]
    tiny = ["-std=c++14", "-w", "-DCNN_SINGLE_THREAD", "-DCNN_USE_AVX", f"-I{options.peers / 'include'}",
            "-I/usr/include/gemmlowp"]
    jobs = [("peak", "g++", "peers/peak.cpp", own, ["-lz"]),
            ("forward_onnx_runtime", "g++", "peers/onnx_runtime.cpp", peer, ["-lz", "-ldl"])]
    for part, source in (("forward", "lenet5_forward"), ("training", "training")):
        jobs += [(f"{part}_g++", "g++", f"{source}/archetype.cpp", own, ["-lz"]),
                 (f"{part}_clang++", options.clang, f"{source}/archetype.cpp", own, ["-lz"]),
                 (f"{part}_dlib", "g++", f"{source}/dlib.cpp", peer, ["-ldlib", "-lopenblas", "-lz"]),
                 (f"{part}_tiny_dnn", "g++", f"{source}/tiny_dnn.cpp", tiny, ["-lz", "-pthread"])]
    jobs += [(f"optimizer_{name}", compiler, "optimizer_step/archetype.cpp", own, ["-lz"])
             for name, compiler in (("g++", "g++"), ("clang++", options.clang))]
    jobs += [("depthwise_g++", "g++", "depthwise/archetype.cpp", own, ["-lz"]),
             ("depthwise_clang++", options.clang, "depthwise/archetype.cpp", own, ["-lz"]),
             ("depthwise_onednn", "g++", "depthwise/onednn.cpp", peer, ["-ldnnl", "-lz"])]
    jobs += [("winograd_layers_onednn", "g++", "winograd/onednn.cpp", peer, ["-ldnnl", "-lz"])]
    for label, compiler in (("g++", "g++"), ("clang++", options.clang)):
        jobs += [(f"winograd_layers_{label}", compiler, "winograd/archetype.cpp", own, ["-lz"])]
        for way, flags in (("direct", []), ("filtered", ["-DARCHETYPE_WINOGRAD"])):
            jobs += [(f"winograd_{name}_{way}_{label}", compiler, "whole_networks/archetype.cpp",
                      [*own, *flags, f"-DARCHETYPE_NETWORK={network}"], ["-lz"]) for name, (_, network, _) in FILTERED.items()]
            jobs += [(f"winograd_training_{way}_{label}", compiler, "winograd/training.cpp", [*own, *flags], ["-lz"])]
    jobs += [("int8_layers_onednn", "g++", "int8/onednn.cpp", peer, ["-ldnnl", "-lz"])]
    for label, compiler in (("g++", "g++"), ("clang++", options.clang)):
        some = ["-DARCHETYPE_LAYERS=1"] if options.smoke else []
        jobs += [(f"int8_layers_{label}", compiler, "int8/archetype.cpp", [*own, *some], ["-lz"])]
        jobs += [(f"int8_{name}_{way}_{label}", compiler, source, [*own, f"-DARCHETYPE_NETWORK={network}"], ["-lz"])
                 for name, (_, network, _) in NARROW.items() for way, source in (("bytes", "int8/network.cpp"), ("floats", "whole_networks/archetype.cpp"))]
    jobs += [(f"networks_{name}_{label}", compiler, "whole_networks/archetype.cpp",
              [*own, f"-DARCHETYPE_NETWORK={network}"], ["-lz"])
             for name, (_, network, _) in NETWORKS.items() if name in options.networks
             for label, compiler in (("g++", "g++"), ("clang++", options.clang))]
    jobs += [("volumes_g++", "g++", "volumes/archetype.cpp", own, ["-lz"]), ("volumes_clang++", options.clang, "volumes/archetype.cpp", own, ["-lz"])]
    jobs += [("language_g++", "g++", "language_model/archetype.cpp", own, ["-lz"]),
             ("language_clang++", options.clang, "language_model/archetype.cpp", own, ["-lz"])]
    jobs += [(f"transformers_{name}_{label}", compiler, f"transformers/{name}.cpp", own, ["-lz"])
             for name in ("bert", "gpt2", "gpt_training", "stories") for label, compiler in (("g++", "g++"), ("clang++", options.clang))]
    if options.smoke:
        # The own library by one compiler, in a folder of its own: it is not optimized.
        jobs = [(name, compiler, source, flags, libraries) for name, compiler, source, flags, libraries in jobs
                if compiler == "g++" and "archetype" in source + "archetype" * (name == "peak" or "stories" in name)
                and not (name.startswith("networks") and not name.startswith("networks_mobilenet_g"))
                and not (name.startswith(("winograd", "int8")) and "layers" not in name)]
        # What whole_networks/traffic.py runs below a simulated cache.
        jobs += [("networks_traffic", "g++", "whole_networks/traffic.cpp", [*own, "-DARCHETYPE_NETWORK=mobilenet_v3_small<>"], [])]
    sources = [p for place in (ROOT / "include", HERE) for p in place.rglob("*.[ch]pp")]
    newest = max(p.stat().st_mtime for p in sources)
    for name, compiler, source, flags, libraries in jobs:
        target = folder / name
        wanted = name == "peak" or name.split("_")[0] in options.parts or (
            name == "forward_onnx_runtime" and {"networks", "winograd", "int8"} & set(options.parts))
        if not wanted or (target.exists() and target.stat().st_mtime > newest):
            continue
        print(f"compiling {name}", file=sys.stderr)
        subprocess.run([compiler, *flags, "-O1" if options.smoke else "-O3", "-march=native", "-DNDEBUG", str(HERE / source), "-o", str(target), *libraries],
                       check=True)
    if options.smoke:
        for name, count in (("weights", 61706), ("image", 32 * 32), ("photo", 224 * 224 * 3)):
            (folder / f"{name}.f32").write_bytes(array.array("f", (random.uniform(-0.1, 0.1) for _ in range(count))).tobytes())
        return folder
    if "forward" in options.parts and not (folder / "lenet5.onnx").exists():
        subprocess.run([PYTHON, HERE / "lenet5_forward" / "export.py", folder], check=True)
    if "networks" in options.parts and not all((folder / f"{name}.onnx").exists() for name in options.networks):
        subprocess.run([PYTHON, HERE / "whole_networks" / "export.py", folder, *options.networks], check=True)
    if "winograd" in options.parts and not all((folder / f"{name}.onnx").exists() for name in FILTERED):
        subprocess.run([PYTHON, HERE / "whole_networks" / "export.py", folder, *FILTERED], check=True)
    if "int8" in options.parts and not all((folder / f"{name}_qdq.onnx").exists() for name in NARROW):
        subprocess.run([PYTHON, HERE / "whole_networks" / "export.py", folder, *NARROW], check=True)
        subprocess.run([PYTHON, HERE / "int8" / "quantize_onnx.py", folder, *NARROW], check=True)
    return folder


def fastest_core():
    """The OPENBLAS_CORETYPE with the fastest matrix products on this processor, and the figures of all."""
    figures = {}
    for core in CORES:
        environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        environment.pop("OPENBLAS_CORETYPE", None)
        if core:
            environment["OPENBLAS_CORETYPE"] = core
        done = subprocess.run([PYTHON, HERE / "peers" / "openblas_core.py"], env=environment, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        figures[core] = sum(map(float, done.stdout.split())) / 2
    # OpenBLAS decides unless that costs something.
    best = max(CORES, key=lambda core: figures[core] * (1.05 if not core else 1))
    return best, ", ".join(f"{core or 'not set'} {figures[core]:.0f}" for core in CORES)


def start(options, commands, core):
    """A process for each contender; those that were not built in the smallest form are left out."""
    wanted = {name: command for name, command in commands.items()
              if not options.smoke or (name.startswith("archetype") and not name.endswith("clang++"))}
    return [Contender(command, core, name) for name, command in wanted.items()]


def take_turns(contenders, command, rounds, peak):
    """Medians of each contender's answers and of the peak between them."""
    answers, peaks = {c.name: [] for c in contenders}, []
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else contenders[::-1]:
            peaks.append(float(peak.ask("peak")))
            answers[contender.name].append(float(contender.ask(command)))
    return {name: statistics.median(times) for name, times in answers.items()}, statistics.median(peaks)


def measured(options, commands, core, command, rounds, peak):
    """`take_turns` of contenders that are asked nothing else."""
    contenders = start(options, commands, core)
    answers = take_turns(contenders, command, rounds, peak)
    for contender in contenders:
        contender.close()
    return answers


def table(medians, peak, operations, scale, unit, more):
    """Rows of markdown. Ratios are to the fastest of archetype; shares are of the peak."""
    best = min(value for name, value in medians.items() if name.startswith("archetype"))
    extra = list(more)
    lines = [" | ".join(["", f"{unit}", "times archetype", "share of the multiply-add peak", *extra]).strip() + " |"]
    lines[0] = "| " + lines[0]
    lines.append("| --- |" + " ---: |" * (3 + len(extra)))
    for name, value in medians.items():
        cells = [name, f"{value * scale:.3g}", f"{value / best:.2f}", f"{100 * operations / value / peak:.1f} %"]
        lines.append("| " + " | ".join(cells + [more[title].get(name, "") for title in extra]) + " |")
    return "\n".join(lines)


def onnx_runtime(options):
    if options.smoke:
        return ""
    machine = "arm64" if platform.machine() == "aarch64" else "x64"
    return next((options.peers / "node_modules" / "onnxruntime-node").rglob(f"linux/{machine}/libonnxruntime.so.1"))


def forward(options, folder, core, peak):
    library = onnx_runtime(options)
    commands = {"archetype inference, g++": [folder / "forward_g++", "inference", folder],
                "archetype inference, clang++": [folder / "forward_clang++", "inference", folder],
                "archetype model, g++": [folder / "forward_g++", "model", folder],
                "archetype model, clang++": [folder / "forward_clang++", "model", folder],
                "ONNX Runtime": [folder / "forward_onnx_runtime", library, folder / "lenet5.onnx", folder / "image.f32", 1, 32, 10],
                "PyTorch, frozen": [PYTHON, HERE / "lenet5_forward" / "pytorch.py", folder],
                "dlib": [folder / "forward_dlib", folder],
                "tiny-dnn": [folder / "forward_tiny_dnn", folder]}
    contenders = start(options, commands, core)
    scores = {c.name: [float(x) for x in c.ask("scores").split()] for c in contenders if c.name not in ("dlib", "tiny-dnn")}
    expected = scores["archetype inference, g++" if options.smoke else "ONNX Runtime"]
    largest = max(abs(x - y) for given in scores.values() for x, y in zip(given, expected))
    if any(len(given) != 10 for given in scores.values()) or not largest < 1e-5:
        sys.exit(f"the scores differ from ONNX Runtime's: {scores}")
    medians, limit = take_turns(contenders, "forward", options.rounds, peak)
    for contender in contenders:
        contender.close()
    compared = "" if options.smoke else (f" The ten scores differ from ONNX Runtime's by at most {largest:.1e} (archetype and "
                                         "PyTorch, same weights).")
    print(f"\n## LeNet-5 forward, batch 1\n\n{options.rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s.{compared}\n")
    print(table(medians, limit, 2 * 416520, 1e6, "microseconds", {}), flush=True)


def networks(options, folder, core, peak):
    if options.smoke:
        scores = {subprocess.run([folder / "networks_traffic", way, "1"], check=True, stdout=subprocess.PIPE).stdout for way in ("interleaved", "one_after_the_other")}
        if len(scores) != 1:
            sys.exit(f"steps in the loops of others give other scores: {scores}")
    for name, (title, _, operations) in NETWORKS.items():
        if options.smoke and name != "mobilenet" or name not in options.networks:
            continue
        commands = {"archetype, g++": [folder / f"networks_{name}_g++", folder / "photo.f32"],
                    "archetype, clang++": [folder / f"networks_{name}_clang++", folder / "photo.f32"],
                    "ONNX Runtime": [folder / "forward_onnx_runtime", onnx_runtime(options), folder / f"{name}.onnx",
                                     folder / "photo.f32", 3, 224, 1000],
                    "PyTorch, frozen": [PYTHON, HERE / "whole_networks" / "pytorch.py", name]}
        rounds = 1 if options.smoke else max(5, options.rounds // 4)
        medians, limit = measured(options, commands, core, "forward", rounds, peak)
        print(f"\n## {title} forward, batch 1\n\n{rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s.\n")
        print(table(medians, limit, 2 * operations, 1e3, "milliseconds", {}), flush=True)


def volumes(options, folder, core, peak):
    """R3D-18, 8 frames of 56 x 56: multiply-adds of a forward pass, and of that and both gradients but the first layer's input."""
    forward, first = 5180637184, 3 * 7 * 7 * 3 * 64 * 8 * 28 * 28
    commands = {"archetype, g++": [folder / "volumes_g++"], "archetype, clang++": [folder / "volumes_clang++"],
                "PyTorch": [PYTHON, HERE / "volumes" / "pytorch.py"]}
    rounds = 1 if options.smoke else max(5, options.rounds // 4)
    for title, command, operations in (("forward (PyTorch: frozen)", "forward", forward), ("forward and backward", "gradient", 3 * forward - first)):
        medians, limit = measured(options, commands, core, command, rounds, peak)
        print(f"\n## R3D-18, 8 frames of 56 x 56, batch 1, {title}\n\n{rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s.\n")
        print(table(medians, limit, 2 * operations, 1e3, "milliseconds", {}), flush=True)


def training(options, folder, core, peak):
    # Multiply-adds of a sample: forward, gradient of the weights, gradient of the input of all layers but the first.
    networks = {"lenet5": ("LeNet-5, batch 32", 2 * (3 * 416520 - 117600)), "mlp": ("784-512-10, batch 64", 2 * (3 * 406528 - 401408))}
    for name, (title, operations) in networks.items():
        commands = {"archetype, g++": [folder / "training_g++", name, DATA],
                    "archetype, clang++": [folder / "training_clang++", name, DATA],
                    "PyTorch": [PYTHON, HERE / "training" / "pytorch.py", name, DATA],
                    "dlib": [folder / "training_dlib", name, DATA],
                    "tiny-dnn": [folder / "training_tiny_dnn", name, DATA]}
        contenders = start(options, commands, core)
        medians, limit = take_turns(contenders, "epoch", options.epochs, peak)
        accuracy = {c.name: f"{100 * float(c.ask('accuracy')):.1f} %" for c in contenders}
        for contender in contenders:
            contender.close()
        print(f"\n## Training {title}, momentum 0.9, 7,500 digits\n\n{options.epochs} epochs, peak {limit / 1e9:.0f} GFLOP/s.\n")
        print(table(medians, limit, 7500 * operations, 1, "seconds per epoch", {f"accuracy after {options.epochs} epochs": accuracy}),
              flush=True)


def optimizer(options, folder, core):
    commands = {"archetype, g++": [folder / "optimizer_g++"], "archetype, clang++": [folder / "optimizer_clang++"],
                "PyTorch": [PYTHON, HERE / "optimizer_step" / "pytorch.py"]}
    contenders = start(options, commands, core)
    answers, bandwidths = {c.name: [] for c in contenders}, []
    for number in range(options.rounds):
        for contender in contenders if number % 2 == 0 else contenders[::-1]:
            bandwidths.append(float(contenders[0].ask("bandwidth")))
            answers[contender.name].append(float(contender.ask("step")))
    for contender in contenders:
        contender.close()
    bandwidth = statistics.median(bandwidths)
    medians = {name: statistics.median(times) for name, times in answers.items()}
    best = min(medians.values())
    print(f"\n## A step of Adam on 10 million parameters\n\n{options.rounds} rounds, bandwidth of memory "
          f"{bandwidth / 1e9:.0f} GB/s; a step reads 160 MB and writes 120 MB.\n")
    print("| | milliseconds | times archetype | share of the bandwidth |\n| --- |" + " ---: |" * 3)
    for name, value in medians.items():
        print(f"| {name} | {value * 1e3:.3g} | {value / best:.2f} | {100 * 28e7 / value / bandwidth:.0f} % |", flush=True)


def depthwise(options, folder, core, peak):
    commands = {"archetype, g++": [folder / "depthwise_g++"], "archetype, clang++": [folder / "depthwise_clang++"],
                "oneDNN": [folder / "depthwise_onednn"]}
    contenders = start(options, commands, core)
    print(f"\n## Depthwise 3x3, 56x56, 128 channels, batch 1\n\n{options.rounds} rounds; microseconds, and times oneDNN. "
          "Weighted sums of all results agree.\n\n| | " + " | ".join(c.name for c in contenders) + " |\n| --- |" + " ---: |" * len(contenders))
    for stride in (1, 2):
        sums = [[float(x) for x in c.ask(f"sum{stride}").split()] for c in contenders]
        if any(abs(x - y) > 1e-4 * max(1, abs(y)) for given in sums for x, y in zip(given, sums[-1])):
            sys.exit(f"the results differ from oneDNN's: {sums}")
        for what, label in (("forward", "forward"), ("input", "gradient of the input"), ("weights", "gradient of the weights")):
            medians, _ = take_turns(contenders, f"{what}{stride}", options.rounds, peak)
            cells = [f"{1e6 * time:.1f} ({time / medians[contenders[-1].name]:.2f})" for time in medians.values()]
            print(f"| stride {stride}, {label} | " + " | ".join(cells) + " |", flush=True)
    for contender in contenders:
        contender.close()


def winograd(options, folder, core, peak):
    """Convolutions of 3 x 3 by Winograd's filtering: layers, networks, a step of training."""
    own = {f"archetype, {label}": [folder / f"winograd_layers_{label}"] for label in ("g++", "clang++")}
    contenders = start(options, own | {"oneDNN": [folder / "winograd_layers_onednn"]}, core)
    print(f"\n## 3x3 by Winograd's filtering, batch 1\n\n{options.rounds} rounds; microseconds by Winograd's filtering, in brackets how many "
          "times as fast that is as archetype's direct kernel, oneDNN's direct one and oneDNN's Winograd. Weighted sums of all "
          "results agree.\n\n| pixels, channels | tile | | " + " | ".join(c.name for c in contenders if c.name.startswith("archetype")) +
          " |\n| --- | --- | --- |" + " ---: |" * (len(contenders) - (not options.smoke)))
    for number, (size, channels) in enumerate(WINOGRAD_LAYERS[:1] if options.smoke else WINOGRAD_LAYERS):
        sums = [[float(x) for x in c.ask(f"sum {way} {number}").split()] for c in contenders for way in ("direct", "winograd")]
        if any(abs(x - y) > 1e-3 * max(1, abs(y)) for given in sums for x, y in zip(given, sums[0])):
            sys.exit(f"the results differ: {sums}")
        tile = contenders[0].ask(f"tile {number}")
        for what, label in (("forward", "forward"), ("input", "gradient of the input"), ("weights", "gradient of the weights")):
            medians = {way: take_turns(contenders, f"{what} {way} {number}", options.rounds, peak)[0] for way in ("direct", "winograd")}
            cells = []
            for name, time in medians["winograd"].items():
                if name.startswith("archetype"):
                    ratios = [medians["direct"][name] / time]
                    if not options.smoke:
                        ratios += [medians["direct"]["oneDNN"] / time, medians["winograd"]["oneDNN"] / time]
                    cells.append(f"{1e6 * time:.0f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")
            print(f"| {size} x {size}, {channels} | {tile} x {tile} | {label} | " + " | ".join(cells) + " |", flush=True)
    for contender in contenders:
        contender.close()
    if options.smoke:
        return
    ways = {f"archetype, {word}, {label}": f"{way}_{label}" for way, word in (("filtered", "Winograd"), ("direct", "direct"))
            for label in ("g++", "clang++")}
    for name, (title, _, operations) in FILTERED.items():
        commands = {said: [folder / f"winograd_{name}_{way}", folder / "photo.f32"] for said, way in ways.items()}
        commands["ONNX Runtime"] = [folder / "forward_onnx_runtime", onnx_runtime(options), folder / f"{name}.onnx",
                                    folder / "photo.f32", 3, 224, 1000]
        rounds = max(5, options.rounds // 4)
        medians, limit = measured(options, commands, core, "forward", rounds, peak)
        print(f"\n## {title} forward by Winograd's filtering, batch 1\n\n{rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s; the share counts "
              "the products of the direct kernels.\n")
        print(table(medians, limit, 2 * operations, 1e3, "milliseconds", {}), flush=True)
    rounds = max(3, options.rounds // 20)
    medians, limit = measured(options, {said: [folder / f"winograd_training_{way}"] for said, way in ways.items()}, core, "step", rounds, peak)
    print(f"\n## VGG D forward and backward, batch 8\n\n{rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s; the share counts the products of the "
          "direct kernels.\n")
    print(table(medians, limit, 8 * 6 * FILTERED["vgg16"][2], 1, "seconds", {}), flush=True)


def int8(options, folder, core, peak):
    """Layers and networks in 8 bits beside single precision."""
    own = {f"archetype, {label}": [folder / f"int8_layers_{label}"] for label in ("g++", "clang++")}
    contenders = start(options, own | {"oneDNN": [folder / "int8_layers_onednn"]}, core)
    ours = [c for c in contenders if c.name.startswith("archetype")]
    print(f"\n## Layers in 8 bits, batch 1\n\n{options.rounds} rounds; microseconds, in brackets how many times as fast that is as archetype's "
          "kernel in single precision and as oneDNN in 8 bits. Sums of all results agree.\n\n| pixels, channels, filters | window | | " +
          " | ".join(c.name for c in ours) + " |\n| --- | --- | --- |" + " ---: |" * len(ours))
    for number, (size, channels, filters, window, stride, alone) in enumerate(NARROW_LAYERS[:1] if options.smoke else NARROW_LAYERS):
        sums = [float(c.ask(f"sum {number}")) for c in contenders]
        if any(abs(x - sums[0]) > 2e-3 * abs(sums[0]) for x in sums):  # oneDNN rounds once, a device twice
            sys.exit(f"the results differ: {sums}")
        medians = take_turns(contenders, f"bytes {number}", options.rounds, peak)[0]
        floats = take_turns(ours, f"floats {number}", options.rounds, peak)[0]
        cells = []
        for c in ours:
            ratios = [floats[c.name] / medians[c.name]] + [medians[name] / medians[c.name] for name in medians if name == "oneDNN"]
            cells.append(f"{1e6 * medians[c.name]:.3g} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")
        kind = "depthwise" if alone else "dense" if size == 1 else f"stride {stride}"
        print(f"| {size} x {size}, {channels}, {filters} | {window} x {window} | {kind} | " + " | ".join(cells) + " |", flush=True)
    for contender in contenders:
        contender.close()
    if options.smoke:
        return
    for name, (title, _, _) in NARROW.items():
        commands = {f"archetype, {word}, {label}": [folder / f"int8_{name}_{way}_{label}", folder / "photo.f32"]
                    for way, word in (("bytes", "8 bits"), ("floats", "single precision")) for label in ("g++", "clang++")}
        for form, word in (("_qdq", "8 bits"), ("", "single precision")):
            commands[f"ONNX Runtime, {word}"] = [folder / "forward_onnx_runtime", onnx_runtime(options), folder / f"{name}{form}.onnx",
                                                 folder / "photo.f32", 3, 224, 1000]
        rounds = max(5, options.rounds // 4)
        contenders = start(options, commands, core)
        medians, _ = take_turns(contenders, "forward", rounds, peak)
        same, quantizing = (contenders[0].ask(what) for what in ("agreement", "quantizing"))
        for contender in contenders:
            contender.close()
        best = min(time for said, time in medians.items() if said.startswith("archetype, 8"))
        print(f"\n## {title} in 8 bits, batch 1\n\n{rounds} rounds. Quantizing takes {float(quantizing):.1f} s; of 10 images {same} have the same "
              "largest score in single precision.\n\n| | milliseconds | times archetype in 8 bits |\n| --- | ---: | ---: |")
        for said, time in medians.items():
            print(f"| {said} | {time * 1e3:.3g} | {time / best:.2f} |", flush=True)


def class_numbers(options, folder, length):
    """The first bytes of the list of words of Debian's miscfiles as class numbers, in a file."""
    words = (HERE / "run.py" if options.smoke else WORDS).read_bytes()[:length]
    classes = {byte: number for number, byte in enumerate(sorted(set(words)))}
    numbers = folder / f"web2_{length}.numbers"
    numbers.write_bytes(bytes(classes[byte] for byte in words))
    return numbers


def language(options, folder, core, peak):
    """A character language model."""
    length = 64 * 32 * (2 if options.smoke else 64) + 1
    numbers = class_numbers(options, folder, length)
    commands = {"archetype, g++": [folder / "language_g++", numbers], "archetype, clang++": [folder / "language_clang++", numbers],
                "PyTorch": [PYTHON, HERE / "language_model" / "pytorch.py", numbers]}
    contenders = start(options, commands, core)
    medians, limit = take_turns(contenders, "epoch", options.epochs, peak)
    loss = {c.name: f"{float(c.ask('loss')):.3f}" for c in contenders}
    for contender in contenders:
        contender.close()
    # Forward, gradient of the weights, gradient of the input.
    operations = (length - 1) * 2 * 3 * (64 * 256 * 2 + 64 * 96)
    print(f"\n## Training a language model, LSTM(64), batch 32, T 64\n\n{options.epochs} epochs, peak {limit / 1e9:.0f} GFLOP/s.\n")
    print(table(medians, limit, operations, 1, "seconds per epoch", {f"loss after {options.epochs} epochs": loss}), flush=True)


def transformers(options, folder, core, peak):
    """Networks with attention. No ratios of processor time: the programs answer with seconds that they measured."""
    def contenders_of(name, *arguments):
        own = {f"archetype, {label}": [folder / f"transformers_{name}_{label}", *arguments] for label in ("g++", "clang++")}
        return start(options, own | {"PyTorch": [PYTHON, HERE / "transformers" / "pytorch.py", name, *arguments]}, core)

    def compare(title, contenders, command, rounds, operations, scale=1e3, unit="milliseconds"):
        medians, limit = take_turns(contenders, command, rounds, peak)
        print(f"\n### {title}\n\n{rounds} rounds, peak {limit / 1e9:.0f} GFLOP/s.\n")
        print(table(medians, limit, operations, scale, unit, {}), flush=True)
        return medians

    rounds = 1 if options.smoke else max(3, options.rounds // 10)
    print("\n## Transformers")
    if not options.smoke:
        bert = contenders_of("bert")
        compare("BERT base, 128 tokens, batch 1", bert, "forward", rounds, 2 * BERT_PRODUCTS)
        for contender in bert:
            contender.close()
        gpt2 = contenders_of("gpt2")
        bandwidths = []
        for _ in range(rounds):
            bandwidths.append(float(gpt2[0].ask("bandwidth")))
        words = float(gpt2[0].ask("bytes"))
        tokens = compare("GPT-2 small, a token behind 256 others", gpt2, "token", rounds, 2 * words / 4)
        bandwidths += [float(gpt2[0].ask("bandwidth")) for _ in range(rounds)]
        reading = words / statistics.median(bandwidths)
        print(f"\nA token reads {words / 1e6:.0f} MB of weights, which takes {1e3 * reading:.1f} ms at the {statistics.median(bandwidths) / 1e9:.1f} GB "
              "a second measured before and after: " + ", ".join(f"{name} {time / reading:.2f} times" for name, time in tokens.items()) + " that.")
        compare("GPT-2 small, 256 tokens at once with all their scores", gpt2, "prompt", rounds, 2 * 256 * words / 4)
        own = [contender for contender in gpt2 if contender.name != "PyTorch"]
        words8 = float(own[0].ask("bytes8"))
        for title, command, real in (("at the beginning", "first8", "first"), ("behind 256 others", "token8", "token")):
            times = {which: take_turns(own, which, rounds, peak)[0] for which in (real, command)}
            print(f"\nA token {title} with weights of 8 bits, {words8 / 1e6:.0f} MB: " + ", ".join(
                f"{name} {1e3 * time:.2f} ms, {times[real][name] / time:.2f} times as fast as with floats" for name, time in times[command].items()))
        for contender in gpt2:
            contender.close()
        numbers = class_numbers(options, folder, 64 * 32 * 8 + 1)
        training = contenders_of("gpt_training", numbers)
        compare("Training a GPT of 6 blocks, 192 wide, 64 steps, batch 32, Adam: 8 batches", training, "epoch", max(2, options.epochs // 2),
                6 * 8 * 64 * 32 * GPT_PRODUCTS, 1, "seconds")
        print("\nLoss of the last: " + ", ".join(f"{c.name} {float(c.ask('loss')):.3f}" for c in training), flush=True)
        for contender in training:
            contender.close()
    stories = {f"archetype, {label}": [folder / f"transformers_stories_{label}", STORIES] for label in ("g++", "clang++")}
    told, _ = measured(options, stories, core, "tokens", rounds, peak)
    print("\n### stories260K, the 256 likeliest tokens, tokens a second\n\n" + ", ".join(f"{name} {rate:,.0f}" for name, rate in told.items()), flush=True)


def compile_time(options):
    compilers = ["--compilers", "g++"] if options.smoke else ["--peers", "--compilers", "g++", options.clang]
    done = subprocess.run([sys.executable, HERE / "compile_time.py", *compilers, "--runs", str(options.compilations)], check=True,
                          stdout=subprocess.PIPE, text=True)
    print(f"\n## Compile time\n\n```text\n{done.stdout.strip()}\n```", flush=True)


def check_tools(options):
    """Says at once what is missing, not after an hour."""
    compilers = ["g++"] if options.smoke else ["g++", options.clang]
    missing = [tool for tool in (*compilers, "taskset") if shutil.which(tool) is None]
    if {"language", "transformers"} & set(options.parts) and not options.smoke and not WORDS.exists():
        missing.append(f"{WORDS} (Debian: miscfiles)")
    if {"forward", "networks", "winograd", "int8"} & set(options.parts) and not options.smoke and not options.peers.is_dir():
        missing.append(f"{options.peers} (ONNX Runtime)")
    if missing:
        sys.exit(f"not found: {', '.join(missing)}; benchmarks/peers/setup.sh installs everything, --smoke needs g++ alone")


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    named = {key: match.group(1) for key in ("model name", "cpu family", "model")
             if (match := re.search(rf"^{key}\s*: (.*)$", text, re.MULTILINE))}
    return f"{named.get('model name', platform.machine())} (family {named.get('cpu family', '?')}, model {named.get('model', '?')})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=[*PARTS, "compile"])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS), help="of the part networks")
    parser.add_argument("--rounds", type=int, default=60, help="of the forward pass and the optimizer")
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--compilations", type=int, default=3)
    parser.add_argument("--clang", default="clang++-19")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "peers")
    parser.add_argument("--peers", type=pathlib.Path, default=pathlib.Path.home() / ".cache" / "archetype-peers",
                        help="the folder that was given to setup.sh")
    parser.add_argument("--smoke", action="store_true", help="the smallest form: archetype alone, g++ -O1, one round")
    parser.add_argument("--turns", action="store_true", help="every second part only, the others at other commits")
    options = parser.parse_args()
    options.parts = harness.in_parts(options.parts, options.turns, 2)
    options.build, options.peers = options.build.resolve(), options.peers.resolve()
    if options.smoke:
        options.rounds = options.epochs = options.compilations = 1
        options.build = options.build / "smoke"
    check_tools(options)
    core, figures = ("", "not measured") if options.smoke else fastest_core()
    folder = build(options) if set(PARTS) & set(options.parts) else None
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}, one thread. "
          f"OPENBLAS_CORETYPE {core or 'not set'} (matrix products in GFLOP/s: {figures}).")
    if options.smoke:
        print("The smallest form, to see that it runs: no peers, not optimized, the figures mean nothing.")
    if folder is not None:
        peak = Contender([folder / "peak"], core, "peak")
        if "forward" in options.parts:
            forward(options, folder, core, peak)
        if "networks" in options.parts:
            networks(options, folder, core, peak)
        if "training" in options.parts:
            training(options, folder, core, peak)
        if "depthwise" in options.parts:
            depthwise(options, folder, core, peak)
        if "volumes" in options.parts:
            volumes(options, folder, core, peak)
        if "winograd" in options.parts:
            winograd(options, folder, core, peak)
        if "int8" in options.parts:
            int8(options, folder, core, peak)
        if "language" in options.parts:
            language(options, folder, core, peak)
        if "transformers" in options.parts:
            transformers(options, folder, core, peak)
        peak.close()
        if "optimizer" in options.parts:
            optimizer(options, folder, core)
    if "compile" in options.parts:
        compile_time(options)


main()
