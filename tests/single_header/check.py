# SPDX-License-Identifier: BSL-1.0
"""Single files (scripts/single_header) stand for the headers they are made of: they compile in an empty folder, say the same of
right and wrong networks, and become the same machine code. Without Boost no header of Boost is read. The snippets of
docs/tutorials/single_file.md are compiled with the file that the page makes, without the library's folder."""
import importlib.util
import pathlib
import re
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "misuse")]
import check as misuse
import firmware
import harness

SCRIPT = ROOT / "scripts" / "single_header"
LENET = """#include "archetype.hpp"
namespace at = archetype;
using lenet5 = at::network<at::input<32, 32, 1>, at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>, at::conv2d<16, 5>, at::tanh,
    at::avg_pool2d<2>, at::flatten, at::dense<120>, at::tanh, at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
static_assert(at::parameter_count<lenet5> == 61'706);
static_assert(at::multiply_accumulate_count<lenet5> == 416'520);
int main() { return at::summary<lenet5>().size() == 0; }
"""
INFERENCE = """#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<12, 12, 1>, at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>, at::flatten, at::dense<10>, at::softmax>;
alignas(64) constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {0.5f, -1, 0.25f};
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{numbers};
const float* classify(const float (&pixels)[144]) {
    static at::inference<net> run{weights};
    return run(pixels).data();
}
"""
TARGETS = {"host": ("g++", "-O2"), "host, clang++": ("clang++-19", "-O2"),
           "Cortex-M4": ("arm-none-eabi-g++", "-O2", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-ffreestanding",
                         "-fno-exceptions", "-fno-rtti")}


def make(folder, name, *arguments):
    """A single file, and headers that stand for those of archetype; what the script printed if it failed."""
    target = folder / name / "archetype.hpp"
    (target.parent / "archetype").mkdir(parents=True)
    code, output = harness.run([sys.executable, SCRIPT, *arguments, "-o", target])
    headers = [header for header in arguments if header.endswith(".hpp")]
    rooms = [str(path.relative_to(harness.INCLUDE / "archetype")) for header in headers
             for path in (harness.INCLUDE / "archetype" / header.removesuffix(".hpp")).rglob("*.hpp")]
    for header in headers + rooms:
        stand_in = target.parent / "archetype" / header
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text(f'#pragma once\n#include "{target}"\n')
    return target.parent, output if code else ""


def code_of(command, folder, includes, report):
    """What a compiler makes of `INFERENCE`, as assembly without names of files and numbers of functions."""
    source = folder / "inference.cpp"
    source.write_text(INFERENCE)
    code, output = harness.run([*command, "-std=c++20", *includes, "-S", "-o", "-", str(source)])
    if code:
        report.append(output[-2000:])
    return re.sub(r"^\s*\.(file|ident).*$|(?<=\.LF[BE])\d+", "", output, flags=re.MULTILINE)


def snippets(compiler, includes, folder):
    """What is wrong with each block of the page: (its line, the problem)."""
    # Not by its name: the checker of wrong networks is a module `check`, too.
    found = importlib.util.spec_from_file_location("pages", ROOT / "tests" / "docs" / "check.py")
    pages = sys.modules["pages"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(pages)
    output = ""
    for block in pages.blocks_of((ROOT / "docs" / "tutorials" / "single_file.md").read_text()):
        if block.is_marked("says"):
            missing = [line for line in block.text.splitlines() if line.strip() not in output]
            yield block.line, f"the compiler does not say {missing} but {output[:1000]}" if missing else ""
        if block.language != "cpp" or block.is_marked("file"):  # the block that stands for the file
            continue
        source, program = folder / "snippet.cpp", folder / "snippet"
        source.write_text(block.text)
        command = [compiler, "-std=c++20", "-O0", f"-I{includes}", *harness.WARNINGS, str(source)]
        code, output = harness.run([*command, "-o", str(program)] if block.is_marked("runs") else [*command, "-fsyntax-only"])
        if block.is_marked("does not compile"):
            yield block.line, "" if code else "compiles, but should not"
        elif code:
            yield block.line, output
        elif block.is_marked("runs"):
            code, output = harness.run([str(program)])
            yield block.line, f"ends with {code}: {output}" if code else ""
        else:
            yield block.line, ""


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    arguments = options.parse_args()
    results = []

    def verdict(what, problem):
        results.append(bool(problem))
        print(f"{'FAILED' if problem else 'passed'} {what}" + (f"\n{problem[:3000]}" if problem else ""), flush=True)

    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        with_boost, problem = make(folder, "boost", "architecture.hpp")
        verdict("architecture.hpp is made", problem)
        alone, problem = make(folder, "alone", "--without-boost", "architecture.hpp", "zoo.hpp")
        verdict("architecture.hpp and zoo.hpp are made without Boost", problem)
        device, problem = make(folder, "device", "--without-boost", "inference.hpp")
        verdict("inference.hpp is made without Boost", problem)
        code, output = harness.run([sys.executable, SCRIPT, "--without-boost", "training.hpp"])
        verdict("training.hpp is refused without Boost", "" if code and "takes headers that use Mp11 alone" in output else output[-500:])
        code, output = harness.run([sys.executable, SCRIPT, "trainig.hpp"])
        verdict("a header that is not there is named", "" if code and "there is no archetype/trainig.hpp" in output else output[-500:])

        for compiler, (name, includes) in harness.in_turn([("with", with_boost), ("without", alone)], arguments.compilers, arguments.turns):
            source, program = includes / "lenet.cpp", includes / "lenet"
            source.write_text(LENET)
            command = [compiler, "-std=c++20", *harness.WARNINGS, str(source)]
            code, output = harness.run([*command, "-o", str(program)])
            if code == 0:
                code, output = harness.run([str(program)])
            listed = harness.run([*command, "-M"])[1]
            if name == "without" and "boost" in listed:
                output, code = "it reads headers of Boost", 1
            verdict(f"LeNet-5 {name} Boost, {compiler}", output if code else "")
        for compiler, _ in harness.in_turn([0], arguments.compilers, arguments.turns):
            for line, problem in snippets(compiler, alone, folder):
                verdict(f"docs/tutorials/single_file.md:{line}, {compiler}", problem)
        source = folder / "both.cpp"
        source.write_text(f'#include "{with_boost}/archetype.hpp"\n#include "{alone}/archetype.hpp"\n')
        output = harness.run([arguments.compilers[0], "-std=c++20", "-fsyntax-only", str(source)])[1]
        verdict("two single files in one source", "" if "make one of both with scripts/single_header" in output else output[:500])

        for compiler, source in harness.in_turn([ROOT / "tests/zoo" / name for name in ("constants.cpp", "named_constants.cpp")],
                                                arguments.compilers, arguments.turns):
            code, output = harness.run([compiler, "-std=c++20", f"-I{alone}", f"-I{ROOT / 'tests'}", f"-I{ROOT / 'tests/zoo'}",
                                        *harness.WARNINGS, "-fsyntax-only", str(source)])
            verdict(f"{source.name} without Boost, {compiler}", output if code else "")

        # Wrong networks: one report, with the same rule, as from the separate headers.
        wrong = [path for path in sorted((ROOT / "tests/misuse").glob("*.cpp"))
                 if set(re.findall(r"#include <(archetype/.+?)>", path.read_text())) == {"archetype/architecture.hpp"}]
        wrong = wrong[harness.turn() % 8::8] if arguments.turns else wrong
        for compiler, path in harness.in_turn(wrong, arguments.compilers, arguments.turns):
            command = [compiler, "-std=c++20", f"-I{alone}", "-fsyntax-only", "-fno-diagnostics-color", "-Wall", "-Wextra", str(path)]
            code, output = harness.run(command)
            problems = misuse.judge(path.read_text(), compiler, code, output)
            control = harness.run([*command, "-DCONTROL"])
            problems += [f"the control: {control[1]}"] if control[0] or control[1] else []
            verdict(f"{path.name}, {compiler}", "\n".join(problems))

        (folder / "libraries").mkdir()
        separate_headers = [f"-I{harness.INCLUDE}", f"-isystem{firmware.third_party(folder / 'libraries')}"]
        for name, command in TARGETS.items():
            if shutil.which(command[0]):
                report = []
                single, separate = (code_of(command, folder, includes, report) for includes in ([f"-I{device}"], separate_headers))
                same = "" if single == separate else "other machine code than of the separate headers"
                verdict(f"inference.hpp without Boost, {name}", "\n".join(report) or same)
    harness.finish(sum(results), len(results), "checks of single files")


if __name__ == "__main__":
    main()
