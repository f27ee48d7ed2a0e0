# SPDX-License-Identifier: BSL-1.0
"""Firmware from files: TFLite networks in 8 bits -> `archetype import` -> images for emulated processors, with the bits of
the file's own arithmetic (`archetype run`): MLPerf Tiny's keywords, and networks with other operators."""
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "program")]
import firmware
import harness
from onnx_files import np  # runs this file again with Debian's Python if need be
import import_int8
import int8

HERE = pathlib.Path(__file__).resolve().parent
KEYWORDS = HERE / "mlperf_tiny_kws" / "kws_ref_model.tflite"
# Instructions of the keywords, bytes of the program's .text and .bss; -O2.
BOUNDS = {"cortex-m4": (3_940_000, 7_168, 21_504), "cortex-m55": (1_090_000, 6_656, 21_504)}
TARGETS = ["cortex-m4", "cortex-m55", "cortex-m3", "riscv64", "aarch64"]


def array_text(name, rows):
    body = ",\n".join("{" + ", ".join(map(str, row)) + "}" for row in rows)
    return f"inline constexpr std::int8_t {name}[{len(rows)}][{len(rows[0])}] = {{\n{body}}};\n"


def write_samples(folder):
    """The vectors of the import as constants."""
    file = folder / "net_vectors.safetensors"
    entries, begin = import_int8.tensors(file)
    content = file.read_bytes()

    def rows(what):
        made = []
        for number in range(sum(one.endswith("/input/0") for one in entries)):
            first, last = entries[f"{number}/{what}/0"]["data_offsets"]
            made.append(np.frombuffer(content[begin + first:begin + last], np.int8).tolist())
        return made

    (folder / "samples.hpp").write_text("#pragma once\n#include <cstdint>\n" + array_text("samples", rows("input")) + array_text("wanted", rows("expected")))


def import_file(program, compiler, file, folder):
    """Imports a TFLite file, with its weights in both orders. RuntimeError says what failed."""
    firmware.check([program, "import", file, "-o", folder, "--name", "net", "--brief"])
    write_samples(folder)
    check = folder / "check"
    firmware.check([compiler, "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}", folder / "net_check.cpp", "-o", check])
    for order in ("plain", "paired"):
        firmware.check([check, folder, order])
        (folder / order).mkdir()
        shutil.move(folder / "net_weights.hpp", folder / order)


def main():
    options = harness.parser(__doc__)
    options.add_argument("--program", required=True, type=pathlib.Path)
    harness.add_turns(options)
    arguments = options.parse_args()
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc"), None)
    present = [name for name in TARGETS if not firmware.missing(firmware.TARGETS[name])]
    if compiler is None or "cortex-m4" not in present:
        print("g++, arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    failures = 0
    checks = 0

    def verdict(what, problems):
        nonlocal failures, checks
        checks += 1
        failures += bool(problems)
        print(f"{'FAILED' if problems else 'passed'} {what}" + "".join(f"\n       {p}" for p in problems), flush=True)

    with tempfile.TemporaryDirectory() as place:
        files = {"MLPerf Tiny keywords": KEYWORDS}
        for name, make in harness.in_parts(list(import_int8.NETWORKS.items()), arguments.turns, 3):
            files[name] = pathlib.Path(place) / f"{name.replace(' ', '_')}.tflite"
            files[name].write_bytes(make().content())
        for name, file in files.items():
            folder = pathlib.Path(place) / file.stem
            try:
                import_file(arguments.program, compiler, file, folder)
            except RuntimeError as error:
                verdict(f"import of {name}", [str(error)])
                continue
            for target in present if name == "MLPerf Tiny keywords" else [t for t in present if t in BOUNDS]:
                found = firmware.measure(target, [HERE / "imported.cpp"], flags=[f"-I{folder}", f"-I{folder / int8.order(target)}"])
                problems = [] if found.status == 0 and found.values.get("wrong") == [0] and found.values["seen"][0] > 0 else [found.output]
                figures = ""
                if firmware.TARGETS[target].counts and not problems:
                    arena, own = found.values["arena"][0], found.objects["imported.cpp"]
                    if own["bss"] != arena or arena != found.values["planned"][0] or own["data"] or own["init_array"]:
                        problems.append(f"sections {own}, {arena} bytes of activations")
                    measured = (found.values["inference.instructions"][0], found.program["text"], found.program["bss"])
                    figures = ": {:,} instructions, .text {:,}, .bss {:,}".format(*measured)
                    figures += ", stack {:,}, arena {:,}, weights {:,}".format(*(found.values[one][0] for one in ("inference.stack", "arena", "weights")))
                    if name == "MLPerf Tiny keywords" and target in BOUNDS:
                        problems += [f"{value:,} {what}, at most {most:,} are allowed"
                                     for what, value, most in zip(("instructions", ".text", ".bss"), measured, BOUNDS[target]) if value > most]
                verdict(f"{name} {target}{figures}", problems)
    harness.finish(failures, checks, "checks of firmware from files")


if __name__ == "__main__":
    main()
