/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What this process has in use. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  guint threads;
  guint fds;
  /* GstObjects, and GstMiniObjects that are none of the following. */
  guint objects;
  /* With their memory. An encoder that goes on keeps one more or less. */
  guint buffers;
  /* KiB: what malloc() has given out, and what is in memory, or swapped, of it
   * and of all else but files. */
  guint heap;
  guint resident;
} Figures;

/* After gst_init(), before any object that is to be counted. Threads of pools
 * end from then on once they have nothing to do. */
void figures_init (void);

/* When nothing has come or gone for a while. */
void figures_settle (Figures *self);

/* When there are no more threads, file descriptors and objects than @limit
 * says, or after some seconds. Returns whether that is so; if not, says what
 * there is. */
gboolean figures_return (Figures *self, const Figures *limit);

G_END_DECLS
