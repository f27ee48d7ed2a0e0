# SPDX-License-Identifier: BSL-1.0
"""What docs/ links to outside of itself (examples, tests, scripts) goes into the site as files below `sources/`; the site has its own
style sheet, and blocks of code can be reached by the keyboard, as they scroll."""
import pathlib
import posixpath
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def outside(page, target):
    """The file of the project that a link of a page means, as a path from the project's folder; nothing if it is in docs/."""
    if "://" in target or target.startswith("mailto:"):
        return None
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    return None if path.startswith("docs/") else path


def links_of(page, text):
    """(whole link, target) for each link that leaves docs/, code left out."""
    plain = re.sub(r"^```.*?^```", lambda block: " " * len(block[0]), text, flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"`[^`\n]*`", lambda code: " " * len(code[0]), plain)
    return [(match, path) for match in LINK.finditer(plain) if (path := outside(page, match[2]))]


def on_config(config):
    config["extra_css"].append("assets/site.css")
    return config


def on_files(files, config):
    style = File("assets/site.css", config["docs_dir"], config["site_dir"], False)
    style.abs_src_path = str(ROOT / "site" / "site.css")
    files.append(style)
    wanted = set()
    for page in files.documentation_pages():
        wanted |= {path for _, path in links_of(page.src_path, (ROOT / "docs" / page.src_path).read_text())}
    for path in sorted(wanted):
        for source in [ROOT / path] if (ROOT / path).is_file() else []:
            file = File(f"sources/{source.relative_to(ROOT)}", config["docs_dir"], config["site_dir"], False)
            file.abs_src_path = str(source)
            files.append(file)
    return files


def on_page_markdown(markdown, page, config, files):
    root = "../" * page.file.src_path.count("/")
    for match, path in reversed(links_of(page.file.src_path, markdown)):
        if not (ROOT / path).exists():
            raise RuntimeError(f"docs/{page.file.src_path} links to {path}, which is not there")
        if (ROOT / path).is_dir():  # a folder has no page: the text stays, without a link
            start = markdown.rfind("[", 0, match.start())
            markdown = markdown[:start] + markdown[start + 1:match.start()] + markdown[match.end():]
        else:
            markdown = markdown[:match.start()] + f"]({root}sources/{path})" + markdown[match.end():]
    return markdown


def on_page_content(html, page, config, files):
    return html.replace("<pre><span></span><code>", '<pre><span></span><code tabindex="0">')
