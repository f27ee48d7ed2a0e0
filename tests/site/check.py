# SPDX-License-Identifier: BSL-1.0
"""The site is built of docs/ without a warning, every page is in its contents, and every link of it, with its anchor, holds."""
import html.parser
import pathlib
import shutil
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], {"", "__skip"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value is not None:
                self.links.append((tag, value))
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def main():
    options = harness.parser(__doc__)
    options.add_argument("--keep", type=pathlib.Path, help="folder for the site")
    arguments = options.parse_args()
    if not shutil.which("mkdocs"):
        print("skipped, mkdocs not found (Debian: mkdocs, mkdocs-material)")
        sys.exit(harness.SKIPPED)
    problems = []
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or pathlib.Path(place) / "site"
        code, output = harness.run(["mkdocs", "build", "--strict", "-q", "-f", ROOT / "site/mkdocs.yml", "-d", folder])
        if code:
            print(output[-4000:])
            harness.finish(1, 1, "sites")
        pages = {path: Page(path.read_text()) for path in folder.resolve().rglob("*.html")}
        count = 0
        for path, page in pages.items():
            if path.name == "404.html":
                continue
            for tag, link in page.links:
                address = urllib.parse.urlsplit(link)
                where = f"{path.relative_to(folder.resolve())}: {link}"
                if address.scheme or address.netloc:
                    if tag not in ("a",):
                        problems.append(f"{where} is loaded from elsewhere")
                    continue
                count += 1
                target = (path.parent / urllib.parse.unquote(address.path)).resolve() if address.path else path
                target = target / "index.html" if target.is_dir() else target
                if not target.is_file():
                    problems.append(f"{where} is not there")
                elif target in pages and urllib.parse.unquote(address.fragment) not in pages[target].anchors:
                    problems.append(f"{where} has no such anchor")
        missing = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
        missing -= {path.relative_to(folder.resolve()) for path in pages} | {pathlib.Path("README.html")}
        problems += [f"{path} has no page" for path in missing]
    listed = (ROOT / "site/mkdocs.yml").read_text()
    problems += [f"{path.relative_to(ROOT)} is not in the contents (nav of site/mkdocs.yml)" for path in (ROOT / "docs").rglob("*.md")
                 if f" {path.relative_to(ROOT / 'docs')}\n" not in listed]
    for problem in sorted(set(problems)):
        print(problem)
    harness.finish(len(problems), count, "links of the site")


if __name__ == "__main__":
    main()
