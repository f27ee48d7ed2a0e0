# SPDX-License-Identifier: BSL-1.0
"""Builds a firmware for a target, runs it in an emulator, and says what it cost.

    python3 tools/firmware.py examples/firmware/digits                     Cortex-M4, -O2
    python3 tools/firmware.py --targets cortex-m7 riscv64 --levels=-Os,-O3 examples/firmware/digits
    python3 tools/firmware.py --network my_net.hpp --type my_net --numbers int8 --picture costs.svg

The last is for a network of your own: flash, RAM, stack and instructions of each of its layers, and a picture.
A firmware is a folder of C++ sources with a `main` that uses examples/firmware/board/board.hpp. Executed instructions are
those of QEMU with -icount and a timer of the emulated board: the same number in each run and on each machine. They are
not cycles. Sizes are those of sections (`size -A`): of the whole program, and of each object file.
"""
import argparse
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness

BOARD = harness.ROOT / "examples" / "firmware" / "board"
EMBEDDED = ["-ffreestanding", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-unwind-tables",
            "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections"]
HOSTED = ("-fno-exceptions", "-fno-rtti", "-DNDEBUG")
ARM_RUN = ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native",
           "-icount", "shift=6,sleep=off"]
# False with g++ 12 (cmake/development.cmake).
QUIET = ["-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-stringop-overflow", "-Wno-array-bounds"]


@dataclasses.dataclass(frozen=True)
class Target:
    """A processor, how to compile and link for it, and what runs the program. Its board's source comes last in `board`."""
    compiler: str
    flags: tuple
    link: tuple
    board: str
    run: tuple            # before the program's name
    size: str             # the tool that lists sections; none for WebAssembly, which has no such sections
    counts: bool = True   # instructions and stack are measured
    library: tuple = ()   # prints the path of what is linked last


def cortex(cpu, machine, rom, ram, *board):
    flags = ("-mthumb", *cpu.split(), *EMBEDDED, *board)
    link = ("-nostartfiles", "-specs=nano.specs", "-Wl,--gc-sections,--no-warn-rwx-segments,--fatal-warnings",
            f"-Wl,--defsym=board_rom={rom},--defsym=board_ram={ram}", "-T", str(BOARD / "cortex_m.ld"))
    return Target("arm-none-eabi-g++", flags, link, "cortex_m.cpp", ("qemu-system-arm", "-M", machine, *ARM_RUN, "-kernel"),
                  "arm-none-eabi-size")


def riscv(compiler, architecture, abi, machine, cpu, *flags, library=()):
    """A RISC-V processor of QEMU's machine `virt`."""
    own = (f"-march={architecture}", f"-mabi={abi}", "-mcmodel=medany", *flags, *EMBEDDED, "-fno-pie", "-fno-stack-protector")
    link = ("-static", "-no-pie", "-nostdlib", "-nostartfiles", "-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments",
            "-T", str(BOARD / "riscv64.ld"), *(() if library else ("-lgcc",)))
    run = (machine, "-M", "virt", "-cpu", cpu, "-bios", "none", "-nographic", "-monitor", "none", "-serial", "stdio",
           "-icount", "shift=0,sleep=off", "-kernel")
    return Target(compiler, own, link, "riscv64.cpp", run, "riscv64-linux-gnu-size", True, library)


def riscv32(architecture, abi):
    """Debian's compiler for 64 bits, with the arithmetic of the one for all embedded processors."""
    return riscv("riscv64-linux-gnu-g++", architecture + "_zicsr", abi, "qemu-system-riscv32", "rv32", "-isystem", str(BOARD / "riscv32"),
                 library=("riscv64-unknown-elf-gcc", f"-march={architecture}", f"-mabi={abi}", "-print-libgcc-file-name"))


TARGETS = {
    # Processors that QEMU has no board for run on one whose instructions include theirs: M0+ on M3, M23, M33 and M85 on M55.
    # g++ 12 does not know the name Cortex-M85; its instructions for M55 are those of M85 without branch protection.
    "cortex-m0plus": cortex("-mcpu=cortex-m0plus", "mps2-an385", "4M", "4M"),
    "cortex-m23": cortex("-mcpu=cortex-m23", "mps3-an547", "512K", "512K", "-DBOARD_AN547"),
    "cortex-m33": cortex("-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard", "mps3-an547", "512K", "512K", "-DBOARD_AN547"),
    "cortex-m85": cortex("-march=armv8.1-m.main+mve.fp+fp.dp -mtune=cortex-m55 -mfloat-abi=hard", "mps3-an547", "512K", "512K",
                         "-DBOARD_AN547"),
    "cortex-m3": cortex("-mcpu=cortex-m3", "mps2-an385", "4M", "4M"),
    "cortex-m4": cortex("-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard", "mps2-an386", "4M", "4M"),
    "cortex-m7": cortex("-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard", "mps2-an500", "4M", "4M"),
    "cortex-m55": cortex("-mcpu=cortex-m55 -mfloat-abi=hard", "mps3-an547", "512K", "512K", "-DBOARD_AN547"),
    "riscv64": riscv("riscv64-linux-gnu-g++", "rv64gc", "lp64d", "qemu-system-riscv64", "rv64"),
    "rv64gcv": riscv("clang++-19", "rv64gcv", "lp64d", "qemu-system-riscv64", "rv64,v=true", "--target=riscv64-linux-gnu"),
    "rv32imc": riscv32("rv32imc", "ilp32"),
    "rv32imafc": riscv32("rv32imafc", "ilp32f"),
    "aarch64": Target("aarch64-linux-gnu-g++", HOSTED, ("-static",), "hosted.cpp", ("qemu-aarch64",),
                      "aarch64-linux-gnu-size", False),
    "wasm32": Target("clang++-19", ("--target=wasm32-wasi", "-msimd128", "-fno-exceptions", "-fno-rtti"),
                     ("-nostartfiles", "-Wl,--no-entry,--export=__main_void"), "wasm.cpp", ("node", str(BOARD / "run_wasm.mjs")), "", False),
    "host": Target("g++", HOSTED, (), "hosted.cpp", (), "size", False),
}
SECTIONS = ("text", "rodata", "data", "bss", "init_array")


def missing(target):
    """What a target needs and this machine lacks, or nothing."""
    needed = (target.compiler, target.run[0] if target.run else target.compiler, target.size, *target.library[:1])
    return [tool for tool in needed if tool and shutil.which(tool) is None]


LIBRARIES = ("boost", "xsimd")


def third_party(folder, libraries=LIBRARIES):
    """A folder with nothing but the headers that archetype uses: /usr/include itself breaks cross compilers."""
    for name in libraries:
        for place in ("/usr/local/include", "/usr/include"):
            if os.path.isdir(f"{place}/{name}"):
                (folder / name).symlink_to(f"{place}/{name}")
                break
    return folder


def check(command):
    code, output = harness.run([str(word) for word in command])
    if code != 0:
        raise RuntimeError(" ".join(map(str, command)) + "\n" + output)
    return output


def sizes(target, file):
    """Bytes of each kind of section of an object file or a program."""
    found = dict.fromkeys(SECTIONS, 0)
    if not target.size:
        return found
    for line in check([target.size, "-A", file]).splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].startswith("."):
            kind = "rodata" if words[0].startswith(".data.rel.ro") else words[0][1:].split(".")[0]
            kind = {"sbss": "bss", "sdata": "data", "srodata": "rodata"}.get(kind, kind)
            if kind in found:
                found[kind] += int(words[1])
    return found


@dataclasses.dataclass
class Result:
    """What a firmware is and did."""
    status: int
    values: dict   # lines "name value" that it printed: name -> list of integers
    output: str
    program: dict  # sections of the whole program
    objects: dict  # sections of each source's object file, by the file's name


def build(target, sources, folder, level="-O2", flags=(), libraries=LIBRARIES):
    """Compiles and links `sources` in `folder`; returns the program and the object files by the names of their sources."""
    headers = folder / "third_party"
    if not headers.exists():
        headers.mkdir()
        third_party(headers, libraries)
    quiet = QUIET if harness.kind(target.compiler) == "gcc" else []
    common = [target.compiler, "-std=c++20", level, *harness.WARNINGS, *quiet, *target.flags, f"-I{harness.INCLUDE}", f"-I{BOARD}",
              "-isystem", headers, *flags]
    objects = {}
    for source in [*sources, BOARD / "report.cpp", BOARD / target.board]:
        source = pathlib.Path(source)
        objects[source.name] = folder / (source.name + ".o")
        check([*common, "-c", source, "-o", objects[source.name]])
    program = folder / "firmware.elf"
    library = [check(target.library).strip()] if target.library else []
    check([target.compiler, level, *target.flags, *objects.values(), *target.link, *library, "-o", program])
    return program, objects


def run(target, program, timeout=120):
    """Runs a program; returns its exit status and what it printed."""
    done = subprocess.run([*target.run, str(program)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout)
    return done.returncode, done.stdout


def values(output):
    found = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].isdigit():
            found.setdefault(words[0], []).append(int(words[1]))
    return found


def measure(name, sources, level="-O2", flags=(), linked=()):
    """Builds and runs a firmware for the target `name`, with `linked` objects and libraries of others."""
    target = TARGETS[name]
    target = dataclasses.replace(target, link=(*map(str, linked), *target.link))
    with tempfile.TemporaryDirectory() as folder:
        program, objects = build(target, sources, pathlib.Path(folder), level, flags)
        status, output = run(target, program)
        return Result(status, values(output), output, sizes(target, program), {n: sizes(target, o) for n, o in objects.items()})


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sources", nargs="*", type=pathlib.Path, help="sources, or folders of them")
    options.add_argument("--network", type=pathlib.Path, metavar="HEADER", help="a header with a network instead of sources")
    options.add_argument("--type", help="the name of the network's type")
    options.add_argument("--numbers", choices=("float", "int8"), help="what it computes in: float, if not given")
    options.add_argument("--picture", type=pathlib.Path, metavar="SVG", help="where to draw what its layers take")
    options.add_argument("--targets", nargs="+", default=["cortex-m4"], choices=TARGETS, metavar="TARGET", help=", ".join(TARGETS))
    options.add_argument("--levels", default="-O2", help="optimization levels, separated by commas: --levels=-O2,-Os")
    options.add_argument("--flags", default="", help="more flags, in one word")
    arguments = options.parse_args()
    if (arguments.network is None) == (not arguments.sources):
        options.error("expected sources, or --network and --type")
    if arguments.network is None:
        for name, given in (("--type", arguments.type), ("--numbers", arguments.numbers), ("--picture", arguments.picture)):
            if given is not None:
                options.error(f"expected --network with {name}, found sources")
    arguments.numbers = arguments.numbers or "float"
    runs = len(arguments.targets) * len(arguments.levels.split(","))
    if arguments.picture is not None and runs != 1:
        options.error(f"expected one target and one level with --picture, found {runs}")
    if arguments.network is not None:
        if arguments.type is None or not arguments.network.exists():
            options.error(f"expected --type and a header, found {arguments.network} and --type {arguments.type}")
        import firmware_layers  # which includes this file
        try:
            sys.exit(0 if firmware_layers.report(arguments) else 1)
        except RuntimeError as error:
            sys.exit(str(error))
    sources = [s for given in arguments.sources for s in (sorted(given.glob("*.cpp")) if given.is_dir() else [given])]
    failed = False
    for name in arguments.targets:
        if lacking := missing(TARGETS[name]):
            print(f"{name}: skipped, {', '.join(lacking)} not found")
            continue
        for level in arguments.levels.split(","):
            try:
                result = measure(name, sources, level, arguments.flags.split())
            except RuntimeError as error:
                sys.exit(str(error))
            failed |= result.status != 0
            print(f"== {name} {level}: exit status {result.status}")
            print(result.output, end="")
            for what, found in {"program": result.program, **result.objects}.items():
                print(f"{what:20}", *(f"{section} {found[section]}" for section in SECTIONS if found[section]))
    sys.exit(failed)


if __name__ == "__main__":
    main()
