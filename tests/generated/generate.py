#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Draws random small networks that are well formed, of every layer, join, alias and shape, and runs the checks of run.hpp on
each: every way to execute a network against the definition of its layers, gradients against central differences.

    generate.py                          the networks of CI: one source in turn with each compiler
    generate.py --count 2000 --seed 7    others; --first 300 begins there
    generate.py --small --count 900      one or two parts each
    generate.py --only 42 --shrink       one network; the smallest that fails as it does
    generate.py --only 42 --print        the type of one network
    generate.py --flags -O1 -fsanitize=address,undefined
"""
import argparse
import copy
import pathlib
import random
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness
import known
import network

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = {"in_double": 1, "gradients": 2, "float_gradients": 4, "constant": 8, "linked": 16, "streams": 32, "int8": 64,
          "masks": 128}
PREAMBLE = """// SPDX-License-Identifier: BSL-1.0
#include "run.hpp"
#include <archetype/execution/host/initializers.hpp>
namespace at = archetype;
namespace e = archetype::expression;
namespace {
struct swish_function {
    constexpr auto operator()(auto x) const { return x * sigmoid(x); }
};
using swish = at::activation<swish_function{}>;
/// One gate forgets, reads and writes; a scale for each unit.
struct scaled_cell {
    static constexpr at::text_view kind = "scaled";
    static constexpr std::size_t gates = 2, states = 1, unit_weights = 1;
    static constexpr auto read = [](auto forget, auto, auto state, auto) { return sigmoid(forget) * state; };
    static constexpr auto step = [](auto forget, auto candidate, auto state, auto scale, auto) {
        return state + sigmoid(forget) * (tanh(scale * candidate) - state);
    };
};
/// Two states, the second of which is the first one's mean.
struct two_state_cell {
    static constexpr at::text_view kind = "two_state";
    static constexpr std::size_t gates = 3, states = 2, late_gates = 1;
    static constexpr auto read = [](auto forget, auto, auto, auto state, auto mean) { return sigmoid(forget) * state + mean; };
    static constexpr auto step = [](auto forget, auto keep, auto candidate, auto state, auto mean, auto read) {
        return results(sigmoid(forget) * tanh(candidate) + read, mean + sigmoid(keep) * (state - mean));
    };
};
}  // namespace
"""


def checks_of(net):
    """Every check is made for a part of the networks, gradients and forward passes for all."""
    chosen = {"gradients"}
    turn = random.Random(net.number).randrange(60)  # not the number: themes go by it
    if turn % 4 == 1:
        chosen.add("in_double")
    if turn % 3 == 0:
        chosen.add("float_gradients")
    if turn % 5 == 2 and net.layer_count() <= 8:
        chosen.add("constant")
    if turn % 6 == 4:
        chosen.add("linked")
    if net.mode == "steps":
        chosen.add("streams")
    if net.mode == "common":
        chosen.add("int8")
    if net.masks:
        chosen.add("masks")
    if net.mode == "steps" and turn % 3 == 1:
        chosen.add("int8")
    return sum(CHECKS[name] for name in chosen)


def source_of(networks, certain=True):
    lines, calls = [PREAMBLE], []
    for net in networks:
        name = f"net_{net.number}"
        lines.append(f"using {name} = {net.type()};")
        call = f"failures += generated::run<{name}, {checks_of(net)}>({net.number});"
        if net.feedback and certain:
            fed = ", ".join(f"at::feedback<{into}, {out}>" for into, out in net.feedback)
            calls.append(f"failures += generated::run_with_feedback<{name}, {fed}>({net.number});")
        if certain:
            lines.append(f"static_assert(at::output_shape<{name}> == {network.shape_text(net.output)});")
            calls.append(call)
        else:
            lines.append(f"template <class Net> int try_{net.number}() {{ int failures = 0; if constexpr "
                         f"(at::well_formed<Net>) {{ {call.replace(name, 'Net')} }} return failures; }}")
            calls.append(f"failures += try_{net.number}<{name}>();")
    body = "\n    ".join(calls)
    return "\n".join(lines) + f"\nint main() {{\n    int failures = 0;\n    {body}\n    return failures != 0;\n}}\n"


class Runner:
    def __init__(self, arguments, folder):
        self.flags, self.folder, self.made = arguments.flags, pathlib.Path(folder), 0

    def run(self, networks, compiler, certain=True):
        """{number: messages} of the networks that fail."""
        self.made += 1
        stem = self.folder / f"generated_{self.made}_{networks[0].number}"
        stem.with_suffix(".cpp").write_text(source_of(networks, certain))
        command = [compiler, "-std=c++20", *self.flags, f"-I{harness.INCLUDE}", f"-I{HERE}",
                   str(stem.with_suffix(".cpp")), "-o", str(stem)]
        code, text = harness.run(command, timeout=1500)
        if code != 0:
            if len(networks) > 1:
                found = {}
                for net in networks:
                    found.update(self.run([net], compiler, certain))
                return found
            errors = [line for line in text.splitlines() if re.search(r"error|Error", line)] or text.splitlines()
            return {networks[0].number: ["does not compile: " + line[:300] for line in errors[:3]]}
        found = {}
        code, text = harness.run([str(stem)], timeout=1500)
        stem.unlink()
        stem.with_suffix(".cpp").unlink()
        done = set()
        for line in text.splitlines():
            if line.startswith("FAIL "):
                number, message = line[5:].split(" ", 1)
                found.setdefault(int(number), []).append(message)
            elif line.startswith("DONE "):
                done.add(int(line.split()[1]))
        left = [net for net in networks if net.number not in done and (certain or code not in (0, 1))]
        if left:
            told = [line for line in text.splitlines() if re.search(r"runtime error|ERROR|Assertion", line)]
            found.setdefault(left[0].number, []).append(f"ended with {code}: " + " ".join(told)[:600])
            if len(left) > 1 and certain:
                found.update(self.run(left[1:], compiler))
        return found


def smaller(parts):
    """Networks with one part left out, or a part in place of what holds it."""
    def variants(part):
        """Lists of parts that may stand instead of this one."""
        yield []
        if part[0] == "layer":
            short = re.sub(r", at::(same|no_bias|exact|exclude_padding|ceil_mode|bilinear|two_biases)(?=[,>])", "", part[1])
            if short != part[1]:
                yield [["layer", short]]
            return
        inside = [i for i, p in enumerate(part) if isinstance(p, list)]
        for i in inside:
            yield [part[i]]
        for i in inside:
            for other in variants(part[i]):
                yield [part[:i] + (other if len(other) == 1 else [["sequence", *other]]) + part[i + 1:]] \
                    if part[0] not in ("sequence", "side_output") else [part[:i] + other + part[i + 1:]]
    for i, part in enumerate(parts):
        for other in variants(part):
            yield parts[:i] + other + parts[i + 1:]


def kinds_of(messages):
    return {re.split(r":|,", m)[0] for m in messages}


def shrink(runner, net, compiler, messages, seconds=240):
    """The smallest network found that fails in the same way."""
    best, told, end = net, messages, time.time() + seconds
    improved = True
    while improved and time.time() < end:
        improved = False
        candidates = []
        for parts in smaller(best.parts):
            one = copy.copy(best)
            one.parts, one.number = copy.deepcopy(parts), best.number
            candidates.append(one)
        candidates.sort(key=lambda n: len(n.type()))
        for one in candidates:
            if time.time() > end:
                break
            found = runner.run([one], compiler, certain=False).get(one.number)
            if found and kinds_of(found) & kinds_of(told):
                best, told, improved = one, found, True
                break
    return best, told


def main():
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--per-source", type=int, default=12)
    parser.add_argument("--small", action="store_true", help="networks of one or two parts: more of them in the same time")
    parser.add_argument("--every-compiler", action="store_true", help="each network with each compiler")
    parser.add_argument("--print", action="store_true", help="print the types only")
    parser.add_argument("--shrink", action="store_true", help="find the smallest that fails like the first ones")
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=["-O0", "-march=native"])
    harness.add_turns(parser)
    arguments = parser.parse_args()

    missing = known.missing(harness.INCLUDE)
    if missing:
        print("the generator does not know all:\n    " + "\n    ".join(missing))
        sys.exit(1)
    numbers = arguments.only or range(arguments.first, arguments.first + arguments.count)
    networks = [network.draw(arguments.seed, number, arguments.small) for number in numbers]
    if arguments.only is None and arguments.first == 0:
        networks += network.found()
    if arguments.print:
        for net in networks:
            print(f"{net.number} ({checks_of(net)}): {net.type()}")
        return
    pieces = [networks[i:i + arguments.per_source] for i in range(0, len(networks), arguments.per_source)]
    tasks = [(piece, compiler) for i, piece in harness.in_parts(list(enumerate(pieces)), arguments.turns, 6) for k, compiler in enumerate(arguments.compilers)
             if arguments.every_compiler or i // 2 % len(arguments.compilers) == k]
    failing = 0
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(arguments, folder)
        for (piece, compiler), found in harness.run_all(runner.run, tasks, arguments.jobs):
            for net in piece:
                messages = found.get(net.number)
                if not messages:
                    continue
                failing += 1
                print(f"\nnetwork {net.number} of seed {arguments.seed}, {compiler} {' '.join(arguments.flags)}, "
                      f"checks {checks_of(net)}:\n    {net.type()}")
                for message in messages[:6]:
                    print(f"    {message}")
                if arguments.shrink and failing <= 3:
                    least, told = shrink(runner, net, compiler, messages)
                    print(f"  smallest:\n    {least.type()}\n    {told[0]}")
                sys.stdout.flush()
    harness.finish(failing, sum(len(piece) for piece, _ in tasks), "generated networks")


if __name__ == "__main__":
    main()
