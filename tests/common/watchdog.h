/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For what must end in time: otherwise the stacks of all threads are written to
 * stderr (by gdb, where that is installed), and the process is aborted.
 *
 *   g_autoptr (Watchdog) watchdog = watchdog_new ("close", 2500);
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Watchdog Watchdog;

/* @ms from now on, until it is freed. */
Watchdog *watchdog_new (const char *what, guint ms);
void watchdog_free (Watchdog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watchdog, watchdog_free)

G_END_DECLS
