# SPDX-License-Identifier: BSL-1.0
"""The four networks of MLPerf Tiny in 8 bits on emulated Cortex-M4 and M55: executed instructions, memory and flash, held to bounds.
Three come from their files by `archetype import`; the person network is MobileNet 0.25 at 96 x 96, with weights of chance.

    python3 tests/embedded/mlperf_tiny.py --program ARCHETYPE --table                     and the instructions of each layer
    python3 tests/embedded/mlperf_tiny.py --program ARCHETYPE --table --cmsis-nn FOLDER   and of CMSIS-NN's, from its sources
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools")]
import firmware
import harness
import imported
import int8

FILES = {"keywords": imported.KEYWORDS, "residual": HERE / "mlperf_tiny_resnet8" / "pretrainedResnet_quant.tflite",
         "anomalies": HERE / "mlperf_tiny_ad01" / "ad01_int8.tflite", "person": None}
# Instructions; bytes of arena and stack; of the program's .text, with what starts it; of weights.
BOUNDS = {("keywords", "cortex-m4"): (3_900_000, 21_632, 7_168, 30_392),
          ("keywords", "cortex-m55"): (1_080_000, 21_184, 6_528, 30_240),
          ("residual", "cortex-m4"): (15_380_000, 57_152, 11_008, 82_956),
          ("residual", "cortex-m55"): (3_380_000, 56_320, 10_880, 82_956),
          ("anomalies", "cortex-m4"): (365_000, 1_088, 3_904, 291_284),
          ("anomalies", "cortex-m55"): (63_000, 1_088, 3_840, 284_396),
          ("person", "cortex-m4"): (10_950_000, 60_544, 17_920, 242_412),
          ("person", "cortex-m55"): (3_610_000, 58_688, 17_024, 241_876)}
PEER_PARTS = ("ConvolutionFunctions", "FullyConnectedFunctions", "PoolingFunctions", "BasicMathFunctions", "SoftmaxFunctions",
              "TransposeFunctions", "NNSupportFunctions")
PEER_LEVELS = ("-O2", "-O3")


def import_file(program, compiler, file, folder):
    """A file as a network of the example."""
    imported.import_file(program, compiler, file, folder)
    for order in ("plain", "paired"):
        (folder / order / "weights.hpp").write_text('#include "net_weights.hpp"\ninline constexpr auto& weights = net_weights;\n')
    (folder / "networks.hpp").write_text('#include "net.hpp"\nnamespace at = archetype;\nusing imported = net::net;\n')


def generate(compiler, network, folder):
    """Weights, a sample and a result of a network of the example."""
    for each in ("plain", "paired", "object"):
        (folder / each).mkdir(parents=True)
    firmware.check([int8.host_program(compiler, int8.EXAMPLE / "generate.cpp", folder, f"-DNETWORK={network}"), folder])


def compile_peer(target, sources, folder, level):
    """CMSIS-NN's functions as objects of a library, which stays beside its sources."""
    library = folder / "peer.a"
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    c_compiler = target.compiler.replace("g++", "gcc")
    flags = [flag for flag in target.flags if flag not in ("-ffreestanding", "-fno-rtti", "-fno-threadsafe-statics")]
    files = [file for part in PEER_PARTS for file in sorted((sources / "Source" / part).glob("*_s8*.c"))]
    files += sorted((sources / "Source" / "NNSupportFunctions").glob("*.c"))
    made = []
    for file in dict.fromkeys(files):
        if not any(word in file.stem for word in ("f16", "f32", "flt")):
            made.append(folder / (file.stem + ".o"))
            firmware.check([c_compiler, "-std=c11", level, *flags, f"-I{sources / 'Include'}", "-c", file, "-o", made[-1]])
    firmware.check([c_compiler.replace("gcc", "gcc-ar"), "rcs", library, *made])
    return library


def measure_peer(name, network, library, sources, level):
    """The layers of a network by CMSIS-NN: products, instructions; and the memory they need."""
    found = firmware.measure(name, [HERE / "mlperf_tiny_peer.cpp"], flags=[f"-DNETWORK={network}", "-isystem", str(sources / "Include")],
                             linked=[library])
    if found.status:
        raise RuntimeError(found.output)
    return list(zip(found.values["step.macs"], found.values["step.instructions"])), found.values["memory"][0]


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("names", nargs="*", metavar="NETWORK", help="only these")
    options.add_argument("--program", required=True, type=pathlib.Path, help="the program `archetype`")
    options.add_argument("--table", action="store_true", help="print the instructions of each layer")
    options.add_argument("--cmsis-nn", type=pathlib.Path, metavar="FOLDER", help="compare with CMSIS-NN, whose sources are here")
    options.add_argument("--targets", nargs="+", default=["cortex-m4", "cortex-m55"])
    arguments = options.parse_args()
    if unknown := set(arguments.names) - set(FILES):
        sys.exit(f"no network is called {', '.join(unknown)}; there are {', '.join(FILES)}")
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc"), None)
    if compiler is None or any(firmware.missing(firmware.TARGETS[name]) for name in arguments.targets):
        print("g++, arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    networks = arguments.names or harness.in_parts(list(FILES), arguments.turns)
    failures, total, rows = 0, 0, []
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        peers = {(name, level): compile_peer(firmware.TARGETS[name], arguments.cmsis_nn, arguments.cmsis_nn / "objects" / (name + level), level)
                 for name in arguments.targets for level in PEER_LEVELS if arguments.cmsis_nn}
        for network in networks:
            folder, file = place / network, FILES[network]
            if file is not None:
                import_file(arguments.program, compiler, file, folder)
            else:
                generate(compiler, network, folder)
            for name in arguments.targets:
                own = [f"-I{folder}", f"-I{folder / int8.order(name)}"]
                if file is None:
                    own += [f"-DNETWORK={network}"]
                found = firmware.measure(name, [HERE / "imported.cpp" if file else int8.EXAMPLE / "main.cpp"], flags=own)
                problems = [] if found.status == 0 and found.values.get("wrong") == [0] else [found.output]
                if problems:
                    failures, total = failures + 1, total + 1
                    print(f"FAILED {network} {name}: " + "".join(f"\n       {p}" for p in problems), flush=True)
                    continue
                measured = (found.values["inference.instructions"][0], found.values["arena"][0] + found.values["inference.stack"][0],
                            found.program["text"], found.values["weights"][0])
                rows.append([network, name, *measured])
                figures = "{:,} instructions, arena and stack {:,}, .text {:,}, weights {:,}".format(*measured)
                if (bounds := BOUNDS.get((network, name))) is None:
                    figures += "; no bounds are known"
                else:
                    problems += [f"{value:,} {what}, at most {most:,} are allowed" for what, value, most in
                                 zip(("instructions", "arena and stack", ".text", "weights"), measured, bounds) if value > most]
                failures, total = failures + bool(problems), total + 1
                print(f"{'FAILED' if problems else 'passed'} {network} {name}: {figures}" + "".join(f"\n       {p}" for p in problems), flush=True)
                if arguments.table:
                    steps = firmware.measure(name, [HERE / "int8_steps.cpp"],
                                             flags=[*own, "-DNETWORK=imported"] if file else [*own, f"-I{int8.EXAMPLE}"])
                    int8.print_steps(zip(steps.values["step.macs"], steps.values["step.instructions"]))
                if arguments.cmsis_nn:
                    each = {level: measure_peer(name, network, peers[name, level], arguments.cmsis_nn, level) for level in PEER_LEVELS}
                    level = min(each, key=lambda one: sum(count for _, count in each[one][0]))
                    steps, memory = each[level]
                    peer = sum(count for _, count in steps)
                    print(f"       CMSIS-NN {level}: {peer:,} instructions, activations and scratch {memory:,}; "
                          f"here {measured[0] / peer:.2f} of its instructions, {measured[1] / memory:.2f} of its memory")
                    rows[-1] += [peer, memory]
                    if arguments.table:
                        int8.print_steps(steps)
    if arguments.table:
        print("\n| network | processor | instructions | arena and stack | .text | weights | CMSIS-NN | its RAM | ratios |\n"
              "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
        for network, name, *numbers in rows:
            ratios = f"{numbers[0] / numbers[4]:.2f}, {numbers[1] / numbers[5]:.2f}" if len(numbers) > 4 else " | | "  # without CMSIS-NN
            print(f"| {network} | {name} | " + " | ".join(f"{number:,}" for number in numbers) + f" | {ratios} |")
    harness.finish(failures, total, "networks of MLPerf Tiny")


if __name__ == "__main__":
    main()
