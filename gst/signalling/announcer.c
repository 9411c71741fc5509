/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "announcer.h"

typedef struct _Announcement Announcement;

struct _Announcement {
  GstPeerAnnouncer *announcer;
  GstPeerSignaller *signaller; /* keeps the announcer */
  char *session;
  void (*emit) (Announcement *self);

  char **ice_servers;
  GstWebRTCSessionDescription *description;
  GError *error;
  guint http_status;
};

static void
free_announcement (gpointer data)
{
  Announcement *self = data;

  g_free (self->session);
  g_strfreev (self->ice_servers);
  g_clear_pointer (&self->description, gst_webrtc_session_description_free);
  g_clear_error (&self->error);
  g_object_unref (self->signaller);
  g_free (self);
}

static gboolean
run_announcement (gpointer data)
{
  Announcement *self = data;

  if (!self->announcer->is_muted)
    self->emit (self);

  return G_SOURCE_REMOVE;
}

static Announcement *
announce (GstPeerAnnouncer *self, void (*emit) (Announcement *announcement))
{
  Announcement *announcement = g_new0 (Announcement, 1);

  announcement->announcer = self;
  announcement->signaller = g_object_ref (self->signaller);
  announcement->session = g_strdup (self->session);
  announcement->emit = emit;
  gst_peer_loop_call (
      self->loop, run_announcement, announcement, free_announcement);

  return announcement;
}

static void
emit_requested (Announcement *self)
{
  gst_peer_signaller_session_requested (self->signaller, self->session, NULL,
      (const char *const *)self->ice_servers);
}

static void
emit_description (Announcement *self)
{
  gst_peer_signaller_description (
      self->signaller, self->session, self->description);
}

static void
emit_failed (Announcement *self)
{
  gst_peer_signaller_session_failed (
      self->signaller, self->session, self->error, self->http_status);
}

static void
emit_released (Announcement *self)
{
  gst_peer_signaller_session_released (self->signaller, self->session);
}

/* On the loop, which runs no task before these return. */

void
gst_peer_announce_requested (
    GstPeerAnnouncer *self, const char *const *ice_servers)
{
  announce (self, emit_requested)->ice_servers =
      g_strdupv ((char **)ice_servers);
}

void
gst_peer_announce_description (
    GstPeerAnnouncer *self, GstWebRTCSDPType type, const GstSDPMessage *sdp)
{
  GstSDPMessage *copy;

  gst_sdp_message_copy (sdp, &copy);
  announce (self, emit_description)->description =
      gst_webrtc_session_description_new (type, copy);
}

void
gst_peer_announce_failed (
    GstPeerAnnouncer *self, const GError *error, guint http_status)
{
  Announcement *announcement = announce (self, emit_failed);

  announcement->error = g_error_copy (error);
  announcement->http_status = http_status;
}

void
gst_peer_announce_released (GstPeerAnnouncer *self)
{
  announce (self, emit_released);
}
