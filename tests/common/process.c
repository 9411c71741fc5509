/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process.h"

#include <stdio.h>
#include <string.h>

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

guint
process_count_files (void)
{
  /* But for that of the folder itself. */
  return count_entries ("/proc/self/fd") - 1;
}

guint
process_count_threads (void)
{
  /* Those of pools that have nothing to do stay for a while. */
  g_thread_pool_stop_unused_threads ();

  return count_entries ("/proc/self/task");
}

gsize
process_read_memory (const char *field)
{
  g_autofree char *status = NULL;
  const char *found;

  g_assert (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  found = strstr (status, field);
  g_assert (found != NULL);

  return g_ascii_strtoull (found + strlen (field) + 1, NULL, 10);
}

void
process_reset_peak (void)
{
  FILE *file = fopen ("/proc/self/clear_refs", "w");

  g_assert (file != NULL);
  fputs ("5", file);
  fclose (file);
}
