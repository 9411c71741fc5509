/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* RFC 9725 section 4.3: candidates go by PATCH to the resource of the session,
 * all that there are in one. A server that does not take them is not asked
 * again, and the session goes on. */

#include "trickle.h"

#include "candidate.h"
#include "sdp-fragment.h"
#include "signalling-log.h"

#include <string.h>

#define FRAGMENT "application/trickle-ice-sdpfrag"

/* More than any host has addresses. */
#define MAX_CANDIDATES 256

/* What is found at about the same time goes together. */
#define GATHER_TIME 50 /* ms */

/* A PATCH that takes longer would hold back the candidates behind it. */
#define TIMEOUT 5000 /* ms */

typedef enum {
  WAITING, /* for the session */
  OPEN,
  REFUSED
} State;

struct _GstPeerTrickle {
  GstPeerHttpClient *http;
  State state;

  char *ufrag;
  char *pwd;
  GArray *media; /* GstPeerFragmentMedia */

  GPtrArray *candidates; /* not sent */
  gboolean has_end;
  GUri *resource;
  char *etag;

  GstPeerHttpExchange *exchange;
  GSource *timer;
};

static void
clear_media (gpointer data)
{
  GstPeerFragmentMedia *self = data;

  g_free (self->mline);
  g_free (self->mid);
}

GstPeerTrickle *
gst_peer_trickle_new (GstPeerHttpClient *http)
{
  GstPeerTrickle *self = g_new0 (GstPeerTrickle, 1);

  self->http = http;
  self->media = g_array_new (FALSE, FALSE, sizeof (GstPeerFragmentMedia));
  g_array_set_clear_func (self->media, clear_media);
  self->candidates = gst_peer_fragment_candidates_new ();

  return self;
}

static void
clear_timer (GstPeerTrickle *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/**
 * gst_peer_trickle_refuse:
 *
 * Nothing is sent any more.
 */
void
gst_peer_trickle_refuse (GstPeerTrickle *self)
{
  self->state = REFUSED;
  clear_timer (self);
  g_clear_pointer (&self->exchange, gst_peer_http_exchange_cancel);
  g_ptr_array_set_size (self->candidates, 0);
}

void
gst_peer_trickle_free (GstPeerTrickle *self)
{
  if (self == NULL)
    return;

  gst_peer_trickle_refuse (self);
  g_free (self->ufrag);
  g_free (self->pwd);
  g_array_unref (self->media);
  g_ptr_array_unref (self->candidates);
  g_clear_pointer (&self->resource, g_uri_unref);
  g_free (self->etag);
  g_free (self);
}

/* === the description === */

static char *
get_mline (const GstSDPMedia *media)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%s %u %s", gst_sdp_media_get_media (media),
      gst_sdp_media_get_port (media), gst_sdp_media_get_proto (media));
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
    g_string_append_printf (text, " %s", gst_sdp_media_get_format (media, i));

  return g_string_free (text, FALSE);
}

static const char *
find_attribute (const GstSDPMessage *sdp, const char *name)
{
  const char *value = gst_sdp_message_get_attribute_val (sdp, name);

  for (guint i = 0; value == NULL && i < gst_sdp_message_medias_len (sdp); i++)
    value = gst_sdp_media_get_attribute_val (
        gst_sdp_message_get_media (sdp, i), name);

  return value;
}

/**
 * gst_peer_trickle_set_description:
 * @sdp: what the candidates belong to, from now on
 *
 * Candidates of another description are forgotten.
 */
void
gst_peer_trickle_set_description (
    GstPeerTrickle *self, const GstSDPMessage *sdp)
{
  g_free (self->ufrag);
  g_free (self->pwd);
  self->ufrag = g_strdup (find_attribute (sdp, "ice-ufrag"));
  self->pwd = g_strdup (find_attribute (sdp, "ice-pwd"));
  g_ptr_array_set_size (self->candidates, 0);
  self->has_end = FALSE;

  g_array_set_size (self->media, 0);
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
    GstPeerFragmentMedia fragment;

    fragment.mline = get_mline (media);
    fragment.mid = g_strdup (gst_sdp_media_get_attribute_val (media, "mid"));
    g_array_append_val (self->media, fragment);
  }
}

/* === sending === */

static void send_soon (GstPeerTrickle *self);

static void
on_patched (const GstPeerHttpResponse *response, gpointer user_data)
{
  GstPeerTrickle *self = user_data;

  self->exchange = NULL;
  if (response->error == NULL && gst_peer_http_response_is_ok (response)) {
    send_soon (self);
    return;
  }
  GST_INFO ("the server takes no candidates: %s, HTTP status %u",
      response->error != NULL ? response->error->message : "no error",
      response->status);
  gst_peer_trickle_refuse (self);
}

static void
send_now (GstPeerTrickle *self)
{
  g_autofree char *text = gst_peer_sdp_fragment_write (self->ufrag, self->pwd,
      (GstPeerFragmentMedia *)self->media->data, self->media->len,
      self->candidates);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  GstPeerHttpRequest request = {
    .method = "PATCH",
    .uri = self->resource,
    .content_type = FRAGMENT,
    .body = body,
    .if_match = self->etag,
    .timeout = TIMEOUT,
  };

  clear_timer (self);
  g_ptr_array_set_size (self->candidates, 0);
  self->has_end = FALSE;
  self->exchange =
      gst_peer_http_client_send (self->http, &request, NULL, on_patched, self);
}

static gboolean
on_gathered (gpointer user_data)
{
  send_now (user_data);

  return G_SOURCE_REMOVE;
}

static void
send_soon (GstPeerTrickle *self)
{
  if (self->state != OPEN || self->exchange != NULL ||
      self->candidates->len == 0)
    return;
  if (self->has_end) {
    send_now (self);
    return;
  }
  if (self->timer != NULL)
    return;
  self->timer = g_timeout_source_new (GATHER_TIME);
  g_source_set_callback (self->timer, on_gathered, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/**
 * gst_peer_trickle_add:
 * @candidate: from "candidate:" on; "" for the end of them
 *
 * Sent when the session is there, if at all.
 */
void
gst_peer_trickle_add (GstPeerTrickle *self, guint mline, const char *candidate)
{
  gboolean is_end = *candidate == '\0';

  if (self->state == REFUSED || self->candidates->len >= MAX_CANDIDATES ||
      (!is_end && !gst_peer_candidate_is_valid (candidate)))
    return;

  gst_peer_fragment_candidates_add (self->candidates, NULL, mline, candidate);
  if (is_end)
    self->has_end = TRUE;
  send_soon (self);
}

/**
 * gst_peer_trickle_open:
 * @resource: of the session
 * @etag: (nullable): as the server writes it
 *
 * The session is there, and may take candidates.
 */
void
gst_peer_trickle_open (GstPeerTrickle *self, GUri *resource, const char *etag)
{
  if (self->state != WAITING)
    return;

  self->resource = g_uri_ref (resource);
  self->etag = g_strdup (etag);
  self->state = OPEN;
  send_soon (self);
}
