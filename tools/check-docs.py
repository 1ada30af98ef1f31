#!/usr/bin/env python3
"""Compares what the documents show with what the program prints.

    tools/check-docs.py PROGRAM [--update]

A block in a .md file between a line `<!-- leukvk ARGUMENTS -->` and a line `<!-- end -->` holds the output of
`leukvk ARGUMENTS`, as it is when it is a Markdown table and between ``` lines otherwise. --update writes it.
"""
import argparse
import pathlib
import re
import subprocess
import sys


def block(program, arguments):
    text = subprocess.run([program, *arguments.split()], check=True, capture_output=True, text=True).stdout.rstrip("\n")
    return text if text.startswith("|") else f"```\n{text}\n```"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM", help="the leukvk that is asked")
    parser.add_argument("--update", action="store_true", help="write what differs into the documents")
    options = parser.parse_args()
    program, update = options.program, options.update
    root = pathlib.Path(__file__).resolve().parent.parent
    checked = stale = 0
    for path in sorted([*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("src/**/*.md")]):
        old = path.read_text(encoding="utf-8")

        def replace(match):
            nonlocal checked
            checked += 1
            return f"<!-- leukvk {match[1]} -->\n{block(program, match[1])}\n<!-- end -->"

        new = re.sub(r"<!-- leukvk (.*?) -->\n.*?<!-- end -->", replace, old, flags=re.S)
        if new != old:
            stale += 1
            print(f"{path.relative_to(root)}: not what the program prints" + (", updated" if update else ""))
            if update:
                path.write_text(new, encoding="utf-8")
    print(f"{checked} blocks checked")
    return 1 if checked == 0 or (stale and not update) else 0


if __name__ == "__main__":
    sys.exit(main())
