# SPDX-License-Identifier: BSL-1.0
"""From training to the device: the digits firmware with trained weights, an object of raw bytes, is right on Cortex-M."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import harness

EXAMPLES = harness.ROOT / "examples"


def main():
    arguments = harness.parser(__doc__).parse_args()
    targets = [name for name in ("cortex-m4", "cortex-m7", "host") if not firmware.missing(firmware.TARGETS[name])]
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        command = [arguments.compilers[0], "-std=c++20", "-O2", "-march=native", f"-I{harness.INCLUDE}",
                   str(EXAMPLES / "firmware" / "train_digits.cpp"), "-lz", "-o", str(folder / "train")]
        code, output = harness.run(command)
        if code == 0:
            code, output = harness.run([str(folder / "train"), str(EXAMPLES / "data"), str(folder / "made")])
        print(output, end="")
        if code != 0:
            sys.exit("training failed")
        flags = [f"-I{folder}/made", f"-Wa,-I{folder}/made"]
        for target in targets:
            sources = [*sorted((EXAMPLES / "firmware" / "digits").glob("*.cpp")), folder / "made" / "digits_weights.S"]
            result = firmware.measure(target, sources, "-O2", flags)
            wrong, count = result.values["wrong"][0], result.values["samples"][0]
            right = result.status == 0 and count == 20 and wrong <= 2
            weights = result.objects["digits_weights.S"]["rodata"] == result.values["flash_bytes"][0]
            failures += not (right and weights)
            print(f"{'passed' if right and weights else 'FAILED'} {target}: {count - wrong} of {count} digits are right, "
                  f"{result.objects['digits_weights.S']['rodata']} bytes of weights")
    harness.finish(failures, len(targets), "firmwares")


if __name__ == "__main__":
    main()
