# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plugin exports what GStreamer looks up in it, and nothing else."""

import shutil
import subprocess
import sys

import tree

NAMES = {"gst_plugin_peerconnection_get_desc",
         "gst_plugin_peerconnection_register"}

if not shutil.which("nm"):
    tree.skip("nm is missing")

out = subprocess.run(["nm", "-D", "--defined-only", sys.argv[2]], check=True,
                     capture_output=True, text=True).stdout
exported = {line.split()[-1].split("@")[0] for line in out.splitlines()}

problems = [f"{name} is exported" for name in sorted(exported - NAMES)]
problems += [f"{name} is not exported" for name in sorted(NAMES - exported)]
tree.finish(problems, len(exported))
