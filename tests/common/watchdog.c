/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "watchdog.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

struct _Watchdog {
  char *what;
  guint ms;
  gint64 end;

  GMutex lock;
  GCond cond;
  gboolean done;
  GThread *thread;
};

static void
print_stacks (void)
{
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  const char *command[] = { "gdb", "-p", pid, "-batch", "-nx", "-ex",
    "set print thread-events off", "-ex", "thread apply all backtrace 40",
    NULL };
  g_autofree char *output = NULL;

  /* gdb is a child, which may look at its parent only if that agrees. */
  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  if (g_spawn_sync (NULL, (char **)command, NULL,
          G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output,
          NULL, NULL, NULL))
    g_printerr ("%s\n", output);
}

static gpointer
watch (gpointer data)
{
  Watchdog *self = data;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->done && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, self->end);
  in_time = self->done;
  g_mutex_unlock (&self->lock);
  if (in_time)
    return NULL;

  g_printerr ("%s: not done after %u ms\n", self->what, self->ms);
  print_stacks ();
  abort ();
}

Watchdog *
watchdog_new (const char *what, guint ms)
{
  Watchdog *self = g_new0 (Watchdog, 1);

  self->what = g_strdup (what);
  self->ms = ms;
  self->end = g_get_monotonic_time () + ms * G_TIME_SPAN_MILLISECOND;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("watchdog", watch, self);

  return self;
}

void
watchdog_free (Watchdog *self)
{
  g_mutex_lock (&self->lock);
  self->done = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->what);
  g_free (self);
}
