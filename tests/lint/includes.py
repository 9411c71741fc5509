# SPDX-License-Identifier: LGPL-2.1-or-later
"""Includes go down only, and each one names exactly one file.

The build says the same (a folder's include path holds the folders below it
only), but would not notice a path that climbs out of its folder.
"""

import re

import tree

# What a folder may see beside itself. Siblings never see one another.
BELOW = {
    "gst/base": [],
    "gst/rules": ["gst/base"],
    "gst/peer": ["gst/rules", "gst/base"],
    "gst/signalling": ["gst/rules", "gst/base"],
    "gst/stats": ["gst/rules", "gst/base"],
    "gst/media": ["gst/peer", "gst/signalling", "gst/stats", "gst/rules",
                  "gst/base"],
    # Registers each folder's elements.
    "plugin": ["gst/media", "gst/peer", "gst/signalling", "gst/stats"],
    # Parsers, each alone, and the HTTP servers as a whole.
    "tests/fuzz": ["gst/media", "gst/signalling", "gst/rules", "gst/base"],
    # What users copy builds without this project's headers.
    "pipelines": [],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folders_seen_by(folder):
    """The folders whose headers a file of this one may name, or None."""
    if folder in BELOW:
        return [folder, *BELOW[folder]]
    if folder.startswith("tests/"):
        mirrored = folder.replace("tests/", "gst/", 1)
        seen = [folder, "tests/common"]
        if mirrored in BELOW:
            seen += [mirrored, *BELOW[mirrored]]
        return seen
    return None


def lint(paths, read):
    headers = {}
    for path in paths:
        if path.suffix == ".h":
            headers.setdefault(path.name, set()).add(path.parent.as_posix())

    for path in paths:
        folder = path.parent.as_posix()
        seen = folders_seen_by(folder)
        if seen is None:
            yield f"{path}: {folder} is not a folder of the architecture"
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            where = f"{path}:{number}: {name}"
            own = headers.get(name.rsplit("/", 1)[-1], set())
            if kind == "<":
                if "/" not in name and own:
                    yield f"{where} is ours: include it with quotes"
                if name.startswith(("gst/base/", "gst/rules/", "gst/peer/")):
                    if own & {name.rsplit("/", 1)[0]}:
                        yield f"{where} is ours: include it with quotes"
                continue
            if "/" in name:
                yield f"{where}: name the header without a path"
                continue
            found = own & set(seen)
            if not own:
                yield f"{where} is no header of this project"
            elif not found:
                yield f"{where} is in {', '.join(sorted(own))}, which " \
                      f"{folder} must not see"
            elif len(found) > 1:
                yield f"{where} may be any of {', '.join(sorted(found))}"


sources = tree.files(".c", ".h")
tree.finish(list(lint(sources, tree.read)), len(sources))
