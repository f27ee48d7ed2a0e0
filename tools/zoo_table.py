# SPDX-License-Identifier: BSL-1.0
"""Writes the table of docs/reference/zoo.md: a row for each network that the headers of the zoo name, printed by a program.

    zoo_table.py            writes the program into the page, runs it and writes what it prints
    zoo_table.py --check    says whether the page's program has a row for each network, and nothing else

A network is a name outside of `detail` that stands for a `network`, for another name of one, or for the `type` of a definition.
Those that need arguments stand in EXAMPLES, or in FORMS if they are what others are made of.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "zoo.md"
ZOO = ROOT / "include" / "archetype" / "zoo"
COMPILE = ["clang++-19", "-std=c++20", f"-I{ROOT / 'include'}"]
DECLARED = re.compile(r"^(?:template <((?:[^<>]|<[^<>]*>)*)>\s*(?:requires[^\n]*\s)?)?using (\w+)\s*=\s*(.*?);$", re.MULTILINE | re.DOTALL)
# Of those that need arguments, or have others worth a row.
EXAMPLES = {
    "googlenet": ["", "1000, 224, zoo::torchvision_googlenet"],
    "mobilenet": ["", "0.5, 160"],
    "tcn": ["784, 1, 10"],
    "wavenet_vocoder": ["4"],
    "deeplab_head": ["21, 64"],
}
FORMS = {"amp_wavenet", "bert", "bert_encoder", "bert_for_masked_words", "bert_for_pre_training", "bert_masked", "bert_masked_encoder", "googlenet_of",
         "gpt", "gpt3", "gpt_language_model", "gpt_network", "gpt_of", "gpt_stream", "inception_v3_of", "llama", "resnet", "squeezenet",
         "vgg", "video_resnet18", "vit", "wavenet", "kwt"}
# A part that has a row: what comes in.
PARTS = {"deeplab_head": "64, 64, 2048"}
# Too many layers for a plan within what compilers allow by themselves.
WITHOUT_PLAN = {"gpt.hpp", "llama.hpp"}
HEAD = '''<!-- runs -->
```cpp
#include <archetype/zoo.hpp>
#include <cstdio>
namespace at = archetype;
namespace zoo = archetype::zoo;

template <class Net>
void count(const char* name) {
    std::printf("%-34s %6zu %13zu %9zu %16zu", name, std::size_t{at::layer_count<Net>}, std::size_t{at::parameter_count<Net>},
                std::size_t{at::non_trainable_count<Net>}, std::size_t{at::multiply_accumulate_count<Net>});
}

template <class Net>
void row(const char* name) {
    constexpr double least = at::arena_lower_bound_bytes<Net>, arena = at::arena_bytes<Net>;
    count<Net>(name);
    std::printf(" %13.0f %5.1f %%\\n", arena, 100 * (arena / least - 1));
}

template <class Net>
void row_without_arena(const char* name) {
    count<Net>(name);
    std::printf("\\n");
}

int main() {
    std::printf("%-34s %6s %13s %9s %16s %13s %7s\\n", "network", "layers", "parameters", "moving", "multiply-adds", "arena bytes", "over");
'''


def declared():
    """{name: (header, parameters, what it stands for)} of the names of the zoo."""
    found = {}
    for path in sorted(ZOO.rglob("*.hpp")):
        text = re.sub(r"^namespace detail \{.*?^\}  // namespace detail$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        for parameters, name, stands_for in DECLARED.findall(text):
            found[name] = (path.name, " ".join(parameters.split()), " ".join(stands_for.split()))
    return found


def networks(names):
    """Those of `names` that stand for networks."""
    found = {name for name, (_, _, stands_for) in names.items() if re.match(r"network<|typename \w+_definition<", stands_for)}
    while more := {name for name, (_, _, stands_for) in names.items()
                   if name not in found and re.match(r"\w+", stands_for)[0] in found}:
        found |= more
    return found


def split_parameters(text):
    return re.split(r",\s*(?![^<]*>)", text) if text else []


def is_synonym(parameters, stands_for):
    """It hands on all of its parameters as they are: vgg16 of vgg_d."""
    names = [re.match(r".*?(\w+)(?: =.*)?$", parameter)[1] for parameter in split_parameters(parameters)]
    return bool(names) and re.fullmatch(r"\w+<" + ", ".join(names) + ">", stands_for) is not None


def rows():
    """The rows of the program, and what is wrong with the lists above."""
    names, lines, problems = declared(), [], []
    known = networks(names) | set(PARTS)
    for name in [name for name in names if name in known]:
        header, parameters, stands_for = names[name]
        needs = any("=" not in parameter for parameter in split_parameters(parameters))
        if is_synonym(parameters, stands_for) or name in FORMS:
            continue
        if needs and name not in EXAMPLES:
            problems.append(f"{header}: {name} needs arguments; give it some in EXAMPLES, or write it into FORMS")
            continue
        for arguments in EXAMPLES.get(name, [""]):
            net = f"zoo::{name}<{arguments}>" if parameters else f"zoo::{name}"
            title = f"{name}<{arguments}>".replace("<>", "").replace("zoo::", "")
            if name in PARTS:
                net = f"at::network<at::input<{PARTS[name]}>, {net}>"
            if "torchvision" in arguments:
                title = f"{name}, torchvision_googlenet"
            function = "row_without_arena" if header in WITHOUT_PLAN else "row"
            lines.append(f'    {function}<{net}>("{title}");\n')
    for name in sorted((FORMS | set(EXAMPLES) | set(PARTS)) - set(names)):
        problems.append(f"{name} is no name of the zoo")
    return lines, problems


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    arguments = options.parse_args()
    lines, problems = rows()
    if problems:
        sys.exit("\n".join(problems))
    program = HEAD + "".join(lines) + "}\n```\n"
    page = PAGE.read_text()
    begin = page.index("<!-- runs -->", page.index("## All of them"))
    middle, end = page.index("<!-- prints -->", begin), page.index("\n## ", begin)
    if arguments.check:
        if page[begin:middle] != program:
            missing = [line.strip() for line in lines if line not in page]
            sys.exit("\n".join([f"{PAGE.relative_to(ROOT)} is not what the headers say: python3 tools/zoo_table.py writes it", *missing]))
        print(f"{len(lines)} networks have their rows")
        return
    with tempfile.TemporaryDirectory() as folder:
        source, built = pathlib.Path(folder) / "table.cpp", pathlib.Path(folder) / "table"
        source.write_text(program.split("```cpp\n")[1].split("```")[0])
        subprocess.run([*COMPILE, source, "-o", built], check=True)
        printed = subprocess.run([built], stdout=subprocess.PIPE, text=True, check=True).stdout
    PAGE.write_text(page[:begin] + program + "<!-- prints -->\n```text\n" + printed + "```\n" + page[end:])
    print(f"wrote {len(lines)} rows of {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
