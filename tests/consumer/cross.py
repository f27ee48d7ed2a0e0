# SPDX-License-Identifier: BSL-1.0
"""Other projects cross-compile with the installed package: for each processor of its toolchain files the networks of
tests/consumer/firmware and the firmwares of examples/firmware are configured, built and run in QEMU by ctest; once with
another toolchain file that finds nothing outside the target's root. Processors without tools here are skipped."""
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import firmware
import harness

FIRMWARE = ROOT / "tests" / "consumer" / "firmware"
OFF = [f"-D ARCHETYPE_BUILD_{what}=OFF".replace(" ", "") for what in ("TESTS", "EXAMPLES", "BENCHMARKS")]
# Toolchain file, processor, order of 8-bit weights, build type, tools.
ARM = ("arm-none-eabi-g++", "qemu-system-arm")
CASES = [("arm-none-eabi", "cortex-m4", "paired", "Release", ARM), ("arm-none-eabi", "cortex-m4", "paired", "MinSizeRel", ARM),
         ("arm-none-eabi", "cortex-m55", "plain", "Release", ARM), ("arm-none-eabi", "cortex-m3", "plain", "Release", ARM),
         ("riscv64", "", "plain", "Release", ("riscv64-linux-gnu-g++", "qemu-system-riscv64"))]


def steps(*commands):
    """The output of the first command that fails."""
    for command in commands:
        code, output = harness.run([str(word) for word in command])
        if code != 0:
            return [" ".join(map(str, command)) + "\n" + output]
    return []


def project(source, build, *settings):
    return steps(["cmake", "-G", "Unix Makefiles", "-S", source, "-B", build, *settings], ["cmake", "--build", build],
                 ["ctest", "--test-dir", build, "--output-on-failure"])


def main():
    options = harness.parser(__doc__)
    options.add_argument("--processors", nargs="+", help="only these")
    harness.add_turns(options)
    arguments = options.parse_args()
    cases = harness.in_parts(CASES, arguments.turns, 3)
    failures = total = 0

    def verdict(what, problems):
        nonlocal failures, total
        failures += bool(problems)
        total += 1
        print(("FAILED " if problems else "passed ") + what, *problems, sep="\n       " if problems else "", flush=True)

    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        installing = steps(["cmake", "-S", ROOT, "-B", folder / "archetype", f"-DCMAKE_INSTALL_PREFIX={folder / 'first'}", *OFF],
                           ["cmake", "--install", folder / "archetype"])
        if installing:
            sys.exit(installing[0])
        shutil.rmtree(folder / "archetype")
        prefix = (folder / "first").rename(folder / "moved")
        package = prefix / "share" / "cmake" / "archetype"
        if not arguments.processors:
            verdict("firmwares, this machine", project(ROOT / "examples" / "firmware", folder / "host", "-DCMAKE_BUILD_TYPE=Release",
                                                       f"-DCMAKE_PREFIX_PATH={prefix}"))
        for number, (toolchain, processor, order, kind, tools) in enumerate(cases):
            what = " ".join(filter(None, [toolchain, processor, kind]))
            if arguments.processors and processor not in arguments.processors and toolchain not in arguments.processors:
                continue
            if lacking := [tool for tool in tools if shutil.which(tool) is None]:
                print(f"skipped, {', '.join(lacking)} not found: {what}")
                continue
            common = [f"-DCMAKE_TOOLCHAIN_FILE={package / 'toolchains' / toolchain}.cmake", f"-Darchetype_DIR={package}",
                      f"-DCMAKE_BUILD_TYPE={kind}", "-DCMAKE_CXX_FLAGS=" + " ".join([*harness.WARNINGS, *firmware.QUIET])]
            if processor:
                common.append(f"-DARCHETYPE_PROCESSOR={processor}")
            verdict(f"networks, {what}", project(FIRMWARE, folder / f"networks{number}", *common, f"-DWANTED_ORDER={order}"))
            if kind == "Release":
                verdict(f"firmwares, {what}", project(ROOT / "examples" / "firmware", folder / f"firmwares{number}", *common))
        if not arguments.processors and shutil.which(ARM[0]):
            verdict("networks, usual toolchain file",
                    project(FIRMWARE, folder / "usual", f"-DCMAKE_TOOLCHAIN_FILE={FIRMWARE / 'usual_toolchain.cmake'}",
                            f"-Darchetype_DIR={package}", "-DCMAKE_BUILD_TYPE=Release", "-DWANTED_ORDER=paired"))
    if total == 0:
        sys.exit(harness.SKIPPED)
    harness.finish(failures, total, "projects")


if __name__ == "__main__":
    main()
