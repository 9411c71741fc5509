/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The thread of a client: what it is started with, what it hears of the session
 * meanwhile, and how it is stopped. */

#include "session-client-private.h"

#include "http-rules.h"
#include "http-uri.h"
#include "signalling-log.h"

#include <string.h>

/* Of a DELETE, and some for what was cancelled to come back. */
#define STOP_TIMEOUT (2500 * G_TIME_SPAN_MILLISECOND)
#define CANCEL_TIMEOUT (500 * G_TIME_SPAN_MILLISECOND)

/* === what the session comes to, on the loop === */

static void
check_stopped (gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  if (!self->is_stopping || !self->is_over ||
      !gst_peer_http_client_is_idle (self->http))
    return;
  g_atomic_int_set (&self->stopped, TRUE);
  /* The field is whoever's who stops, from here on. */
  gst_peer_loop_wake (self->announcer.loop);
}

static void
on_asked (const char *const *ice_servers, gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  gst_peer_announce_requested (&self->announcer, ice_servers);
}

static void
on_described (
    GstWebRTCSDPType type, const GstSDPMessage *sdp, gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  gst_peer_announce_description (&self->announcer, type, sdp);
}

static void
on_failed (const GError *error, guint http_status, gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  gst_peer_announce_failed (&self->announcer, error, http_status);
}

static void
on_over (gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  self->is_over = TRUE;
  if (self->is_ending)
    gst_peer_announce_released (&self->announcer);
  check_stopped (self);
}

/* === the start === */

static gboolean
is_of_scheme (GstPeerSessionClient *self, const char *scheme)
{
  g_autofree char *own = g_uri_parse_scheme (self->location);

  return g_ascii_strncasecmp (own, scheme, strlen (scheme)) == 0;
}

static gboolean
parse_location (GstPeerSessionClient *self, GError **error)
{
  g_clear_pointer (&self->uri, g_uri_unref);
  self->uri = gst_peer_http_uri_new (
      self->location != NULL ? self->location : "", error);
  if (self->uri == NULL)
    return FALSE;
  if (!is_of_scheme (self, "http") && !is_of_scheme (self, self->scheme)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The location has to begin with %s://, %ss://, http:// or https://.",
        self->scheme, self->scheme);
    return FALSE;
  }

  return TRUE;
}

static gboolean
check_token (GstPeerSessionClient *self, GError **error)
{
  g_autofree char *url = gst_peer_http_uri_to_text (self->uri);

  if (self->auth_token == NULL)
    return TRUE;
  if (!gst_peer_http_is_token (self->auth_token)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The auth-token for %s is empty, or has characters that no "
        "Authorization header can have.",
        url);
    return FALSE;
  }
  if (g_str_equal (g_uri_get_scheme (self->uri), "http"))
    GST_INFO ("the token for %s goes without TLS", url);

  return TRUE;
}

static gboolean
begin (gpointer user_data)
{
  static const GstPeerHttpSessionEvents events = { on_asked, on_described,
    on_failed, on_over };
  GstPeerSessionClient *self = user_data;
  GstPeerHttpSessionSettings settings = {
    .location = self->uri,
    .plays = g_str_equal (self->scheme, "whep"),
    .auth_token = self->auth_token,
    .timeout = self->timeout,
  };

  self->http = gst_peer_http_client_new (self->uri, self->auth_token,
      self->tls_database, self->tls_validation_flags, check_stopped, self);
  self->session =
      gst_peer_http_session_new (self->http, &settings, &events, self);
  if (self->ice_servers_wanted)
    gst_peer_http_session_ask (self->session);
  else
    on_asked (NULL, self);

  return G_SOURCE_REMOVE;
}

gboolean
gst_peer_session_client_start (GstPeerSignaller *signaller, GError **error)
{
  GstPeerSessionClient *self = GST_PEER_SESSION_CLIENT (signaller);
  GstPeerLoop *loop;

  g_return_val_if_fail (self->loop == NULL, FALSE);

  if (!parse_location (self, error) || !check_token (self, error))
    return FALSE;
  g_free (self->announcer.session);
  self->announcer.session =
      g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->is_ending = FALSE;
  self->is_over = FALSE;
  self->is_stopping = FALSE;
  self->announcer.is_muted = FALSE;
  g_atomic_int_set (&self->stopped, FALSE);

  loop = gst_peer_loop_new ("session-client");
  self->announcer.loop = loop;
  g_mutex_lock (&self->lock);
  self->loop = loop;
  g_mutex_unlock (&self->lock);
  gst_peer_loop_call (loop, begin, g_object_ref (self), g_object_unref);

  return TRUE;
}

/* === the stop === */

static gboolean
begin_stop (gpointer user_data)
{
  GstPeerSessionClient *self = user_data;

  self->is_stopping = TRUE;
  gst_peer_http_session_end (self->session);
  check_stopped (self);

  return G_SOURCE_REMOVE;
}

static gboolean
is_stopped (gpointer user_data)
{
  return g_atomic_int_get (&((GstPeerSessionClient *)user_data)->stopped);
}

static gboolean
is_idle (gpointer user_data)
{
  return gst_peer_http_client_is_idle (user_data);
}

typedef struct {
  GstPeerSessionClient *client;
  GstPeerLoop *loop;
} Stop;

/* Also what is still under way is over then. */
static gboolean
end_stop (gpointer user_data)
{
  Stop *stop = user_data;
  GstPeerSessionClient *self = stop->client;

  self->announcer.is_muted = TRUE;
  self->is_stopping = FALSE;
  g_clear_pointer (&self->session, gst_peer_http_session_free);
  gst_peer_http_client_cancel_all (self->http);
  gst_peer_loop_wait (stop->loop, is_idle, self->http,
      g_get_monotonic_time () + CANCEL_TIMEOUT);
  if (is_idle (self->http))
    gst_peer_http_client_free (self->http);
  else
    g_warning ("an HTTP request does not end");
  self->http = NULL;

  return G_SOURCE_REMOVE;
}

static void
free_stop (gpointer data)
{
  Stop *self = data;

  g_object_unref (self->client);
  g_free (self);
}

void
gst_peer_session_client_stop (GstPeerSignaller *signaller)
{
  GstPeerSessionClient *self = GST_PEER_SESSION_CLIENT (signaller);
  GstPeerLoop *loop = self->loop;
  Stop *stop;

  if (loop == NULL)
    return;

  gst_peer_loop_call (loop, begin_stop, g_object_ref (self), g_object_unref);
  gst_peer_loop_wait (
      loop, is_stopped, self, g_get_monotonic_time () + STOP_TIMEOUT);

  g_mutex_lock (&self->lock);
  self->loop = NULL;
  g_mutex_unlock (&self->lock);
  stop = g_new0 (Stop, 1);
  stop->client = g_object_ref (self);
  stop->loop = loop;
  if (gst_peer_loop_is_current (loop)) {
    end_stop (stop);
    free_stop (stop);
  } else {
    gst_peer_loop_call (loop, end_stop, stop, free_stop);
  }
  gst_peer_loop_free (loop);
}
