# SPDX-License-Identifier: BSL-1.0
"""One program holds a network for several processors, and none runs the code of another.

Compiles tests/flags/instruction_sets.cpp for x86-64-v2, -v3, -v4, without vectors and with -ffast-math. No two objects
may define the same function of the library, whatever the optimization. Their program is linked in both orders and run on
emulated processors of each level and on this one, where it calls the functions that the processor has: all forms of a
network give the same results.
"""
import pathlib
import re
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

SOURCE = ROOT / "tests/flags/instruction_sets.cpp"
COMMON = ["-std=c++20", "-Wall", "-Wextra", "-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-unused-command-line-argument",
          f"-I{ROOT / 'include'}", "-I."]
SETS = {"v2": ["-march=x86-64-v2"], "scalar": ["-march=x86-64-v2", "-DARCHETYPE_SCALAR"],
        "fast": ["-march=x86-64-v2", "-ffast-math"], "v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4"]}
NEEDS = {"v2": "sse4.2", "scalar": "sse4.2", "fast": "sse4.2", "v3": "avx2", "v4": "avx512vl"}
# What runs on which processor of QEMU; nothing: this machine's own.
PROCESSORS = {"Nehalem": ["v2", "scalar", "fast"], "Haswell": ["v2", "scalar", "fast", "v3"], "": None}
SHARED = re.compile(r"^(DW\.ref\.|\w+_weights(_data)?$)")  # data, the same everywhere
MAIN = """#include <cstdio>
{declarations}
int main() {{
    static float out[256];
    int count = 0;
    {calls}
    return 0;
}}
"""
CALL = """if (__builtin_cpu_supports("{needs}")) {{
        count = run_{name}(out);
        std::printf("{name}");
        for (int i = 0; i < count; ++i) std::printf(" %.7g", double(out[i]));
        std::printf("\\n");
    }}"""


def must(command, folder):
    status, output = harness.run(command, cwd=folder)
    if status != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{output[-3000:]}")
    return output


def compiled(compiler, name, flags, folder, optimization="-O2"):
    result = folder / f"{name}{optimization}.o"
    must([compiler, *COMMON, *SETS[name], optimization, *flags, "-c", SOURCE, "-o", result], folder)
    return result


def shared(objects, folder, kinds):
    """What more than one object defines, where the linker keeps one of them: W are functions, V and u data."""
    owners = {}
    for path in objects:
        for line in must(["nm", "-C", "--defined-only", path], folder).splitlines():
            kind, symbol = line.split(maxsplit=2)[1:]
            if kind in kinds and not SHARED.match(symbol):
                owners.setdefault(symbol, set()).add(path.name)
    return {s: sorted(o) for s, o in owners.items() if len(o) > 1}


def is_own(symbol):
    """Whether a symbol is the library's, not one of another library that holds a type of it."""
    while symbol != (shorter := re.sub(r"<[^<>]*>|\{[^{}]*\}|\([^()]*\)", "", symbol)):
        symbol = shorter
    return "archetype::" in symbol


def results(program, processor, folder):
    run = ["qemu-x86_64", "-cpu", processor, program] if processor else [program]
    return {line.split()[0]: [float(x) for x in line.split()[1:]] for line in must(run, folder).splitlines() if line.startswith(tuple(SETS))}


def check(compiler):
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        must([compiler, *COMMON, "-O1", "-march=native", "-DWRITES", SOURCE, "-o", "write"], folder)
        must(["./write", "."], folder)
        objects = [compiled(compiler, s, [f"-DNAME=run_{s}"], folder) for s in SETS]
        unoptimized = [compiled(compiler, s, [f"-DNAME=run_{s}"], folder, "-O0") for s in SETS]
        training = [compiled(compiler, s, [f"-DNAME=train_{s}", "-DTRAINS"], folder, "-O1") for s in ("v2", "v4")]
        found = shared(objects, folder, "WVu")
        for made in (unoptimized, training):  # tables of an architecture are the same everywhere
            found |= {symbol: owners for symbol, owners in shared(made, folder, "W").items() if is_own(symbol)}
        problems += [f"{' and '.join(owners)} share {symbol}"[:600] for symbol, owners in found.items()]
        declarations = "\n".join(f'extern "C" int run_{s}(float*);' for s in SETS)
        calls = "\n    ".join(CALL.format(name=s, needs=NEEDS[s]) for s in SETS)
        (folder / "main.cpp").write_text(MAIN.format(declarations=declarations, calls=calls))
        for order, listed in (("forwards", objects), ("backwards", objects[::-1])):
            must([compiler, "-O1", "-static", "main.cpp", *listed, "-o", order], folder)
            reference = None
            for processor, expected in PROCESSORS.items():
                if processor and not shutil.which("qemu-x86_64"):
                    continue
                found = results(f"./{order}", processor, folder)
                where = f"linked {order}, {processor or 'this processor'}"
                if expected and sorted(found) != sorted(expected):
                    problems.append(f"{where}: ran {sorted(found)}, expected {sorted(expected)}")
                reference = reference or found["v2"]
                for form, numbers in found.items():
                    if len(numbers) != len(reference) or numbers[:3] != reference[:3] or not all(
                            abs(a - b) < 1e-5 for a, b in zip(numbers[3:], reference[3:])):
                        problems.append(f"{where}: {form} gives {numbers}, not {reference}")
                print(f"{compiler}, {where}: {' '.join(found)}", flush=True)
    return problems


def main():
    arguments = harness.one_in_turn(__doc__)
    failures = 0
    for compiler in arguments.compilers:
        try:
            problems = check(compiler)
        except RuntimeError as failure:
            problems = [str(failure)]
        failures += bool(problems)
        print("FAILED" if problems else "passed", compiler, *problems[:20], sep="\n" if problems else " ")
    harness.finish(failures, len(arguments.compilers), "compilers")


if __name__ == "__main__":
    main()
