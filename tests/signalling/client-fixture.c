/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client-fixture.h"

#include <gst/gst.h>
#include <string.h>

GstWebRTCSessionDescription *
client_fixture_make (GstWebRTCSDPType type, const char *text)
{
  GstSDPMessage *sdp;

  g_assert (gst_sdp_message_new_from_text (text, &sdp) == GST_SDP_OK);

  return gst_webrtc_session_description_new (type, sdp);
}

void
client_fixture_note (ClientFixture *self, const char *format, ...)
{
  va_list args;

  g_mutex_lock (&self->lock);
  if (self->log->len > 0)
    g_string_append (self->log, ", ");
  va_start (args, format);
  g_string_append_vprintf (self->log, format, args);
  va_end (args);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
describe (ClientFixture *self, GstWebRTCSDPType type)
{
  g_autoptr (GstWebRTCSessionDescription) description =
      client_fixture_make (type, SDP_OFFER);

  gst_peer_signaller_send_description (self->signaller, self->id, description);
  for (guint i = 0; self->candidates != NULL && self->candidates[i] != NULL;
       i++)
    gst_peer_signaller_send_candidate (
        self->signaller, self->id, 0, self->candidates[i]);
}

static void
on_requested (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *offer, char **ice_servers, gpointer user_data)
{
  ClientFixture *self = user_data;

  g_assert (offer == NULL);
  self->id = g_strdup (id);
  if (ice_servers != NULL)
    self->ice_servers = g_strjoinv (" ", ice_servers);
  if (self->offers)
    describe (self, GST_WEBRTC_SDP_TYPE_OFFER);
  client_fixture_note (self, "requested");
}

static void
on_description (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *description, gpointer user_data)
{
  ClientFixture *self = user_data;
  gboolean is_offer = description->type == GST_WEBRTC_SDP_TYPE_OFFER;

  g_assert_cmpstr (id, ==, self->id);
  if (is_offer && self->offers)
    describe (self, GST_WEBRTC_SDP_TYPE_ANSWER);
  if (!is_offer && self->ends)
    gst_peer_signaller_end_session (signaller, id);
  client_fixture_note (self, is_offer ? "offer" : "answer");
}

static const char *
get_name (const GError *error)
{
  g_assert (error->domain == GST_RESOURCE_ERROR);
  switch (error->code) {
  case GST_RESOURCE_ERROR_NOT_FOUND:
    return "NOT_FOUND";
  case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
    return "NOT_AUTHORIZED";
  case GST_RESOURCE_ERROR_BUSY:
    return "BUSY";
  case GST_RESOURCE_ERROR_OPEN_READ:
    return "OPEN_READ";
  case GST_RESOURCE_ERROR_OPEN_WRITE:
    return "OPEN_WRITE";
  default:
    return "?";
  }
}

static void
on_failed (GstPeerSignaller *signaller, const char *id, const GError *error,
    guint http_status, gpointer user_data)
{
  ClientFixture *self = user_data;

  g_assert_cmpstr (id, ==, self->id);
  g_assert (self->error == NULL);
  self->error = g_error_copy (error);
  if (self->ends)
    gst_peer_signaller_end_session (signaller, id);
  client_fixture_note (self, "failed %s %u", get_name (error), http_status);
}

static void
on_released (GstPeerSignaller *signaller, const char *id, gpointer user_data)
{
  client_fixture_note (user_data, "released");
}

static void
on_ended (GstPeerSignaller *signaller, const char *id, gpointer user_data)
{
  client_fixture_note (user_data, "ended");
}

ClientFixture *
client_fixture_new (const char *location, const ClientSettings *settings)
{
  ClientFixture *self = g_new0 (ClientFixture, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_string_new (NULL);
  self->offers = TRUE;
  self->ends = TRUE;
  self->client = g_object_new (GST_TYPE_PEER_SESSION_CLIENT, "location",
      location, "scheme", settings->scheme != NULL ? settings->scheme : "whip",
      "auth-token", settings->token, "timeout",
      settings->timeout != 0 ? settings->timeout : 10000, "ice-servers-wanted",
      !settings->no_ice_servers, "tls-database", settings->tls_database,
      "tls-validation-flags",
      settings->no_validation ? 0 : G_TLS_CERTIFICATE_VALIDATE_ALL, NULL);
  self->signaller = GST_PEER_SIGNALLER (self->client);
  g_signal_connect (
      self->client, "session-requested", G_CALLBACK (on_requested), self);
  g_signal_connect (
      self->client, "description", G_CALLBACK (on_description), self);
  g_signal_connect (
      self->client, "session-failed", G_CALLBACK (on_failed), self);
  g_signal_connect (
      self->client, "session-released", G_CALLBACK (on_released), self);
  g_signal_connect (self->client, "session-ended", G_CALLBACK (on_ended), self);

  return self;
}

void
client_fixture_free (ClientFixture *self)
{
  gst_peer_signaller_stop (self->signaller);
  g_object_unref (self->client);
  g_string_free (self->log, TRUE);
  g_free (self->id);
  g_clear_error (&self->error);
  g_free (self->ice_servers);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
client_fixture_start (ClientFixture *self)
{
  g_autoptr (GError) error = NULL;

  gst_peer_signaller_start (self->signaller, &error);
  g_assert_no_error (error);
}

/* Until this has happened. */
void
client_fixture_wait (ClientFixture *self, const char *event)
{
  g_mutex_lock (&self->lock);
  while (strstr (self->log->str, event) == NULL)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

char *
client_fixture_get_log (ClientFixture *self)
{
  char *text;

  g_mutex_lock (&self->lock);
  text = g_strdup (self->log->str);
  g_mutex_unlock (&self->lock);

  return text;
}
