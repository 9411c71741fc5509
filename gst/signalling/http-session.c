/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) says, and in
 * which order: OPTIONS for the ICE servers, POST of the offer, PATCH of the
 * answer to a counter-offer, DELETE. */

#include "http-session.h"

#include "http-fault.h"
#include "http-uri.h"
#include "link-header.h"
#include "remote-description.h"
#include "retry.h"
#include "signalling-log.h"
#include "trickle.h"

#include <string.h>

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"

/* ICE servers are worth this much of the time to the first frame. */
#define ASK_TIMEOUT 1000 /* ms */

/* From the end on, a response to the POST that is waited for included. */
#define END_TIMEOUT 2000 /* ms */

typedef enum {
  IDLE,        /* no offer */
  DESCRIBING,  /* POST or PATCH, or the time before another try */
  COUNTERED,   /* an answer is wanted */
  OPEN,        /* the descriptions are exchanged */
  FAILED,      /* the end is wanted */
  OUTSTANDING, /* the end has come, and may need the response to the POST */
  DELETING,
  OVER
} Phase;

struct _GstPeerHttpSession {
  GstPeerHttpClient *http;
  GstPeerHttpSessionSettings settings;
  GstPeerHttpSessionEvents events;
  gpointer user_data;

  Phase phase;
  GstPeerHttpExchange *exchange; /* the one that is waited for */
  GSource *timer;                /* before another try; the end's deadline */
  gint64 end_time;               /* of what is done now, monotonic */

  GBytes *sdp; /* the description that is on its way */
  guint n_tries;
  GError *fault; /* of the try before this one */
  guint fault_status;

  gboolean answers; /* a counter-offer */

  GUri *resource; /* once it is known */
  gboolean takes_candidates;
  char *etag;
  GstPeerTrickle *trickle;
};

/* === life === */

GstPeerHttpSession *
gst_peer_http_session_new (GstPeerHttpClient *http,
    const GstPeerHttpSessionSettings *settings,
    const GstPeerHttpSessionEvents *events, gpointer user_data)
{
  GstPeerHttpSession *self = g_new0 (GstPeerHttpSession, 1);

  self->http = http;
  self->settings = *settings;
  g_uri_ref (self->settings.location);
  self->settings.auth_token = g_strdup (settings->auth_token);
  self->events = *events;
  self->user_data = user_data;
  self->trickle = gst_peer_trickle_new (http);

  return self;
}

static void
clear_timer (GstPeerHttpSession *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
set_timer (GstPeerHttpSession *self, gint64 delay, GSourceFunc func)
{
  clear_timer (self);
  self->timer = g_timeout_source_new (delay);
  g_source_set_callback (self->timer, func, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

void
gst_peer_http_session_free (GstPeerHttpSession *self)
{
  if (self == NULL)
    return;

  clear_timer (self);
  g_clear_pointer (&self->exchange, gst_peer_http_exchange_cancel);
  gst_peer_trickle_free (self->trickle);
  g_clear_pointer (&self->sdp, g_bytes_unref);
  g_clear_error (&self->fault);
  g_clear_pointer (&self->resource, g_uri_unref);
  g_free (self->etag);
  g_uri_unref (self->settings.location);
  g_free ((char *)self->settings.auth_token);
  g_free (self);
}

static gint64
get_remaining (GstPeerHttpSession *self)
{
  return (MAX (self->end_time - g_get_monotonic_time (), 0) + 999) / 1000;
}

static void
start_clock (GstPeerHttpSession *self, guint timeout)
{
  self->end_time =
      g_get_monotonic_time () + timeout * (gint64)G_TIME_SPAN_MILLISECOND;
}

/* === the end === */

static void
finish (GstPeerHttpSession *self)
{
  clear_timer (self);
  self->phase = OVER;
  self->events.over (self->user_data);
}

static void
on_deleted (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerHttpSession *self = user_data;

  GST_DEBUG ("DELETE: HTTP status %u", response->status);
  self->exchange = NULL;
  finish (self);
}

static GstPeerHttpExchange *
send_delete (GstPeerHttpSession *self, guint timeout, GstPeerHttpFunc on_done)
{
  GstPeerHttpRequest request = {
    .method = "DELETE",
    .uri = self->resource,
    .timeout = timeout,
  };

  return gst_peer_http_client_send (self->http, &request, NULL, on_done, self);
}

/* Nothing is waited for but what this sends. */
static void
delete_resource (GstPeerHttpSession *self)
{
  clear_timer (self);
  g_clear_pointer (&self->exchange, gst_peer_http_exchange_cancel);
  if (self->resource == NULL || get_remaining (self) == 0) {
    finish (self);
    return;
  }
  self->phase = DELETING;
  self->exchange = send_delete (self, get_remaining (self), on_deleted);
}

static gboolean
on_end_time (gpointer user_data)
{
  delete_resource (user_data);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_http_session_end:
 *
 * Tells the server, if there is anything to tell, in two seconds at most.
 */
void
gst_peer_http_session_end (GstPeerHttpSession *self)
{
  gboolean outstanding = self->phase == DESCRIBING && self->exchange != NULL &&
                         self->resource == NULL &&
                         gst_peer_http_exchange_is_sent (self->exchange);

  if (self->phase >= OUTSTANDING)
    return;

  gst_peer_trickle_refuse (self->trickle);
  start_clock (self, END_TIMEOUT);
  if (!outstanding) {
    delete_resource (self);
    return;
  }
  /* The server has the offer, and may make a session of it at any moment. */
  self->phase = OUTSTANDING;
  set_timer (self, END_TIMEOUT, on_end_time);
}

/* A session that nobody will use is told away, and not waited for. */
static void
drop_resource (GstPeerHttpSession *self)
{
  if (self->resource == NULL)
    return;
  send_delete (self, END_TIMEOUT, NULL);
  g_clear_pointer (&self->resource, g_uri_unref);
}

/* === the ICE servers === */

static void
on_asked (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerHttpSession *self = user_data;
  g_auto (GStrv) ice_servers = NULL;

  self->exchange = NULL;
  if (response->error != NULL)
    GST_DEBUG ("OPTIONS: %s", response->error->message);
  else if (gst_peer_http_response_is_ok (response))
    ice_servers = gst_peer_link_header_find_ice_servers (
        soup_message_headers_get_list (response->headers, "Link"));
  self->events.asked ((const char *const *)ice_servers, self->user_data);
}

/**
 * gst_peer_http_session_ask:
 *
 * For the server's ICE servers, in one second at most. Those in the response to
 * the POST come after the gathering has begun.
 */
void
gst_peer_http_session_ask (GstPeerHttpSession *self)
{
  GstPeerHttpRequest request = {
    .method = "OPTIONS",
    .uri = self->settings.location,
    .timeout = ASK_TIMEOUT,
  };

  self->exchange =
      gst_peer_http_client_send (self->http, &request, NULL, on_asked, self);
}

/* === the descriptions === */

static void try_again (GstPeerHttpSession *self);

static gboolean
on_pause_over (gpointer user_data)
{
  GstPeerHttpSession *self = user_data;

  clear_timer (self);
  try_again (self);

  return G_SOURCE_REMOVE;
}

static gboolean
is_counter_offer (GstPeerHttpSession *self, const GstPeerHttpResponse *response)
{
  return self->settings.plays &&
         response->status == SOUP_STATUS_NOT_ACCEPTABLE &&
         gst_peer_http_response_has_type (response, SDP);
}

/* RFC 9725 section 4.3.1: an ETag says that there will be trickle; some say so
 * by Accept-Patch alone. */
static gboolean
takes_candidates (const GstPeerHttpResponse *response)
{
  const char *accepted =
      soup_message_headers_get_list (response->headers, "Accept-Patch");

  if (accepted != NULL)
    return soup_header_contains (accepted, FRAGMENT);

  return soup_message_headers_get_one (response->headers, "ETag") != NULL;
}

static void
keep_resource (GstPeerHttpSession *self, const GstPeerHttpResponse *response)
{
  const char *location =
      soup_message_headers_get_one (response->headers, "Location");
  g_autoptr (GError) error = NULL;

  if (location != NULL)
    self->resource =
        gst_peer_http_uri_resolve (response->uri, location, &error);
  if (self->resource == NULL)
    GST_WARNING ("the session cannot be ended at the server: %s",
        error != NULL ? error->message : "it gives no Location");
  self->takes_candidates = takes_candidates (response);
  g_free (self->etag);
  self->etag =
      g_strdup (soup_message_headers_get_one (response->headers, "ETag"));
}

static void
on_described_headers (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerHttpSession *self = user_data;

  if (!gst_peer_http_response_is_ok (response) &&
      !is_counter_offer (self, response))
    return;
  if (self->resource == NULL)
    keep_resource (self, response);
  if (self->phase == OUTSTANDING)
    delete_resource (self);
}

static void
keep_fault (GstPeerHttpSession *self, const GstPeerHttpResponse *response)
{
  g_clear_error (&self->fault);
  self->fault = gst_peer_http_fault_new (response,
      self->settings.plays ? GST_RESOURCE_ERROR_OPEN_READ
                           : GST_RESOURCE_ERROR_OPEN_WRITE,
      self->settings.auth_token);
  self->fault_status = response->status;
}

/* When the time is over in the middle of another try, the one before says why. */
static void
fail (GstPeerHttpSession *self, const GstPeerHttpResponse *response)
{
  g_autoptr (GError) error = NULL;

  if (self->fault == NULL ||
      !g_error_matches (response->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    keep_fault (self, response);
  error = g_steal_pointer (&self->fault);
  self->phase = FAILED;
  self->events.failed (error, self->fault_status, self->user_data);
}

static void
retry_or_fail (GstPeerHttpSession *self, const GstPeerHttpResponse *response)
{
  gint64 delay = gst_peer_retry_delay (self->n_tries, g_random_double (),
      gst_peer_http_fault_get_retry_after (response), get_remaining (self));

  if (!gst_peer_http_fault_is_transient (response) || delay < 0) {
    fail (self, response);
    return;
  }

  GST_INFO ("HTTP status %u, %s: again in %" G_GINT64_FORMAT " ms",
      response->status,
      response->error != NULL ? response->error->message : "no error", delay);
  keep_fault (self, response);
  if (!self->answers)
    drop_resource (self);
  set_timer (self, delay, on_pause_over);
}

static void
open_session (GstPeerHttpSession *self)
{
  self->phase = OPEN;
  if (self->resource != NULL && self->takes_candidates)
    gst_peer_trickle_open (self->trickle, self->resource, self->etag);
  else
    gst_peer_trickle_refuse (self->trickle);
}

static GstSDPMessage *
parse_sdp (const GstPeerHttpResponse *response)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (response->body, &size);

  return gst_peer_http_response_has_type (response, SDP)
             ? gst_peer_remote_description_parse (data, size)
             : NULL;
}

static void
on_posted (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerHttpSession *self = user_data;
  GstSDPMessage *sdp;

  self->exchange = NULL;
  if (self->phase == OUTSTANDING) {
    delete_resource (self);
    return;
  }
  if (response->error != NULL || (!gst_peer_http_response_is_ok (response) &&
                                     !is_counter_offer (self, response))) {
    retry_or_fail (self, response);
    return;
  }
  sdp = parse_sdp (response);
  if (sdp == NULL ||
      (is_counter_offer (self, response) && self->resource == NULL)) {
    g_clear_pointer (&sdp, gst_sdp_message_free);
    fail (self, response);
    return;
  }

  if (is_counter_offer (self, response)) {
    self->phase = COUNTERED;
    self->events.described (GST_WEBRTC_SDP_TYPE_OFFER, sdp, self->user_data);
  } else {
    open_session (self);
    self->events.described (GST_WEBRTC_SDP_TYPE_ANSWER, sdp, self->user_data);
  }
  gst_sdp_message_free (sdp);
}

static void
on_answered (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerHttpSession *self = user_data;

  self->exchange = NULL;
  if (response->status == 0 || !gst_peer_http_response_is_ok (response)) {
    retry_or_fail (self, response);
    return;
  }
  open_session (self);
}

static void
try_again (GstPeerHttpSession *self)
{
  GstPeerHttpRequest request = {
    .method = self->answers ? "PATCH" : "POST",
    .uri = self->answers ? self->resource : self->settings.location,
    .content_type = SDP,
    .body = self->sdp,
    .accept = self->answers ? NULL : SDP,
    .timeout = get_remaining (self),
  };

  self->n_tries++;
  self->exchange = gst_peer_http_client_send (self->http, &request,
      self->answers ? NULL : on_described_headers,
      self->answers ? on_answered : on_posted, self);
}

/**
 * gst_peer_http_session_describe:
 * @description: the offer, or the answer to a counter-offer
 */
void
gst_peer_http_session_describe (
    GstPeerHttpSession *self, const GstWebRTCSessionDescription *description)
{
  gboolean is_offer = description->type == GST_WEBRTC_SDP_TYPE_OFFER;
  char *text;

  if (self->phase != (is_offer ? IDLE : COUNTERED)) {
    if (self->phase < FAILED)
      GST_WARNING ("a description that nobody has asked for");
    return;
  }

  gst_peer_trickle_set_description (self->trickle, description->sdp);
  text = gst_sdp_message_as_text (description->sdp);
  g_clear_pointer (&self->sdp, g_bytes_unref);
  self->sdp = g_bytes_new_take (text, strlen (text));
  self->answers = !is_offer;
  self->phase = DESCRIBING;
  self->n_tries = 0;
  g_clear_error (&self->fault);
  start_clock (self, self->settings.timeout);
  try_again (self);
}

void
gst_peer_http_session_add_candidate (
    GstPeerHttpSession *self, guint mline, const char *candidate)
{
  gst_peer_trickle_add (self->trickle, mline, candidate);
}
