/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "debug-run.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WATCHDOG (20 * G_TIME_SPAN_SECOND)

/* Of a line that is shown. */
#define SHOWN 300

typedef struct {
  char *text;
  gboolean is_gstreamers;
} Secret;

struct _DebugRun {
  char *dir;
  char *log_path;
  char *output_path;
  int out, err;    /* what was there before */
  GArray *secrets; /* Secret */

  GMutex lock;
  GCond cond;
  GString *messages; /* a line for each */
};

/* === the bus === */

static void
append_error (GString *text, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &debug);
  else
    return;
  g_string_append_printf (
      text, " %s %s", error->message, debug != NULL ? debug : "");
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  DebugRun *self = user_data;
  const GstStructure *structure = gst_message_get_structure (message);
  g_autofree char *text =
      structure != NULL ? gst_structure_to_string (structure) : NULL;

  g_mutex_lock (&self->lock);
  g_string_append_printf (self->messages, "%s %s",
      GST_MESSAGE_TYPE_NAME (message), text != NULL ? text : "");
  append_error (self->messages, message);
  g_string_append_c (self->messages, '\n');
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return GST_BUS_PASS;
}

void
debug_run_watch (DebugRun *self, GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_set_sync_handler (bus, on_message, self, NULL);
}

void
debug_run_await (DebugRun *self, const char *part)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (strstr (self->messages->str, part) == NULL && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "no message \"%s\" of %s", part, self->messages->str);
}

/* === the run === */

void
debug_run_add_secret (DebugRun *self, const char *text, gboolean is_gstreamers)
{
  Secret secret = { g_strdup (text), is_gstreamers };

  ck_assert_uint_gt (strlen (text), 8);
  g_array_append_val (self->secrets, secret);
}

static void
clear_secret (gpointer data)
{
  g_free (((Secret *)data)->text);
}

DebugRun *
debug_run_new (void)
{
  DebugRun *self = g_new0 (DebugRun, 1);
  FILE *output, *log;

  self->dir = g_dir_make_tmp ("debug-run-XXXXXX", NULL);
  self->log_path = g_build_filename (self->dir, "log", NULL);
  self->output_path = g_build_filename (self->dir, "output", NULL);
  self->secrets = g_array_new (FALSE, FALSE, sizeof (Secret));
  g_array_set_clear_func (self->secrets, clear_secret);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->messages = g_string_new (NULL);

  fflush (NULL);
  self->out = dup (STDOUT_FILENO);
  self->err = dup (STDERR_FILENO);
  output = g_fopen (self->output_path, "w");
  ck_assert (output != NULL);
  dup2 (fileno (output), STDOUT_FILENO);
  dup2 (fileno (output), STDERR_FILENO);
  fclose (output);

  /* As gst_init() does with GST_DEBUG and GST_DEBUG_FILE. */
  log = g_fopen (self->log_path, "w");
  ck_assert (log != NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (gst_debug_log_default, log, NULL);
  gst_debug_set_color_mode (GST_DEBUG_COLOR_MODE_OFF);
  gst_debug_set_threshold_from_string ("*:9", TRUE);
  gst_debug_set_active (TRUE);

  return self;
}

/* === who has told what === */

static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

/* A line of its log, in a category of its own. */
static gboolean
is_gstreamers (const char *origin)
{
  return strstr (origin, ".c:") != NULL && !g_str_has_prefix (origin, "peer");
}

/* One that is not to be there. */
static const char *
find_secret (DebugRun *self, const char *origin, const char *line)
{
  for (guint i = 0; i < self->secrets->len; i++) {
    Secret *secret = &g_array_index (self->secrets, Secret, i);

    if (strstr (line, secret->text) != NULL &&
        !(secret->is_gstreamers && is_gstreamers (origin)))
      return secret->text;
  }

  return NULL;
}

/* 0:00:00.1 PID THREAD LEVEL CATEGORY file.c:LINE:function:<object> TEXT;
 * other lines are the rest of a text. */
static void
read_origin (const char *line, char **origin)
{
  char category[64], place[256];
  g_auto (GStrv) parts = NULL;

  if (sscanf (
          line, "%*u:%*u:%*u.%*u %*u %*s %*s %63s %255s", category, place) != 2)
    return;
  parts = g_strsplit (place, ":", 4);
  if (g_strv_length (parts) < 3)
    return;
  g_free (*origin);
  *origin = g_strdup_printf ("%s %s:%s", category, parts[0], parts[2]);
}

static void
note (DebugRun *self, GTree *found, const char *origin, const char *line)
{
  const char *secret = find_secret (self, origin, line);

  if (secret != NULL && g_tree_lookup (found, origin) == NULL)
    g_tree_insert (found, g_strdup (origin),
        g_strdup_printf ("(%s) %.*s", secret, SHOWN, line));
}

static void
scan_log (DebugRun *self, GTree *found)
{
  FILE *file = g_fopen (self->log_path, "r");
  g_autofree char *origin = g_strdup ("");
  char *line = NULL;
  size_t size = 0;
  gsize n_lines = 0;

  ck_assert (file != NULL);
  while (getline (&line, &size, file) > 0) {
    n_lines++;
    read_origin (line, &origin);
    note (self, found, origin, line);
  }
  free (line);
  fclose (file);
  ck_assert_uint_gt (n_lines, 100);
}

static void
scan_text (DebugRun *self, GTree *found, const char *origin, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    note (self, found, origin, *line);
}

GTree *
debug_run_end (DebugRun *self)
{
  GTree *found = g_tree_new_full (compare, NULL, g_free, g_free);
  g_autofree char *output = NULL;

  /* A thread of webrtcbin's may be in the log at this moment: that stays. */
  gst_debug_set_active (FALSE);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  fflush (NULL);
  dup2 (self->out, STDOUT_FILENO);
  dup2 (self->err, STDERR_FILENO);
  close (self->out);
  close (self->err);

  scan_log (self, found);
  scan_text (self, found, "the bus", self->messages->str);
  ck_assert (g_file_get_contents (self->output_path, &output, NULL, NULL));
  scan_text (self, found, "stderr", output);

  g_unlink (self->log_path);
  g_unlink (self->output_path);
  g_rmdir (self->dir);
  g_free (self->log_path);
  g_free (self->output_path);
  g_free (self->dir);
  g_array_unref (self->secrets);
  g_string_free (self->messages, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);

  return found;
}
