/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "scene.h"

#include "crowd.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Little to encode, as the attackers share the processors with it. */
#define SOURCE                                                                 \
  "videotestsrc is-live=true ! "                                               \
  "video/x-raw,width=160,height=120,framerate=30/1 ! "                         \
  "vp8enc deadline=1 keyframe-max-dist=30 name=source"

/* On a busy machine; a stream that stands still does for ever. */
#define LONGEST_GAP (5 * G_TIME_SPAN_SECOND)

/* Half-open sessions last 30 s (session.c, CONNECT_TIMEOUT). */
#define RETURN_TIME (60 * G_TIME_SPAN_SECOND)

/* === the log === */

static GMutex lock;
static GString *lines;

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
    const char *function, int line, GObject *object, GstDebugMessage *message,
    gpointer user_data)
{
  const char *name = gst_debug_category_get_name (category);
  gboolean is_ours =
      g_str_equal (name, "peersignalling") ||
      (g_str_equal (name, "peerendpoint") && level <= GST_LEVEL_WARNING);

  if (!is_ours || level > GST_LEVEL_INFO)
    return;
  g_mutex_lock (&lock);
  g_string_append_printf (lines, "%s\n", gst_debug_message_get (message));
  g_mutex_unlock (&lock);
}

static void
listen (void)
{
  lines = g_string_new (NULL);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("peersignalling", GST_LEVEL_INFO);
  gst_debug_set_threshold_for_name ("peerendpoint", GST_LEVEL_INFO);
}

guint
scene_count_lines (const char *part)
{
  g_auto (GStrv) all = NULL;
  guint n = 0;

  g_mutex_lock (&lock);
  all = g_strsplit (lines->str, "\n", -1);
  g_mutex_unlock (&lock);
  for (char **line = all; *line != NULL; line++)
    n += **line != '\0' && strstr (*line, part) != NULL;

  return n;
}

guint
scene_sum_numbers (const char *part)
{
  g_auto (GStrv) all = NULL;
  guint sum = 0;

  g_mutex_lock (&lock);
  all = g_strsplit (lines->str, "\n", -1);
  g_mutex_unlock (&lock);
  for (char **line = all; *line != NULL; line++) {
    if (strstr (*line, part) != NULL)
      sum += atoi (*line);
  }

  return sum;
}
/* === the scene === */

/* A message that nobody reads keeps its session. */
static GstBusSyncReply
drop (GstBus *bus, GstMessage *message, gpointer user_data)
{
  gst_message_unref (message);

  return GST_BUS_DROP;
}

Scene *
scene_new (void)
{
  Scene *self = g_new0 (Scene, 1);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;

  self->server = server_new (SOURCE);
  sink = gst_bin_get_by_name (GST_BIN (self->server->pipeline), "sink");
  g_object_set (sink, "max-sessions", MAX_SESSIONS, NULL);
  server_play (self->server);
  bus = gst_element_get_bus (self->server->pipeline);
  gst_bus_set_sync_handler (bus, drop, NULL, NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
  self->player = player_new (self->server->url);
  self->port = atoi (self->server->url + strlen ("http://127.0.0.1:"));

  self->n_files = process_count_files ();
  self->n_threads = process_count_threads ();
  self->n_frames = self->player->n_frames;
  player_watch_gaps (self->player);
  listen ();

  return self;
}

void
scene_check (Scene *self)
{
  gint64 gap = player_get_longest_gap (self->player);
  g_autoptr (Player) another = NULL;

  ck_assert_msg (gap < LONGEST_GAP, "nothing for %" G_GINT64_FORMAT " us", gap);
  player_await_media (self->player, self->player->n_frames + 30);
  another = player_new (self->server->url);
}

guint
scene_count_sessions (Scene *self)
{
  g_autofree char *reply = NULL;
  const char *found;

  ck_assert_uint_eq (
      crowd_request (self->port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", &reply),
      200);
  found = strstr (reply, "\"sessions\":");
  ck_assert (found != NULL);

  return atoi (found + strlen ("\"sessions\":"));
}

static gboolean
has_returned (Scene *self)
{
  return process_count_files () <= self->n_files &&
         process_count_threads () <= self->n_threads;
}

void
scene_await_return (Scene *self)
{
  gint64 end = g_get_monotonic_time () + RETURN_TIME;

  /* Nobody says when the last thread has gone: looked at with each frame. */
  while (!has_returned (self) && g_get_monotonic_time () < end)
    player_await_media (self->player, self->player->n_frames + 1);
  ck_assert_msg (has_returned (self), "%u files, %u before; %u threads, %u",
      process_count_files (), self->n_files, process_count_threads (),
      self->n_threads);
  ck_assert_uint_eq (scene_count_sessions (self), 1);
}

void
scene_free (Scene *self)
{
  player_free (self->player);
  server_free (self->server);
  g_free (self);
}
