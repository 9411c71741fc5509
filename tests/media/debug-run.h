/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* What a process says with GST_DEBUG=*:9: to GST_DEBUG_FILE, to stdout and
 * stderr, and on the buses of its pipelines; and who of them tells secrets. */
typedef struct _DebugRun DebugRun;

DebugRun *debug_run_new (void);

/* Everything that @pipeline posts from then on. */
void debug_run_watch (DebugRun *self, GstElement *pipeline);
void debug_run_await (DebugRun *self, const char *part);

/* @is_gstreamers: whether GStreamer's own code may log it */
void debug_run_add_secret (
    DebugRun *self, const char *text, gboolean is_gstreamers);

/* Ends the run. Returns: (transfer full): each other one that has told a secret,
 * or "the bus" or "stderr", with the first such line as a value. */
GTree *debug_run_end (DebugRun *self);
