/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

/* A peersink and those who play from it, in one process. */

#define WATCHDOG (20 * GST_SECOND)

typedef struct {
  char *url;
  GstElement *pipeline;
} Server;

/* @source is linked to a peersink named sink. */
Server *server_new (const char *source);
void server_free (Server *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

/* Until the element named source gives something. */
void server_play (Server *self);

/* An ERROR in its place fails the test. */
GstMessage *await_message (GstElement *pipeline, GstMessageType type);
GstMessage *await_error (GstElement *pipeline);

typedef struct {
  GstElement *pipeline;
  GstElement *peer;
  char *session;

  GMutex lock;
  GCond cond;
  guint n_frames;
  gint64 last_frame;
  gint64 longest_gap; /* µs between two, since player_watch_gaps() */
} Player;

/* More than a second of them: GStreamer's DTLS connections have a timer of that
 * length, whose thread must not drop the last reference while their decoder is
 * disposed of (gstdtlsconnection.c, schedule_timeout_handling). */
#define ENOUGH_FRAMES 45

/* Is connected, and has seen as much. */
Player *player_new (const char *url);

/* Is connected, and may have seen nothing. */
Player *player_connect (const char *url);
void player_free (Player *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Player, player_free)

int player_get_enum (Player *self, const char *name);
void player_await (Player *self, const char *name, int value);
void player_await_media (Player *self, guint n);

void player_watch_gaps (Player *self);
gint64 player_get_longest_gap (Player *self);
