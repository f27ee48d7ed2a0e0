# SPDX-License-Identifier: BSL-1.0
"""clang-tidy, as .clang-tidy says, on every umbrella's headers. tidy.py <clang-tidy> <root>"""
import pathlib
import subprocess
import sys
import tempfile

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
headers = sorted((root / "include").rglob("*.hpp"))
with tempfile.TemporaryDirectory() as directory:
    source = pathlib.Path(directory) / "all.cpp"
    source.write_text("".join(f"#include <{h.relative_to(root / 'include')}>\n" for h in headers))
    command = [tool, "--quiet", f"--config-file={root / '.clang-tidy'}", "--warnings-as-errors=*", str(source), "--",
               "-std=c++20", f"-I{root / 'include'}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
print(done.stdout)
print(f"{len(headers)} headers, {done.stdout.count('warning:') + done.stdout.count('error:')} complaints")
sys.exit(done.returncode)
