/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What this process has in use. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint process_count_files (void);
guint process_count_threads (void);
/* KiB, of a field of /proc/self/status: "VmRSS", "VmHWM". */
gsize process_read_memory (const char *field);
/* Of "VmHWM" (proc(5), clear_refs). */
void process_reset_peak (void);

G_END_DECLS
