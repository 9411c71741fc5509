# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the elements offer: their model's surface, and their own.

The own surface of each is written down in a file named after it beside this one
and documented in the source. `peerconnection` is a drop-in for webrtcbin, whose
surface differs from one GStreamer version to the next: the installed one is
what it is compared with. `peersink` and `peersrc` are bins.

With --update the own surfaces are written down anew.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tree

MODELS = {"peerconnection": "webrtcbin", "peersink": "bin", "peersrc": "bin"}
DROP_INS = {"peerconnection"}
# Shown of every element with sometimes pads.
INHERITED = {"pad-added", "pad-removed", "no-more-pads"}
GOLDEN_HEAD = """\
# SPDX-License-Identifier: LGPL-2.1-or-later
# What {} offers beside the surface of {}. Written by
# `meson compile -C build update-surface`.
"""

FACTORY = "Factory Details"
PADS = "Pad Templates"
PROPERTIES = "Element Properties"
SIGNALS = "Element Signals"
ACTIONS = "Element Actions"

# The first line of a member in each of gst-inspect's sections.
MEMBER = {
    FACTORY: re.compile(r"  (Rank|Long-name|Klass|Description)\s"),
    PADS: re.compile(r"  (?:SINK|SRC) template: '(\S+)'"),
    PROPERTIES: re.compile(r"  ([a-z][a-z0-9-]*)\s*: "),
    SIGNALS: re.compile(r'  "([a-z0-9-]+)" :'),
    ACTIONS: re.compile(r'  "([a-z0-9-]+)" :'),
}


def inspect(element, plugin):
    """gst-inspect's text; the plugin must be the one that was built."""
    out = subprocess.run(["gst-inspect-1.0", "--no-colors", element],
                         capture_output=True, text=True,
                         env={**os.environ, "LC_ALL": "C.UTF-8"})
    if out.returncode:
        return None
    filename = re.search(r"^  Filename\s+(.*)$", out.stdout, re.M)
    if plugin and not os.path.samefile(filename.group(1), plugin):
        sys.exit(f"{element} comes from {filename.group(1)}, not {plugin}")
    return out.stdout


def normalised(line):
    """Spaces, and the ways versions print pointers, carry no meaning."""
    line = re.sub(r"\s*\*\s*", "* ", line.strip())
    return re.sub(r"\s+", " ", line)


def parse(text):
    """{(section, name): [line, ...]}"""
    members, section, lines = {}, None, None
    for line in text.splitlines():
        header = re.match(r"(\S.*):$", line)
        if not line.startswith(" "):
            section = header and header.group(1)
            lines = None
            continue
        pattern = MEMBER.get(section)
        if not pattern or not line.strip():
            continue
        match = pattern.match(line)
        if match:
            lines = members.setdefault((section, match.group(1)), [])
        elif re.match(r"  \S", line):
            lines = None
        if lines is not None:
            lines.append(normalised(line))
    return members


def class_name(text):
    return re.findall(r"\+----(\w+)", text)[-1]


def comparable(key, lines):
    """What must be the same as in webrtcbin: not the words that explain it."""
    section, _ = key
    if section == PROPERTIES:
        return lines[1:]
    if section == PADS:
        # Pad classes and their explanations may be our own; a pad's own
        # properties may not be fewer.
        keep, name = [], re.compile(r"([a-z][a-z-]*) : ")
        for line in lines:
            if line.startswith("Type:"):
                continue
            match = name.match(line)
            keep.append(match.group(1) if match else line)
        return keep
    return [" ".join(lines)]


def missing_from(ours, model, element, model_name):
    """Each member of webrtcbin's that is not there, or not the same."""
    for key, lines in model.items():
        section, name = key
        if section == FACTORY or key == (PROPERTIES, "name"):
            continue
        if key not in ours:
            yield f"{element} lacks {model_name}'s {name} ({section})"
        elif comparable(key, ours[key]) != comparable(key, lines):
            yield f"{element}'s {name} is not as {model_name}'s ({section}):"
            yield from difflib.unified_diff(
                comparable(key, lines), comparable(key, ours[key]), model_name,
                element, lineterm="", n=0)


def surface(own, head):
    lines = [head.rstrip("\n")]
    for section in MEMBER:
        for key in sorted(key for key in own if key[0] == section):
            lines += ["", f"[{section}] {key[1]}", *own[key]]
    return "\n".join(lines) + "\n"


def doc_blocks():
    """{symbol: text} of the gtk-doc blocks in the source."""
    blocks = {}
    for path in tree.files(".c", ".h", under=("gst", "plugin")):
        for text in re.findall(r"/\*\*\n(.*?)\*/", tree.read(path), re.S):
            # Elements that share a property share its block.
            while symbol := re.match(
                    r"\s*\*\s*([\w:-]+?):?\s*(?:\(.*\))?\n", text):
                text = text[symbol.end():]
                blocks[symbol.group(1)] = text
    return blocks


def undocumented(own, element, instance):
    blocks = doc_blocks()
    for section, name in own:
        if section == PROPERTIES:
            symbol = f"{instance}:{name}"
        elif section in (SIGNALS, ACTIONS):
            symbol = f"{instance}::{name}"
        else:
            continue
        if symbol not in blocks:
            yield f"{symbol} has no gtk-doc block"
            continue
        body = re.sub(r"^\s*\*", "", blocks[symbol], flags=re.M)
        if not re.search(r"^\s*Since: \d", body, re.M):
            yield f"{symbol}: its gtk-doc block has no Since:"
        prose = [line for line in body.splitlines()
                 if line.strip() and not re.match(r"\s*(@\w+|Since):", line)]
        if not prose:
            yield f"{symbol}: its gtk-doc block says nothing"
    if f"element-{element}" not in blocks and \
            f"SECTION:element-{element}" not in blocks:
        yield f"element-{element} has no gtk-doc section"


def check(element, model_name, plugin, update):
    """Yields what is wrong, or writes the own surface down."""
    model_text = inspect(model_name, None)
    if model_text is None:
        tree.skip(f"{model_name} is missing")
    text = inspect(element, plugin)
    if text is None:
        yield f"gst-inspect-1.0 finds no {element}"
        return
    ours, model = parse(text), parse(model_text)
    own = {key: lines for key, lines in ours.items()
           if (key not in model or key[0] == FACTORY)
           and key[1] not in INHERITED}
    golden = pathlib.Path("tests/lint") / f"{element}.surface"
    head = GOLDEN_HEAD.format(element, model_name)
    if update:
        (tree.ROOT / golden).write_text(surface(own, head), encoding="utf-8")
        return
    before = tree.read(golden) if (tree.ROOT / golden).exists() else ""
    yield from difflib.unified_diff(
        before.splitlines(), surface(own, head).splitlines(),
        golden.as_posix(), "as built", lineterm="")
    if element in DROP_INS:
        yield from missing_from(ours, model, element, model_name)
    yield from undocumented(own, element, class_name(text))


if not shutil.which("gst-inspect-1.0"):
    tree.skip("gst-inspect-1.0 is missing")
update = "--update" in sys.argv
problems = []
for name, model_name in MODELS.items():
    problems += check(name, model_name, sys.argv[2], update)
tree.finish(problems, len(MODELS))
