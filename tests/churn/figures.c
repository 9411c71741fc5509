/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "figures.h"

#include "process.h"

#include <malloc.h>

/* A thread of a pool waits half a second for more to do. */
#define QUIET G_TIME_SPAN_SECOND
#define WATCHDOG (20 * G_TIME_SPAN_SECOND)
/* Nobody is told of a thread that ends. */
#define INTERVAL_MS 20

/* === objects === */

/* Counts what comes and goes. Whoever asks GStreamer's own tracer "leaks" for
 * what is alive is given the references that others hold. */
typedef GstTracer Counter;
typedef GstTracerClass CounterClass;

GType counter_get_type (void);
G_DEFINE_TYPE (Counter, counter, GST_TYPE_TRACER)

static GMutex lock;
static GHashTable *objects; /* from the name of a type to their number */

static void
count (const char *type, int n)
{
  g_mutex_lock (&lock);
  n += GPOINTER_TO_INT (g_hash_table_lookup (objects, type));
  g_hash_table_insert (objects, (gpointer)type, GINT_TO_POINTER (n));
  g_mutex_unlock (&lock);
}

static void
on_object_created (Counter *self, GstClockTime time, GstObject *object)
{
  count (G_OBJECT_TYPE_NAME (object), 1);
}

static void
on_object_destroyed (Counter *self, GstClockTime time, GstObject *object)
{
  count (G_OBJECT_TYPE_NAME (object), -1);
}

static void
on_mini_object_created (Counter *self, GstClockTime time, GstMiniObject *object)
{
  count (g_type_name (GST_MINI_OBJECT_TYPE (object)), 1);
}

static void
on_mini_object_destroyed (
    Counter *self, GstClockTime time, GstMiniObject *object)
{
  count (g_type_name (GST_MINI_OBJECT_TYPE (object)), -1);
}

static void
counter_class_init (CounterClass *klass)
{
}

static void
counter_init (Counter *self)
{
  gst_tracing_register_hook (
      self, "object-created", G_CALLBACK (on_object_created));
  gst_tracing_register_hook (
      self, "object-destroyed", G_CALLBACK (on_object_destroyed));
  gst_tracing_register_hook (
      self, "mini-object-created", G_CALLBACK (on_mini_object_created));
  gst_tracing_register_hook (
      self, "mini-object-destroyed", G_CALLBACK (on_mini_object_destroyed));
}

static gboolean
is_buffer (const char *type)
{
  return g_str_equal (type, "GstBuffer") || g_str_equal (type, "GstMemory");
}

static void
count_objects (Figures *self)
{
  GHashTableIter iter;
  gpointer type, n;

  self->objects = self->buffers = 0;
  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, objects);
  while (g_hash_table_iter_next (&iter, &type, &n))
    *(is_buffer (type) ? &self->buffers : &self->objects) +=
        GPOINTER_TO_INT (n);
  g_mutex_unlock (&lock);
}

static void
print_objects (void)
{
  GHashTableIter iter;
  gpointer type, n;

  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, objects);
  while (g_hash_table_iter_next (&iter, &type, &n))
    if (n != NULL)
      g_printerr ("  %d %s\n", GPOINTER_TO_INT (n), (const char *)type);
  g_mutex_unlock (&lock);
}

/* === the process === */

static void
print_entries (const char *path, const char *file)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *entry = g_build_filename (path, name, file, NULL);
    g_autofree char *text = NULL;

    if (file == NULL)
      text = g_file_read_link (entry, NULL);
    else
      g_file_get_contents (entry, &text, NULL, NULL);
    if (text != NULL)
      g_printerr ("  %s %s\n", name, g_strchomp (text));
  }
}

/* === the figures === */

static void
take (Figures *self)
{
  self->threads = process_count_threads ();
  self->fds = process_count_files ();
  count_objects (self);
}

/* What threads have cached for themselves counts as given out. What is mapped
 * from files is not the process's: the kernel takes such pages, and brings them
 * back, as it likes. */
static void
take_memory (Figures *self)
{
  struct mallinfo2 info;

  malloc_trim (0);
  info = mallinfo2 ();
  self->heap = (info.uordblks + info.hblkhd) / 1024;
  self->resident =
      process_read_memory ("RssAnon") + process_read_memory ("VmSwap");
}

void
figures_init (void)
{
  objects = g_hash_table_new (g_str_hash, g_str_equal);
  gst_object_ref_sink (g_object_new (counter_get_type (), NULL));
  g_thread_pool_set_max_unused_threads (0);
}

void
figures_settle (Figures *self)
{
  gint64 begin = g_get_monotonic_time ();
  gint64 end = begin + WATCHDOG;
  Figures now;

  take (self);
  do {
    g_poll (NULL, 0, INTERVAL_MS);
    take (&now);
    if (now.threads != self->threads || now.fds != self->fds ||
        now.objects != self->objects) {
      begin = g_get_monotonic_time ();
      *self = now;
    }
  } while (g_get_monotonic_time () < MIN (begin + QUIET, end));
  take_memory (self);
}

gboolean
figures_return (Figures *self, const Figures *limit)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean returned;

  take (self);
  while (
      !(returned = self->threads <= limit->threads && self->fds <= limit->fds &&
                   self->objects <= limit->objects) &&
      g_get_monotonic_time () < end) {
    g_poll (NULL, 0, INTERVAL_MS);
    take (self);
  }
  take_memory (self);
  if (!returned) {
    g_printerr ("threads:\n");
    print_entries ("/proc/self/task", "comm");
    g_printerr ("file descriptors:\n");
    print_entries ("/proc/self/fd", NULL);
    g_printerr ("objects:\n");
    print_objects ();
  }

  return returned;
}
