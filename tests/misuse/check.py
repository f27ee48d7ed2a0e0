# SPDX-License-Identifier: BSL-1.0
"""One mistake, one error: every source in this folder holds one wrong architecture and must fail as it says.

A source says what to expect in comments, and holds a positive control that must compile:
    // expect: rule::kernel_exceeds_padded_input      a string that the compiler's output must contain
    // expect(clang): ..., // expect(gcc): ...        with that compiler only
    // refuse: boost::mp11                            a string that it must not contain
    // sentence: archetype: layer 1 ...               what a compiler that formats the report prints (clang++, C++26)
    // lines: 20                                      more lines than usual, for a use inside a function or a class
    #ifdef CONTROL                                    what compiles, the nearest right thing
Checked: exit code not zero, exactly one line with `error:`, every expectation met, at most 12 lines of output;
with -DCONTROL, no output at all.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

MOST_LINES = 12
SENTENCE = re.compile(r"^//\s*sentence:\s*(.+?)\s*$", re.MULTILINE)
LINES = re.compile(r"^//\s*lines:\s*(\d+)", re.MULTILINE)
EXPECTATION = re.compile(r"^//\s*(expect|refuse)(?:\((gcc|clang)\))?:\s*(.+?)\s*$", re.MULTILINE)


def judge(text, compiler, code, output):
    """What is wrong with a compiler's output for the source `text`, as a list of sentences."""
    problems = []
    rules = [(verb, wanted) for verb, only, wanted in EXPECTATION.findall(text) if only in ("", harness.kind(compiler))]
    if not any(verb == "expect" for verb, _ in rules):
        problems.append("the source expects nothing of this compiler")
    if "#ifdef CONTROL" not in text and "#ifndef CONTROL" not in text:
        problems.append("the source has no control")
    if code == 0:
        problems.append("it compiles")
    errors = [line for line in output.splitlines() if re.search(r"\berror:", line)]
    if len(errors) != 1:
        problems.append(f"{len(errors)} errors instead of one")
    lines = len(output.splitlines())
    most = int(found[1]) if (found := LINES.search(text)) else MOST_LINES
    if lines > most:
        problems.append(f"{lines} lines of output, at most {most} are allowed")
    for verb, wanted in rules:
        if (wanted in output) != (verb == "expect"):
            problems.append(f"the output {'lacks' if verb == 'expect' else 'contains'} `{wanted}`")
    return problems


def check(compiler, path):
    """Problems of one source with one compiler, and what the compiler printed."""
    text = path.read_text()
    command = harness.compile_command(compiler, "-Wall", "-Wextra", "-Wpedantic", str(path))
    code, output = harness.run(command)
    problems = judge(text, compiler, code, output)
    if harness.kind(compiler) == "clang" and (sentence := SENTENCE.search(text)):
        later = [word for word in command if not word.startswith("-std=")] + ["-std=c++26"]
        if sentence[1] not in harness.run(later)[1]:
            problems.append(f"the sentence of C++26 is not `{sentence[1]}`")
    code, control = harness.run(command + ["-DCONTROL"])
    if code != 0 or control:
        problems.append("the control does not compile without messages")
        output += control
    return problems, output


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("sources", nargs="*", type=pathlib.Path, help="sources (default: all in this folder)")
    options.add_argument("--show", action="store_true", help="print the compilers' output of what passes, too")
    arguments = options.parse_args()
    sources = arguments.sources or sorted(pathlib.Path(__file__).parent.glob("*.cpp"))
    tasks = harness.in_turn(harness.in_parts(sources, arguments.turns), arguments.compilers, arguments.turns)
    failures = 0
    for (compiler, source), (problems, output) in harness.run_all(check, tasks, arguments.jobs):
        failures += bool(problems)
        print(f"{'FAILED' if problems else 'passed'} {harness.kind(compiler):6} {source.name}")
        for problem in problems:
            print(f"       {problem}")
        if problems or arguments.show:
            print("       | " + "\n       | ".join(output.splitlines()))
    harness.finish(failures, len(tasks), "misuses")


if __name__ == "__main__":
    main()
