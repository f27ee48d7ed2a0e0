# SPDX-License-Identifier: BSL-1.0
"""Writes docs/reference/layer_by_layer.md: each layer under a heading of its own, as the comment in its header says it.

    layer_pages.py            writes it
    layer_pages.py --check    says whether it is what would be written

A layer is what architecture/layers declares outside of `detail` with a comment of its own: a struct, or a name for one.
"""
import argparse
import pathlib
import re
import sys

import page_lines

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "layer_by_layer.md"
LAYERS = ROOT / "include" / "archetype" / "architecture" / "layers"
HEAD = """# Layers, one by one
<!-- Made by tools/layer_pages.py from the comments in include/archetype/architecture/layers. -->
What the header of each layer says of it. [layers.md](layers.md) has tables of all of them, [options.md](options.md) explains the options.
Shapes are those of one sample, channels last.
"""
TITLES = {"attention": "Attention", "normalization": "Normalization", "pooling": "Pooling", "activation": "Activations", "named_activations": "Activations", "row_activations": "Activations",
          "conv1d": "Convolutions", "conv2d": "Convolutions", "conv2d_table": "Convolutions", "conv3d": "Convolutions", "conv2d_transpose": "Convolutions", "depthwise_conv2d": "Convolutions", "separable_conv2d": "Convolutions",
          "subsampling2d": "Convolutions", "dense": "Dense layers and tables", "maxout": "Dense layers and tables", "embedding": "Dense layers and tables", "recurrent": "Recurrent layers",
          "time_distributed": "Recurrent layers", "dropout": "Regularization", "noise": "Regularization", "joins": "Joins", "join_weights": "Joins"}
OTHERS = "Shapes and places"
ORDER = ("Convolutions", "Pooling", "Dense layers and tables", "Recurrent layers", "Attention", "Normalization", "Activations", "Regularization", "Joins", OTHERS)
DECLARED = re.compile(r"((?:^[ ]*///.*\n)+)((?:template <(?:[^<>]|<[^<>]*>)*>\s*)?(?:requires[^;{]*?\)?\s*)?(?:struct|using) (\w+)[^;{]*)", re.MULTILINE)


def without_details(text):
    """The text without what stands in namespaces of their own."""
    return re.sub(r"^namespace detail \{.*?^\}  // namespace detail$", "", text, flags=re.MULTILINE | re.DOTALL)


def described(comment):
    """A comment as Markdown: parameters of templates as a list, shapes and formulas as they are."""
    lines = [line.strip()[3:].strip() for line in comment.splitlines()]
    text = "\n".join(line for line in lines if not line.startswith("@file"))
    text = re.sub(r"(^|\n)@(?:tparam|param) (\w+)\s+", r"\1- `\2`: ", text)
    # Braces, stars and underscores are those of formulas.
    parts = re.split(r"(`[^`]*`)", text)
    parts = [part if part.startswith("`") else re.sub(r"([*<|])", r"\\\1", part) for part in parts]
    text = re.sub(r"\n- ", "\n\n- ", "".join(parts), count=1)
    return text.strip()


def declaration(text):
    """One line of C++, without constraints and bases."""
    line = re.sub(r"\s+", " ", text)
    line = re.sub(r"requires.*?(struct|using)", r"\1", line)
    line = re.sub(r"(struct \w+) :.*", r"\1", line)
    return re.sub(r" =.*", "", line).strip() if "using" in line else line.strip()


def layers():
    """{title: [(name, header, declaration, description)]}, each name once."""
    found, seen = {}, set()
    for path in sorted(LAYERS.rglob("*.hpp")):
        title = TITLES.get(path.parent.name if path.parent != LAYERS else path.stem, OTHERS)
        for comment, declared, name in DECLARED.findall(without_details(path.read_text())):
            if name in seen or name.startswith("basic_") or name.endswith("_layer") or "@file" in comment:
                continue
            seen.add(name)
            found.setdefault(title, []).append((name, path.relative_to(ROOT / "include").as_posix(), declaration(declared), described(comment)))
    return found


def page():
    text = HEAD
    found = layers()
    for title in ORDER:
        text += f"\n## {title}\n"
        for name, header, declared, said in found.get(title, []):
            text += f"\n### {name}\n{said}\n```c++\n{declared};\n```\nHeader: `{header}`\n"
    return page_lines.wrapped(text)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    arguments = options.parse_args()
    made = page()
    if not arguments.check:
        PAGE.write_text(made)
        print(f"{PAGE.relative_to(ROOT)}: {made.count(chr(10) + '### ')} layers")
    elif not PAGE.exists() or PAGE.read_text() != made:
        print(f"{PAGE.relative_to(ROOT)} is not what the headers say: python3 tools/layer_pages.py writes it")
        sys.exit(1)


if __name__ == "__main__":
    main()
