#!/usr/bin/env python3
"""Writes man pages and completions of bash and zsh, from what the program itself prints as its help.

    tools/help-files.py PROGRAM FOLDER

FOLDER gets man1/leukvk.1.gz, man1/leukvk-VERB.1.gz, bash/leukvk and zsh/_leukvk. Equal programs give equal bytes.
"""
import argparse
import gzip
import os
import pathlib
import re
import subprocess
import sys

OPTION = re.compile(r"^ {2,6}(?:-(\w), )?--([\w-]+)(?:\[?=([^\]]*?)\]?)?(?: {2,}(.*))?$")
WIDE = {"ARGP_HELP_FMT": "rmargin=30000,opt-doc-col=60"} # a line for each option and each paragraph
FILES = re.compile(r"FILE|PATH|DIR|RUN|DATA|OUT|FOLDER|IMAGE|MODEL")


def ask(program, *words):
    environment = {**os.environ, **WIDE, "LC_ALL": "C.UTF-8"}
    return subprocess.run([program, *words], check=True, capture_output=True, text=True, encoding="utf-8", env=environment).stdout


def verbs(program):
    """Heading, name and summary of each verb."""
    found, heading = [], ""
    for line in ask(program, "--help").splitlines():
        if re.match(r"^\w.*:$", line):
            heading = line[:-1]
        row = re.match(r"^ {2}([a-z][a-z-]*) {2,}(\S.*)$", line)
        if row and heading and not line.startswith("  leukvk"):
            found.append((heading, row[1], row[2]))
    return found


class Help:
    """The parts of `leukvk VERB --help`."""

    def __init__(self, text):
        lines = text.rstrip("\n").split("\n")
        self.usage, self.about, self.groups, self.rest = [], [], [("", [])], []
        while lines and re.match(r"^(Usage:| {2,}or:)", lines[0]):
            self.usage.append(re.sub(r"^(Usage:| *or:) *", "", lines.pop(0)))
        place = self.about
        for line in lines:
            option, heading = OPTION.match(line), re.match(r"^ (\S.*):$", line)
            if option and place is not self.rest:
                self.groups[-1][1].append(list(option.groups("")))
                place = self.groups
            elif heading and place is not self.rest:
                self.groups.append((heading[1], []))
                place = self.groups
            elif place is self.groups and line.startswith(" " * 40):
                row = self.groups[-1][1][-1]
                row[3] = f"{row[3]} {line.strip()}".strip()
            elif place is self.about and not self.groups[0][1]:
                place.append(line)
            elif line and not line.startswith("Mandatory or optional") or place is self.rest:
                place = self.rest
                place.append(line)
        if not self.usage or not self.options():
            sys.exit(f"help-files: this help has no usage or no options:\n{text[:500]}")

    def options(self):
        return [option for _, rows in self.groups for option in rows]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("×", "\\(mu").replace("…", "...").replace("→", "\\(->")
    return "\\&" + text if text[:1] in (".", "'") else text


def section(title, lines):
    return [f".SH {title.upper()}", *lines]


def paragraphs(lines):
    """Text that is filled; indented lines stay as they are."""
    out = []
    for line in lines:
        if not line:
            out.append(".PP")
        elif line.startswith(" "):
            out += [".EX", roff(line), ".EE"]
        else:
            out.append(roff(line))
    return re.sub(r"\n\.EE\n\.EX\n", "\n", "\n".join(out)).split("\n")


def option_lines(rows):
    out = []
    for short, name, argument, text in rows:
        flags = [f"\\fB\\-{short}\\fR"] if short else []
        flags.append(f"\\fB\\-\\-{roff(name)}\\fR" + (f"=\\fI{roff(argument)}\\fR" if argument else ""))
        out += [".TP", ", ".join(flags), roff(text)]
    return out


def page(name, summary, version, sections, also):
    head = [f'.TH {roff(name.upper())} 1 "" "leukvk {version}" "leukvk"', *section("Name", [f"{roff(name)} \\- {roff(summary)}"])]
    refs = ",\n".join(f".BR {roff(other)} (1)" for other in also)
    return "\n".join([*head, *sections, *section("See also", refs.replace(",\n", " ,\n").split("\n"))]) + "\n"


def verb_page(name, summary, version, text):
    sections = section("Synopsis", [line for usage in text.usage for line in (f".B {roff(usage)}", ".br")][:-1])
    sections += section("Description", paragraphs(text.about))
    sections.append(".SH OPTIONS")
    for heading, rows in text.groups:
        if heading and rows:
            sections.append(f".SS {roff(heading)}")
        sections += option_lines(rows)
    if text.rest:
        sections += section("Examples and notes", paragraphs(text.rest))
    return page(f"leukvk-{name}", summary, version, sections, ["leukvk"])


def main_page(program, version, listed):
    sections = section("Synopsis", [".B leukvk", ".I VERB", "[\\fIARGUMENTS\\fR]"])
    text = ask(program, "--help").split("\n\n")
    sections += section("Description", [roff(text[0].replace("\n", " "))])
    sections.append(".SH VERBS")
    heading = None
    for group, name, summary in listed:
        if group != heading:
            sections.append(f".SS {roff(group)}")
            heading = group
        sections += [".TP", f".BR leukvk\\-{roff(name)} (1)", roff(summary)]
    return page("leukvk", "trains and runs classifiers of leukaemia cell images", version, sections,
                [f"leukvk-{name}" for _, name, _ in listed])


def choices(argument):
    return argument.split("|") if re.fullmatch(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+", argument) else []


def bash(listed, helps):
    cases = []
    for _, name, _ in listed:
        options = helps[name].options()
        words = " ".join(f"--{o[1]}" + ("=" if o[2] else "") for o in options)
        values = "".join(f"\n            --{o[1]}) values='{' '.join(choices(o[2]))}' ;;" for o in options if choices(o[2]))
        flags = "|".join(f"--{o[1]}" for o in options if not o[2])
        cases.append(f"    {name})\n        words='{words}'\n        case $option in{values}\n            {flags}) option= ;;\n        esac ;;")
    return f"""# Completion of bash for leukvk. Made by tools/help-files.py of the program's help.
_leukvk() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD - 1]}} verb=${{COMP_WORDS[1]}} words= values=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{' '.join(name for _, name, _ in listed)} help --help --version' -- "$cur"))
        return
    fi
    [ "$cur" = = ] && cur=
    [ "$option" = = ] && option=${{COMP_WORDS[COMP_CWORD - 2]}}
    [ "$verb" = help ] && {{ COMPREPLY=($(compgen -W '{' '.join(name for _, name, _ in listed)}' -- "$cur")); return; }}
    case $verb in
{chr(10).join(cases)}
    esac
    if [ -n "$values" ]; then
        COMPREPLY=($(compgen -W "$values" -- "$cur"))
    elif [[ $cur = -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        [[ ${{COMPREPLY[0]}} = *= ]] && compopt -o nospace
    else
        compopt -o filenames
        local IFS=$'\\n'
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}}
complete -F _leukvk leukvk
"""


def zsh_text(text):
    return re.sub(r"[\[\]:\\]", r"\\\g<0>", text.split(";")[0]).replace("'", "'\\''")


def zsh(listed, helps):
    cases = []
    for _, name, _ in listed:
        specs = []
        for _, option, argument, text in helps[name].options():
            action = f"({' '.join(choices(argument))})" if choices(argument) else "_files" if FILES.search(argument) else ""
            value = f":{zsh_text(argument)}:{action}" if argument else ""
            specs.append(f"            '*--{option}{'=' if argument else ''}[{zsh_text(text)}]{value}'")
        cases.append(f"        {name})\n            _arguments \\\n" + " \\\n".join(specs) + " \\\n            '*:file:_files' ;;")
    rows = "\n".join(f"        '{name}:{zsh_text(summary)}'" for _, name, summary in listed)
    return f"""#compdef leukvk
# Completion of zsh for leukvk. Made by tools/help-files.py of the program's help.
_leukvk() {{
    local -a verbs=(
{rows}
        'help:print the options of a verb'
    )
    if (( CURRENT == 2 )); then
        _describe verb verbs
        return
    fi
    local verb=$words[2]
    shift words
    (( CURRENT-- ))
    case $verb in
        help) _describe verb verbs ;;
{chr(10).join(cases)}
    esac
}}
_leukvk "$@"
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="PROGRAM", help="the leukvk that is asked")
    parser.add_argument("folder", metavar="FOLDER", type=pathlib.Path, help="where the files are written")
    options = parser.parse_args()
    listed = verbs(options.program)
    version = ask(options.program, "--version").split()[1]
    helps = {name: Help(ask(options.program, name, "--help")) for _, name, _ in listed}
    pages = {f"leukvk-{name}": verb_page(name, summary, version, helps[name]) for _, name, summary in listed}
    fetch = pathlib.Path(__file__).with_name("fetch-weights.sh")
    pages["leukvk-fetch-weights"] = page(
        "leukvk-fetch-weights", "gets pretrained weights of ResNet50 for leukvk", version,
        [".SH SYNOPSIS", ".B leukvk\\-fetch\\-weights", ".SH DESCRIPTION", ".EX", *map(roff, ask(fetch, "--help").splitlines()), ".EE"],
        ["leukvk-train"])
    pages["leukvk"] = main_page(options.program, version, listed)
    for folder in ("man1", "bash", "zsh"):
        (options.folder / folder).mkdir(parents=True, exist_ok=True)
    for old in (options.folder / "man1").glob("*.gz"): # of a verb that is gone
        old.unlink()
    for name, text in pages.items():
        (options.folder / "man1" / f"{name}.1.gz").write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))
    (options.folder / "bash" / "leukvk").write_text(bash(listed, helps), encoding="utf-8")
    (options.folder / "zsh" / "_leukvk").write_text(zsh(listed, helps), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
