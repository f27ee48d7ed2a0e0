# SPDX-License-Identifier: BSL-1.0
"""clang-tidy, as .clang-tidy says, on every umbrella's headers. tidy.py <clang-tidy> <root>"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
# What is for one processor only does not parse for another.
OTHER_PROCESSORS = re.compile(r"_(dsp|gather|mve|neon)\.hpp$")
headers = sorted(h for h in (root / "include").rglob("*.hpp") if not OTHER_PROCESSORS.search(str(h)))
mpi = harness.mpi()[0] if harness.mpi() else []
if not mpi:
    print("without archetype/distributed, as no MPI was found")
    headers = [h for h in headers if "/distributed" not in str(h)]
with tempfile.TemporaryDirectory() as directory:
    source = pathlib.Path(directory) / "all.cpp"
    source.write_text("".join(f"#include <{h.relative_to(root / 'include')}>\n" for h in headers))
    command = [tool, "--quiet", f"--config-file={root / '.clang-tidy'}", "--warnings-as-errors=*", str(source), "--",
               "-std=c++20", f"-I{root / 'include'}", *mpi]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
print(done.stdout)
print(f"{len(headers)} headers, {done.stdout.count('warning:') + done.stdout.count('error:')} complaints")
sys.exit(done.returncode)
