/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a session server answers, method by method. */

#include "session-server-private.h"

#include "http-exchange.h"
#include "http-rules.h"
#include "remote-description.h"
#include "sdp-fragment.h"
#include "web-player.h"

/* Of an offer. Each may cost the element a pipeline. */
#define MAX_MLINES 64

/* The path says which stream; what follows it is as good as a password. */
static void
log_refusal (
    GstPeerSessionServer *self, SoupServerMessage *message, const char *why)
{
  gst_peer_http_connection_tell (gst_peer_http_connection_get (message),
      GST_LEVEL_INFO, "%s at %s is refused: %s",
      soup_server_message_get_method (message), self->path, why);
}

static void
refuse (GstPeerSessionServer *self, SoupServerMessage *message, guint status,
    const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  log_refusal (self, message, text);
  gst_peer_http_respond_error (message, status, line);
}

static void
refuse_for_now (
    GstPeerSessionServer *self, SoupServerMessage *message, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  log_refusal (self, message, text);
  gst_peer_http_respond_later (message, SOUP_STATUS_SERVICE_UNAVAILABLE, line);
}

/* === who may === */

static gboolean
is_authorized (GstPeerSessionServer *self, SoupServerMessage *message)
{
  return self->auth_token == NULL ||
         gst_peer_http_bearer_matches (
             soup_message_headers_get_one (
                 soup_server_message_get_request_headers (message),
                 "Authorization"),
             self->auth_token);
}

/* RFC 6750 section 3. */
static void
challenge (GstPeerSessionServer *self, SoupServerMessage *message)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "WWW-Authenticate",
      "Bearer");
  refuse (self, message, SOUP_STATUS_UNAUTHORIZED,
      "This needs the token of the stream.");
}

/**
 * gst_peer_session_server_add_links:
 *
 * RFC 9725 section 4.6. One header for each, as clients in the field do not
 * part them.
 */
void
gst_peer_session_server_add_links (
    GstPeerSessionServer *self, SoupServerMessage *message)
{
  for (guint i = 0; self->links[i] != NULL; i++)
    soup_message_headers_append (
        soup_server_message_get_response_headers (message), "Link",
        self->links[i]);
}

/* === the stream: OPTIONS, GET, HEAD, POST === */

static GstWebRTCSessionDescription *
parse_offer (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  GstSDPMessage *sdp = gst_peer_remote_description_parse (data, size);

  return sdp != NULL ? gst_webrtc_session_description_new (
                           GST_WEBRTC_SDP_TYPE_OFFER, sdp)
                     : NULL;
}

static void
open_session (GstPeerSessionServer *self, SoupServerMessage *message)
{
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  g_autofree char *id = NULL;

  if (!gst_peer_http_has_type (message, GST_PEER_SDP_TYPE)) {
    refuse (self, message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
        "An offer is " GST_PEER_SDP_TYPE ".");
    return;
  }
  offer = parse_offer (message);
  if (offer == NULL) {
    refuse (self, message, SOUP_STATUS_BAD_REQUEST, "This is no SDP offer.");
    return;
  }
  if (gst_sdp_message_medias_len (offer->sdp) > MAX_MLINES) {
    refuse (self, message, SOUP_STATUS_UNPROCESSABLE_ENTITY,
        "There are too many m-lines.");
    return;
  }
  if (gst_peer_resources_count (self->resources) >= self->max_sessions ||
      !gst_peer_resources_can_ask (self->resources)) {
    refuse_for_now (self, message, "There are too many sessions.");
    return;
  }

  id = g_strdup (gst_peer_resources_open (
      self->resources, message, offer->sdp, self->timeout)
                     ->id);
  gst_peer_signaller_session_requested (
      GST_PEER_SIGNALLER (self), id, offer, NULL);
}

static void
respond_options (GstPeerSessionServer *self, SoupServerMessage *message)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Accept-Post",
      GST_PEER_SDP_TYPE);
  if (is_authorized (self, message))
    gst_peer_session_server_add_links (self, message);
  gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
}

static void
on_stream_request (GstPeerSessionServer *self, SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  if (g_str_equal (method, "POST")) {
    if (is_authorized (self, message))
      open_session (self, message);
    else
      challenge (self, message);
  } else if (g_str_equal (method, "OPTIONS")) {
    respond_options (self, message);
  } else if (g_str_equal (method, "GET") &&
             gst_peer_http_accepts (message, "text/html")) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    gst_peer_web_player_respond (message, g_str_equal (self->scheme, "whip"));
  } else if (g_str_equal (method, "GET")) {
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if (g_str_equal (method, "HEAD")) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    soup_message_headers_set_content_type (
        soup_server_message_get_response_headers (message), GST_PEER_SDP_TYPE,
        NULL);
  } else {
    gst_peer_http_respond_not_allowed (message, "OPTIONS, GET, HEAD, POST");
  }
}

/* === a session: OPTIONS, PATCH, DELETE === */

static guint
find_mline (GstPeerResource *session, const GstPeerFragmentCandidate *candidate)
{
  for (guint i = 0; candidate->mid != NULL && session->mids[i] != NULL; i++) {
    if (g_str_equal (session->mids[i], candidate->mid))
      return i;
  }

  return candidate->mid != NULL ? G_MAXUINT : candidate->mline;
}

/* Clients in the field send no If-Match, or "*" with quotes, or the tag in an
 * ETag header: only a strict server minds (RFC 9725 section 4.3.1). */
static gboolean
passes_if_match (GstPeerSessionServer *self, GstPeerResource *session,
    SoupServerMessage *message)
{
  GstPeerIfMatch found = gst_peer_http_if_match (
      soup_message_headers_get_list (
          soup_server_message_get_request_headers (message), "If-Match"),
      session->etag);

  if (!self->strict || found == GST_PEER_IF_MATCH_MATCHES)
    return TRUE;
  if (found == GST_PEER_IF_MATCH_MISSING)
    refuse (self, message, GST_PEER_HTTP_PRECONDITION_REQUIRED,
        "This needs If-Match with the ETag of the session.");
  else
    refuse (self, message, SOUP_STATUS_PRECONDITION_FAILED,
        "If-Match is not the ETag of the session.");

  return FALSE;
}

/* Checked to its end before anything of it is told. */
static GstPeerSdpFragment *
parse_patch (GstPeerSessionServer *self, GstPeerResource *session,
    SoupServerMessage *message)
{
  g_autoptr (GBytes) bytes = soup_message_body_flatten (
      soup_server_message_get_request_body (message));
  g_autoptr (GstPeerSdpFragment) fragment = NULL;

  if (!gst_peer_http_has_type (message, GST_PEER_FRAGMENT_TYPE)) {
    refuse (self, message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
        "Candidates are " GST_PEER_FRAGMENT_TYPE ".");
    return NULL;
  }
  if (!passes_if_match (self, session, message))
    return NULL;
  fragment = gst_peer_sdp_fragment_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (fragment == NULL) {
    refuse (self, message, SOUP_STATUS_BAD_REQUEST, "This is no SDP fragment.");
    return NULL;
  }
  if (gst_peer_sdp_fragment_is_restart (
          fragment, (const char *const *)session->ufrags)) {
    refuse (self, message, SOUP_STATUS_UNPROCESSABLE_ENTITY,
        "ICE cannot be restarted.");
    return NULL;
  }

  return g_steal_pointer (&fragment);
}

static void
add_candidates (GstPeerSessionServer *self, GstPeerResource *session,
    SoupServerMessage *message)
{
  g_autoptr (GstPeerSdpFragment) fragment =
      parse_patch (self, session, message);
  guint n_mlines = g_strv_length (session->mids);
  g_autofree char *id = g_strdup (session->id);
  g_autofree guint *mlines = NULL;

  if (fragment == NULL)
    return;

  gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  /* The handlers of a candidate may end the session. */
  mlines = g_new (guint, fragment->candidates->len);
  for (guint i = 0; i < fragment->candidates->len; i++)
    mlines[i] =
        find_mline (session, g_ptr_array_index (fragment->candidates, i));
  for (guint i = 0; i < fragment->candidates->len; i++) {
    GstPeerFragmentCandidate *candidate =
        g_ptr_array_index (fragment->candidates, i);

    if (mlines[i] < n_mlines)
      gst_peer_signaller_candidate (
          GST_PEER_SIGNALLER (self), id, mlines[i], candidate->candidate);
  }
}

static void
end_session (GstPeerSessionServer *self, GstPeerResource *session,
    SoupServerMessage *message)
{
  g_autofree char *id = g_strdup (session->id);

  gst_peer_http_respond (message, SOUP_STATUS_OK);
  gst_peer_resources_drop (
      self->resources, session, SOUP_STATUS_GONE, "The session was deleted.\n");
  gst_peer_signaller_session_ended (GST_PEER_SIGNALLER (self), id);
}

static void
on_session_request (
    GstPeerSessionServer *self, SoupServerMessage *message, const char *id)
{
  const char *method = soup_server_message_get_method (message);
  GstPeerResource *session = gst_peer_resources_lookup (self->resources, id);
  gboolean is_patch = g_str_equal (method, "PATCH");
  gboolean is_delete = g_str_equal (method, "DELETE");

  if (g_str_equal (method, "OPTIONS")) {
    soup_message_headers_replace (
        soup_server_message_get_response_headers (message), "Accept-Patch",
        GST_PEER_FRAGMENT_TYPE);
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if ((is_patch || is_delete) && !is_authorized (self, message)) {
    challenge (self, message);
  } else if (session == NULL && is_delete &&
             gst_peer_resources_has_ended (self->resources, id)) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
  } else if (session == NULL) {
    refuse (self, message, SOUP_STATUS_NOT_FOUND, "There is no such session.");
  } else if (is_patch) {
    add_candidates (self, session, message);
  } else if (is_delete) {
    end_session (self, session, message);
  } else {
    gst_peer_http_respond_not_allowed (message, "OPTIONS, PATCH, DELETE");
  }
}

/**
 * gst_peer_session_server_handle:
 * @rest: what follows the path
 */
void
gst_peer_session_server_handle (
    SoupServerMessage *message, const char *rest, gpointer user_data)
{
  if (*rest == '\0' || g_str_equal (rest, "/"))
    on_stream_request (user_data, message);
  else
    on_session_request (user_data, message, rest + 1);
}
