# SPDX-License-Identifier: BSL-1.0
"""Writes docs/gallery.md: every example with the first comment of its source and the pictures it draws.

    gallery.py                    writes the page
    gallery.py --draw BUILD       runs the programs of a build folder first, and keeps their pictures (gnuplot-nox)
    gallery.py --check            says whether the page is what would be written, and every picture is there
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import page_lines

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES, PAGE, PICTURES = ROOT / "examples", ROOT / "docs" / "gallery.md", ROOT / "docs" / "pictures" / "gallery"
HEAD = """# Gallery
<!-- Made by tools/gallery.py from the comments of examples/. -->
What the programs of [examples](../examples) do and draw. `cmake --preset default && cmake --build --preset default` builds them; pictures are
written where gnuplot is installed (Debian: gnuplot-nox). The programs of the course are explained in
[tutorials/course.md](tutorials/course.md), firmware in [reference/embedded.md](reference/embedded.md).
"""
GROUPS = {"Images": ["mnist", "zoo", "."], "Texts": ["text"], "Sound": ["audio"], "Files": ["files"], "A course": ["course"],
          "On a microcontroller": ["firmware"], "Several processes": ["cluster"]}
SPELT = {"Gpt": "GPT", "cifar": "CIFAR", "Mmse": "MMSE", "Pca": "PCA,", "lda": "LDA", "Roc": "ROC", "Int8": "8 bits"}
# Programs that draw, and what they are called with before the folder for pictures.
DATA = str(EXAMPLES / "data")
DRAWN = {"course/*.cpp": [], "vanishing_gradients.cpp": [], "zoo/visualize.cpp": [DATA],
         "text/masked.cpp": ["/usr/share/state/us-constitution.gz", "60"]}


def sources(folder):
    """Programs: sources with `main`; in a folder of firmware it is main.cpp."""
    pattern = "*/main.cpp" if folder == "firmware" else "*.cpp"
    return [p for p in sorted((EXAMPLES / folder).glob(pattern)) if re.search(r"^int main\(", p.read_text(), re.MULTILINE)]


def comment(source):
    """The first comment as Markdown; commands that it shows are code."""
    lines = re.match(r"(?://.*\n)+", source.read_text())[0].splitlines()[1:]
    texts = [re.sub(r"^///? ?", "", line) for line in lines if "@file" not in line]
    made, code = [], False
    for text in texts:
        indented = text.startswith("    ")
        if indented != code:
            made += ["```sh"] if indented else ["```"]
            code = indented
        made.append(text[4:] if indented else text.replace("*", "\\*"))
    return re.sub(r"\n+```", "\n```", re.sub(r"(?<!`)\n```sh", "\n\n```sh", "\n".join(made + ["```"] * code))).strip()


def pictures(source):
    """Names of those that are kept."""
    names = re.findall(r"\b(\w+\.png)\b", source.read_text())
    return [name for name in dict.fromkeys(names) if any(source.match(f"examples/{pattern}") for pattern in DRAWN)]


def program(source):
    name = str(source.relative_to(EXAMPLES).with_suffix("")).replace("/", "_")
    return name.removesuffix("_main")


def title(source):
    words = (source.parent if source.name == "main.cpp" else source).stem.capitalize().split("_")
    return " ".join(SPELT.get(word, word) for word in words)


def page():
    parts = [HEAD]
    for group, folders in GROUPS.items():
        parts.append(f"## {group}\n")
        for source in (s for folder in folders for s in sources(folder)):
            place = source.relative_to(ROOT)
            said = comment(source)
            # A fence with more in its line would not end the block.
            join = "\n\n" if said.endswith("```") else " "
            parts.append(f"### {title(source)}\n{said}{join}[{place}](../{place})\n")
            if drawn := pictures(source):
                parts.append("\n".join(f"![{pathlib.Path(name).stem.replace('_', ' ')}](pictures/gallery/{name})" for name in drawn) + "\n")
    return page_lines.wrapped("\n".join(parts))


def draw(build):
    PICTURES.mkdir(exist_ok=True)
    for pattern, arguments in DRAWN.items():
        for source in sorted(EXAMPLES.glob(pattern)):
            if not (names := pictures(source)):
                continue
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([build / program(source), *arguments, folder], check=True, stdout=subprocess.DEVNULL)
                for name in names:
                    (PICTURES / name).write_bytes((pathlib.Path(folder) / name).read_bytes())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    options.add_argument("--draw", type=pathlib.Path, metavar="BUILD", help="the folder with the programs")
    arguments = options.parse_args()
    if arguments.check:
        wanted = set(re.findall(r"pictures/gallery/(\w+\.png)", page()))
        found = {p.name for p in PICTURES.glob("*.png")}
        faults = [f"{name}: {'no picture of that name' if name in wanted else 'nobody shows it'}" for name in sorted(wanted ^ found)]
        if PAGE.read_text() != page():
            faults.append("docs/gallery.md is not what tools/gallery.py writes")
        sys.exit("\n".join(faults) or 0)
    if arguments.draw:
        draw(arguments.draw)
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
