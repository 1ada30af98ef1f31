#!/usr/bin/env python3
"""Compares what the documents show with what the program prints and with the files of the repository.

    tools/check-docs.py PROGRAM [--update]

A block in a .md file between a line `<!-- leukvk ARGUMENTS -->` and a line `<!-- end -->` holds the output of
`leukvk ARGUMENTS`, as it is when it is a Markdown table and between ``` lines otherwise. A block that begins with
`<!-- file PATH -->` holds the C file PATH. --update writes both. Besides, each link of a document leads to a file or a heading that
is there, docs/README.md links every document of docs/, and README.md has at most 1,000 words outside its ``` blocks.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_WORDS = 1000
BLOCK = re.compile(r"<!-- (leukvk|file) (.*?) -->\n.*?<!-- end -->", re.S)
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)


def content(program, kind, argument):
    if kind == "file":
        if not (ROOT / argument).is_file():
            sys.exit(f"check-docs: a document shows the file {argument}, which is not there")
        return f"```c\n{(ROOT / argument).read_text(encoding='utf-8')}```"
    text = subprocess.run([program, *argument.split()], check=True, capture_output=True, text=True).stdout.rstrip("\n")
    return text if text.startswith("|") else f"```\n{text}\n```"


def anchors(path):
    """The names that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(text):
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)) if "://" not in target]


def broken_links(path, text):
    for target in links(text):
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield f"the link to {target} leads nowhere"


def complaints(path, text):
    yield from broken_links(path, text)
    if path == ROOT / "README.md":
        words = len(FENCE.sub("", text).split())
        if words > MOST_WORDS:
            yield f"{words} words outside code blocks, more than {MOST_WORDS}"
    if path == ROOT / "docs/README.md":
        linked = {(path.parent / target.partition("#")[0]).resolve() for target in links(text)}
        for document in sorted(path.parent.glob("*.md")):
            if document != path and document not in linked:
                yield f"has no link to {document.name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM", help="the leukvk that is asked")
    parser.add_argument("--update", action="store_true", help="write what differs into the documents")
    options = parser.parse_args()
    program, update = options.program, options.update
    checked = wrong = 0
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("src/**/*.md"), *ROOT.glob("tools/*/*.md")]):
        old = path.read_text(encoding="utf-8")

        def replace(match):
            nonlocal checked
            checked += 1
            return f"<!-- {match[1]} {match[2]} -->\n{content(program, match[1], match[2])}\n<!-- end -->"

        name = path.relative_to(ROOT)
        new = BLOCK.sub(replace, old)
        if new != old and update:
            print(f"{name}: updated")
            path.write_text(new, encoding="utf-8")
        elif new != old:
            wrong += 1
            print(f"{name}: not what the program prints, or not what the file holds; --update writes it")
        for complaint in complaints(path, new):
            wrong += 1
            print(f"{name}: {complaint}")
    print(f"{checked} blocks checked")
    return 1 if checked == 0 or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
