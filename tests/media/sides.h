/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two pipelines with a peersink and a peersrc that talk to each other over the
 * loopback, and all that either is seen to do:
 *
 *   session-added, session-removed, pad-added, pad-removed, encoder-setup,
 *   payloader-setup, connection-state, signaling-state
 *                                   signals, and notifies of properties
 *   message:NAME                    of an element, or a type of message
 *   frame                           at the end of the one that plays
 */

#pragma once

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

typedef struct _Side Side;

typedef void (*SideHook) (Side *side, gpointer user_data);

struct _Side {
  GstElement *pipeline;
  GstElement *element;

  GMutex lock;
  GCond cond;
  GPtrArray *log; /* element-type utf8 */
  const char *hook_entry;
  SideHook hook;
  gpointer hook_data;
};

Side *side_new (const char *description);
/* Stops it. What still runs has it as long as it needs. */
void side_free (Side *self);

void side_connect (
    Side *self, gpointer object, const char *signal, GCallback handler);

void side_log (Side *self, const char *entry);
/* The @n-th entry of that name. */
void side_await (Side *self, const char *entry, guint n);
guint side_count (Side *self, const char *entry);
/* Once, at the next such entry, on the thread that it is logged on. */
void side_hook (
    Side *self, const char *entry, SideHook hook, gpointer user_data);
