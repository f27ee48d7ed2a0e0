# SPDX-License-Identifier: BSL-1.0
"""`import archetype;` with clang++: the module is up to date and compiles, programs that import it compute the same constants,
and a wrong network has its one report."""
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

GOOD = """import archetype;
namespace at = archetype;
using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::batch_norm<>, at::tanh, at::max_pool2d<2>,
                        at::residual<at::sequence<at::named<"inner", at::conv2d<6, 3, at::same>>, at::relu>>, at::flatten,
                        at::dense<10>, at::softmax>;
static_assert(at::parameter_count<net, "inner"> == 6 * 6 * 9 + 6);
static_assert(at::output_shape<net> == at::shape{10});
static_assert(at::parameter_count<at::zoo::resnet50<>> == 25'557'032);
static_assert(at::streamable<at::network<at::input<40, 1>, at::gru<8, at::return_sequences>>>);
int main() { return at::summary<net>().size() == 0 || at::explain<net>().size() == 0; }
"""
WRONG = """import archetype;
namespace at = archetype;
using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 29>, at::flatten, at::dense<10>>;
static_assert(at::parameter_count<net> == 1);
"""


def main():
    options = harness.parser(__doc__)
    options.set_defaults(compilers=["clang++-19"])
    compiler = options.parse_args().compilers[0]
    if not shutil.which(compiler):
        print(f"skipped: {compiler} is not here")
        sys.exit(harness.SKIPPED)
    failures = 0

    def verdict(name, problem):
        nonlocal failures
        failures += problem != ""
        print(f"{'FAILED' if problem else 'passed'} {name}" + (f"\n{problem[:3000]}" if problem else ""))

    code, output = harness.run([sys.executable, str(ROOT / "tools" / "module.py"), "--check"])
    verdict("the module's names", output if code else "")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        built, program = folder / "archetype.pcm", folder / "program"
        flags = [compiler, "-std=c++20", *harness.WARNINGS]
        code, output = harness.run([*flags, f"-I{harness.INCLUDE}", "--precompile",
                                    str(harness.INCLUDE / "archetype" / "archetype.cppm"), "-o", str(built)])
        verdict("the module compiles", output if code else "")
        for case, text in (("a program", GOOD), ("a wrong network", WRONG)):
            source = folder / "program.cpp"
            source.write_text(text)
            code, output = harness.run([*flags, f"-fmodule-file=archetype={built}", str(source), "-o", str(program)])
            if case == "a program":
                if code == 0:
                    code, output = harness.run([str(program)])
                verdict(case, output or "it does not do its work" if code else "")
            else:
                errors = output.count("error:")
                verdict(case, "" if errors == 1 and "rule::kernel_exceeds_padded_input" in output else f"{errors} errors\n{output}")
    harness.finish(failures, 4, "checks of the module")


main()
