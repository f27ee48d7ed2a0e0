# SPDX-License-Identifier: BSL-1.0
"""Reads types of networks, a line each, and prints what layers_witness.cpp says of them."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import harness

with tempfile.TemporaryDirectory() as place:
    folder = pathlib.Path(place)
    (folder / "layers.inc").write_text("".join(f"tell<{one}>();\n" for one in sys.stdin.read().split("\n")))
    subprocess.run(["g++", "-std=c++20", f"-I{harness.INCLUDE}", f'-DLAYERS="{folder}/layers.inc"', HERE / "layers_witness.cpp",
                    "-o", folder / "witness"], check=True)
    subprocess.run([folder / "witness"], check=True)
