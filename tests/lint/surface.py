# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `peerconnection` offers: all of webrtcbin's surface, and its own.

Its own surface is written down in peerconnection.surface beside this file and
documented in the source. webrtcbin's differs from one GStreamer version to the
next, so the installed webrtcbin is what the rest is compared with.

With --update the own surface is written down anew.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tree

ELEMENT = "peerconnection"
MODEL = "webrtcbin"
GOLDEN = pathlib.Path("tests/lint") / f"{ELEMENT}.surface"
GOLDEN_HEAD = f"""\
# SPDX-License-Identifier: LGPL-2.1-or-later
# What {ELEMENT} offers beside the surface of {MODEL}. Written by
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


def missing_from(ours, model):
    """Each member of webrtcbin's that is not there, or not the same."""
    for key, lines in model.items():
        section, name = key
        if section == FACTORY or key == (PROPERTIES, "name"):
            continue
        if key not in ours:
            yield f"{ELEMENT} lacks {MODEL}'s {name} ({section})"
        elif comparable(key, ours[key]) != comparable(key, lines):
            yield f"{ELEMENT}'s {name} is not as {MODEL}'s ({section}):"
            yield from difflib.unified_diff(
                comparable(key, lines), comparable(key, ours[key]), MODEL,
                ELEMENT, lineterm="", n=0)


def surface(own):
    lines = [GOLDEN_HEAD.rstrip("\n")]
    for section in MEMBER:
        for key in sorted(key for key in own if key[0] == section):
            lines += ["", f"[{section}] {key[1]}", *own[key]]
    return "\n".join(lines) + "\n"


def doc_blocks():
    """{symbol: text} of the gtk-doc blocks in the source."""
    blocks = {}
    for path in tree.files(".c", ".h", under=("gst", "plugin")):
        for text in re.findall(r"/\*\*\n(.*?)\*/", tree.read(path), re.S):
            symbol = re.match(r"\s*\*\s*([\w:-]+?):?\s*(?:\(.*\))?\n", text)
            if symbol:
                blocks[symbol.group(1)] = text
    return blocks


def undocumented(own, instance):
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
        text = re.sub(r"^\s*\*", "", blocks[symbol], flags=re.M)
        body = text.split("\n", 1)[1]
        if not re.search(r"^\s*Since: \d", body, re.M):
            yield f"{symbol}: its gtk-doc block has no Since:"
        prose = [line for line in body.splitlines()
                 if line.strip() and not re.match(r"\s*(@\w+|Since):", line)]
        if not prose:
            yield f"{symbol}: its gtk-doc block says nothing"
    if f"element-{ELEMENT}" not in blocks and \
            f"SECTION:element-{ELEMENT}" not in blocks:
        yield f"element-{ELEMENT} has no gtk-doc section"


if not shutil.which("gst-inspect-1.0"):
    tree.skip("gst-inspect-1.0 is missing")
model_text = inspect(MODEL, None)
if model_text is None:
    tree.skip(f"{MODEL} is missing")
text = inspect(ELEMENT, sys.argv[2])
if text is None:
    sys.exit(f"gst-inspect-1.0 finds no {ELEMENT}")

ours, model = parse(text), parse(model_text)
own = {key: lines for key, lines in ours.items()
       if key not in model or key[0] == FACTORY}

if "--update" in sys.argv:
    (tree.ROOT / GOLDEN).write_text(surface(own), encoding="utf-8")
    sys.exit(0)

golden = tree.read(GOLDEN) if (tree.ROOT / GOLDEN).exists() else ""
problems = list(difflib.unified_diff(
    golden.splitlines(), surface(own).splitlines(), GOLDEN.as_posix(),
    "as built", lineterm=""))
problems += missing_from(ours, model)
problems += undocumented(own, class_name(text))
tree.finish(problems, len(model) and len(own))
