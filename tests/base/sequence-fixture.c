/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The linker puts this file's clock in the place of GLib's (see meson.build),
 * so that deadlines are tested to the microsecond and no test waits for time
 * to pass. */

#include "sequence-fixture.h"

#include <gmodule.h>

static gint64 now; /* us */

/* Exported, because the linker looks at the libraries' references, too. */
G_MODULE_EXPORT gint64 __wrap_g_get_monotonic_time (void);
G_MODULE_EXPORT GSource *__wrap_g_timeout_source_new (guint interval);

gint64
__wrap_g_get_monotonic_time (void)
{
  return now;
}

typedef struct {
  GSource source;
  gint64 expiry;
} Timeout;

static gboolean
timeout_prepare (GSource *source, int *wait)
{
  *wait = -1;
  return now >= ((Timeout *)source)->expiry;
}

static gboolean
timeout_check (GSource *source)
{
  return now >= ((Timeout *)source)->expiry;
}

static gboolean
timeout_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

GSource *
__wrap_g_timeout_source_new (guint interval)
{
  static GSourceFuncs funcs = { timeout_prepare, timeout_check,
    timeout_dispatch };
  GSource *source = g_source_new (&funcs, sizeof (Timeout));

  ((Timeout *)source)->expiry = now + (gint64)interval * MS;
  return source;
}

GString *happened;
GMainContext *context;
GstPeerSequence *sequence;
GstPeerStepResult results[N_STEPS];
void (*inside_start[N_STEPS]) (void);
gboolean free_when_done;

static GstPeerStepResult
start_step (gpointer user_data, guint i)
{
  fail_unless (user_data == &happened);
  g_string_append_c (happened, 'a' + i);
  if (inside_start[i] != NULL)
    inside_start[i]();

  return results[i];
}

static GstPeerStepResult
start_a (gpointer user_data)
{
  return start_step (user_data, 0);
}

static GstPeerStepResult
start_b (gpointer user_data)
{
  return start_step (user_data, 1);
}

static GstPeerStepResult
start_c (gpointer user_data)
{
  return start_step (user_data, 2);
}

const GstPeerStep steps[N_STEPS] = {
  { "a", "4", start_a, 20 },
  { "b", "5.1", start_b, 70 },
  { "c", "6", start_c, 100 },
};

void
on_done (gpointer user_data)
{
  fail_unless (user_data == &happened);
  g_string_append_c (happened, '!');
  if (free_when_done)
    g_clear_pointer (&sequence, gst_peer_sequence_free);
}

void
setup (void)
{
  now = 5000 * MS;
  happened = g_string_new (NULL);
  context = g_main_context_new ();
  sequence = gst_peer_sequence_new (steps, N_STEPS, context, &happened);
}

void
teardown (void)
{
  g_clear_pointer (&sequence, gst_peer_sequence_free);
  g_clear_pointer (&context, g_main_context_unref);
  g_string_free (happened, TRUE);
}

void
set_results (GstPeerStepResult a, GstPeerStepResult b, GstPeerStepResult c)
{
  results[0] = a;
  results[1] = b;
  results[2] = c;
}

void
start (guint timeout)
{
  gst_peer_sequence_start (sequence, timeout, on_done);
}

void
run_what_is_due (void)
{
  while (g_main_context_iteration (context, FALSE)) {
  }
}

void
advance_only (gint64 us)
{
  now += us;
}

void
advance (gint64 us)
{
  advance_only (us);
  run_what_is_due ();
}

void
take_100_ms (void)
{
  advance_only (100 * MS);
}

void
say_done (const char *name)
{
  gst_peer_sequence_step_done (sequence, name);
  run_what_is_due ();
}

static char *
report_to_string (GstPeerSequence *self)
{
  GstStructure *report = gst_structure_new_empty ("report");
  GString *text = g_string_new (NULL);
  const GValue *array;
  guint64 total;

  gst_peer_sequence_report (self, report);
  array = gst_structure_get_value (report, "steps");
  for (guint i = 0; i < gst_value_array_get_size (array); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (array, i));
    guint64 us;

    fail_unless (gst_structure_get_uint64 (step, "us", &us));
    g_string_append_printf (text, "%s=%s:%" G_GUINT64_FORMAT " ",
        gst_structure_get_name (step),
        gst_structure_get_string (step, "result"), us);
  }
  fail_unless (gst_structure_get_uint64 (report, "total-us", &total));
  g_string_append_printf (text, "total=%" G_GUINT64_FORMAT, total);
  gst_structure_free (report);

  return g_string_free (text, FALSE);
}

void
fail_unless_report (const char *expected)
{
  char *text = report_to_string (sequence);

  fail_unless_equals_string (text, expected);
  g_free (text);
}
