/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of the thread that asks, as the kernel knows it. */
static inline gint
get_thread_id (void)
{
  return syscall (SYS_gettid);
}

/* Whether that thread of this process waits for something; 0 is none yet. */
static inline gboolean
is_asleep (gint thread)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/self/task/%d/stat", (int)thread);
  g_autofree char *stat = NULL;
  const char *name_end;

  if (thread == 0 || !g_file_get_contents (path, &stat, NULL, NULL))
    return FALSE;
  name_end = strrchr (stat, ')');

  return name_end != NULL && g_str_has_prefix (name_end, ") S");
}
