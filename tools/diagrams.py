# SPDX-License-Identifier: BSL-1.0
"""Pictures that Graphviz draws into docs/pictures: each holds its source as a comment, so that a check needs no Graphviz."""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"


def main(description, tool, sources, faults):
    """Draws `sources`, by the names of pictures, or with --check says what else they are; `faults` are told either way."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    checks, faults = options.parse_args().check, list(faults)
    for name, source in sources.items():
        picture, remark = PICTURES / f"{name}.svg", f"<!-- {source.replace('--', '=-')} -->\n"
        if not checks:
            drawn = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, check=True).stdout
            picture.write_text("<!-- SPDX-License-Identifier: BSL-1.0 -->\n" + remark + drawn[drawn.index("<svg"):])
        elif not picture.exists() or remark not in picture.read_text():
            faults.append(f"{picture.name} is not drawn from tools/{tool}")
    sys.exit("\n".join(faults) or 0)
