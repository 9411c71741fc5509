/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server's side of WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725), which
 * is one: a POST with an offer opens a session, the answer is its response, the
 * session is a resource that takes candidates by PATCH and ends by DELETE.
 * Everything here is on the HTTP server's thread unless it says otherwise. */

#include "session-server.h"

#include "http-exchange.h"
#include "http-server.h"
#include "sdp-fragment.h"
#include "web-player.h"

#include <string.h>
#include <unistd.h>

#define DEFAULT_PORT 8080
#define DEFAULT_PATH "/live"

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"

/* Sessions that a DELETE of is still answered well after their end: players
 * close their media first, and the DELETE comes after that. */
#define MAX_ENDED 64
#define ENDED_TIME (30 * G_TIME_SPAN_SECOND)

#define RETRY_AFTER "5" /* s */

enum { PROP_0, PROP_SCHEME, PROP_LOCATION, PROP_MAX_SESSIONS };

struct _GstPeerSessionServer {
  GObject parent;

  char *scheme;
  char *location;
  char *host;
  guint port;
  char *path;
  guint max_sessions;

  GstPeerHttpServer *http; /* from the start until nobody says anything */
  GHashTable *sessions;    /* id to Session */
  GQueue ended;            /* Ended, newest first */
};

typedef struct {
  GstPeerSessionServer *server;
  char *id;
  char *etag;
  char **mids;                /* of the offer, one for each m-line */
  char **ufrags;              /* of the offer */
  SoupServerMessage *message; /* the POST, until it is answered */
  gulong on_disconnected;
} Session;

typedef struct {
  char *id;
  gint64 time;
} Ended;

static void gst_peer_session_server_signaller_init (
    GstPeerSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerSessionServer, gst_peer_session_server,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (
        GST_TYPE_PEER_SIGNALLER, gst_peer_session_server_signaller_init))

/* === sessions === */

static void
free_ended (gpointer data)
{
  Ended *self = data;

  g_free (self->id);
  g_free (self);
}

static void
release_message (Session *self)
{
  if (self->message == NULL)
    return;
  g_clear_signal_handler (&self->on_disconnected, self->message);
  g_clear_object (&self->message);
}

static void
free_session (gpointer data)
{
  Session *self = data;

  release_message (self);
  g_free (self->id);
  g_free (self->etag);
  g_strfreev (self->mids);
  g_strfreev (self->ufrags);
  g_free (self);
}

/* 128 bits that nobody can guess. */
static char *
make_id (void)
{
  guint64 bits[2];

  if (getentropy (bits, sizeof (bits)) != 0)
    g_error ("no random numbers: %s", g_strerror (errno));

  return g_strdup_printf (
      "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", bits[0], bits[1]);
}

static void
remember_ended (GstPeerSessionServer *self, const char *id)
{
  Ended *ended = g_new0 (Ended, 1);

  ended->id = g_strdup (id);
  ended->time = g_get_monotonic_time ();
  g_queue_push_head (&self->ended, ended);
  if (g_queue_get_length (&self->ended) > MAX_ENDED)
    free_ended (g_queue_pop_tail (&self->ended));
}

static gboolean
has_ended (GstPeerSessionServer *self, const char *id)
{
  gint64 since = g_get_monotonic_time () - ENDED_TIME;

  for (GList *l = self->ended.head; l != NULL; l = l->next) {
    Ended *ended = l->data;

    if (ended->time >= since && g_str_equal (ended->id, id))
      return TRUE;
  }

  return FALSE;
}

static void
drop_session (GstPeerSessionServer *self, const char *id)
{
  remember_ended (self, id);
  g_hash_table_remove (self->sessions, id);
}

/* By the remote, which is told to the element. */
static void
end_by_remote (Session *session)
{
  g_autoptr (GstPeerSessionServer) self = g_object_ref (session->server);
  g_autofree char *id = g_strdup (session->id);

  drop_session (self, id);
  gst_peer_signaller_session_ended (GST_PEER_SIGNALLER (self), id);
}

static void
on_disconnected (SoupServerMessage *message, gpointer session)
{
  end_by_remote (session);
}

/* === the stream: OPTIONS, GET, HEAD, POST === */

static GstWebRTCSessionDescription *
parse_offer (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  GstSDPMessage *sdp;

  gst_sdp_message_new (&sdp);
  if (size == 0 || memchr (data, '\0', size) != NULL ||
      gst_sdp_message_parse_buffer (data, size, sdp) != GST_SDP_OK ||
      gst_sdp_message_get_version (sdp) == NULL ||
      gst_sdp_message_medias_len (sdp) == 0) {
    gst_sdp_message_free (sdp);
    return NULL;
  }

  return gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, sdp);
}

static void
respond_later (SoupServerMessage *message, const char *text)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Retry-After",
      RETRY_AFTER);
  gst_peer_http_respond_error (message, SOUP_STATUS_SERVICE_UNAVAILABLE, text);
}

static char **
copy_mids (const GstSDPMessage *sdp)
{
  guint n = gst_sdp_message_medias_len (sdp);
  char **mids = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++) {
    const char *mid = gst_sdp_media_get_attribute_val (
        gst_sdp_message_get_media (sdp, i), "mid");

    mids[i] = g_strdup (mid != NULL ? mid : "");
  }

  return mids;
}

static void
add_ufrag (GPtrArray *ufrags, const char *ufrag)
{
  if (ufrag != NULL)
    g_ptr_array_add (ufrags, g_strdup (ufrag));
}

static char **
copy_ufrags (const GstSDPMessage *sdp)
{
  GPtrArray *ufrags = g_ptr_array_new ();

  add_ufrag (ufrags, gst_sdp_message_get_attribute_val (sdp, "ice-ufrag"));
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    add_ufrag (ufrags, gst_sdp_media_get_attribute_val (
                           gst_sdp_message_get_media (sdp, i), "ice-ufrag"));
  g_ptr_array_add (ufrags, NULL);

  return (char **)g_ptr_array_free (ufrags, FALSE);
}

static void
open_session (GstPeerSessionServer *self, SoupServerMessage *message)
{
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  g_autofree char *id = NULL;
  Session *session;

  if (!gst_peer_http_has_type (message, SDP)) {
    gst_peer_http_respond_error (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
        "An offer is application/sdp.\n");
    return;
  }
  offer = parse_offer (message);
  if (offer == NULL) {
    gst_peer_http_respond_error (
        message, SOUP_STATUS_BAD_REQUEST, "This is no SDP offer.\n");
    return;
  }
  if (g_hash_table_size (self->sessions) >= self->max_sessions) {
    respond_later (message, "There are too many sessions.\n");
    return;
  }

  session = g_new0 (Session, 1);
  session->server = self;
  session->id = make_id ();
  session->etag = g_strdup_printf ("\"%.16s\"", session->id + 16);
  session->mids = copy_mids (offer->sdp);
  session->ufrags = copy_ufrags (offer->sdp);
  session->message = g_object_ref (message);
  session->on_disconnected = g_signal_connect (
      message, "disconnected", G_CALLBACK (on_disconnected), session);
  id = g_strdup (session->id);
  g_hash_table_insert (self->sessions, session->id, session);

  soup_server_message_pause (message);
  gst_peer_signaller_session_requested (
      GST_PEER_SIGNALLER (self), id, offer, NULL);
}

static void
on_stream_request (GstPeerSessionServer *self, SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  if (g_str_equal (method, "POST")) {
    open_session (self, message);
  } else if (g_str_equal (method, "OPTIONS")) {
    soup_message_headers_replace (headers, "Accept-Post", SDP);
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if (g_str_equal (method, "GET") &&
             gst_peer_http_accepts_html (message)) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    gst_peer_web_player_respond (message);
  } else if (g_str_equal (method, "GET")) {
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if (g_str_equal (method, "HEAD")) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    soup_message_headers_set_content_type (headers, SDP, NULL);
  } else {
    gst_peer_http_respond_not_allowed (message, "OPTIONS, GET, HEAD, POST");
  }
}

/* === a session: OPTIONS, PATCH, DELETE === */

static guint
find_mline (Session *session, const GstPeerFragmentCandidate *candidate)
{
  for (guint i = 0; candidate->mid != NULL && session->mids[i] != NULL; i++) {
    if (g_str_equal (session->mids[i], candidate->mid))
      return i;
  }

  return candidate->mid != NULL ? G_MAXUINT : candidate->mline;
}

static void
add_candidates (
    GstPeerSessionServer *self, Session *session, SoupServerMessage *message)
{
  g_autoptr (GBytes) bytes = soup_message_body_flatten (
      soup_server_message_get_request_body (message));
  g_autoptr (GstPeerSdpFragment) fragment = gst_peer_sdp_fragment_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  guint n_mlines = g_strv_length (session->mids);
  g_autofree char *id = g_strdup (session->id);

  if (!gst_peer_http_has_type (message, FRAGMENT)) {
    gst_peer_http_respond_error (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
        "Candidates are application/trickle-ice-sdpfrag.\n");
    return;
  }
  if (fragment == NULL) {
    gst_peer_http_respond_error (
        message, SOUP_STATUS_BAD_REQUEST, "This is no SDP fragment.\n");
    return;
  }
  if (gst_peer_sdp_fragment_is_restart (
          fragment, (const char *const *)session->ufrags)) {
    gst_peer_http_respond_error (message, SOUP_STATUS_UNPROCESSABLE_ENTITY,
        "ICE cannot be restarted.\n");
    return;
  }

  gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  for (guint i = 0; i < fragment->candidates->len; i++) {
    GstPeerFragmentCandidate *candidate =
        g_ptr_array_index (fragment->candidates, i);
    guint mline = find_mline (session, candidate);

    if (mline < n_mlines)
      gst_peer_signaller_candidate (
          GST_PEER_SIGNALLER (self), id, mline, candidate->candidate);
  }
}

static void
on_session_request (
    GstPeerSessionServer *self, SoupServerMessage *message, const char *id)
{
  const char *method = soup_server_message_get_method (message);
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (g_str_equal (method, "OPTIONS")) {
    soup_message_headers_replace (
        soup_server_message_get_response_headers (message), "Accept-Patch",
        FRAGMENT);
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if (session == NULL) {
    gboolean over = g_str_equal (method, "DELETE") && has_ended (self, id);

    gst_peer_http_respond (
        message, over ? SOUP_STATUS_OK : SOUP_STATUS_NOT_FOUND);
  } else if (g_str_equal (method, "PATCH")) {
    add_candidates (self, session, message);
  } else if (g_str_equal (method, "DELETE")) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    end_by_remote (session);
  } else {
    gst_peer_http_respond_not_allowed (message, "OPTIONS, PATCH, DELETE");
  }
}

static void
on_request (SoupServerMessage *message, const char *rest, gpointer user_data)
{
  if (*rest == '\0')
    on_stream_request (user_data, message);
  else
    on_session_request (user_data, message, rest + 1);
}

/* === what the element says, from any thread === */

typedef struct {
  GstPeerSessionServer *server;
  char *id;
  char *sdp;
  char *fault;
} Saying;

static void
free_saying (gpointer data)
{
  Saying *self = data;

  g_object_unref (self->server);
  g_free (self->id);
  g_free (self->sdp);
  g_free (self->fault);
  g_free (self);
}

static void
say (GstPeerSignaller *signaller, const char *id, char *sdp, const char *fault,
    GSourceFunc func)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (signaller);
  Saying *saying = g_new0 (Saying, 1);

  saying->server = g_object_ref (self);
  saying->id = g_strdup (id);
  saying->sdp = sdp;
  saying->fault = g_strdup (fault);
  gst_peer_http_server_call (self->http, func, saying, free_saying);
}

/* The message goes on its way; @session may live on. */
static void
resume (Session *session)
{
  g_autoptr (SoupServerMessage) message = g_object_ref (session->message);

  release_message (session);
  soup_server_message_unpause (message);
}

static gboolean
answer (gpointer data)
{
  Saying *saying = data;
  Session *session = g_hash_table_lookup (saying->server->sessions, saying->id);
  g_autofree char *location = NULL;
  SoupMessageHeaders *headers;

  if (session == NULL || session->message == NULL)
    return G_SOURCE_REMOVE;

  headers = soup_server_message_get_response_headers (session->message);
  location = g_strdup_printf ("%s/%s", saying->server->path, session->id);
  soup_message_headers_replace (headers, "Location", location);
  soup_message_headers_replace (headers, "ETag", session->etag);
  soup_message_headers_replace (headers, "Accept-Patch", FRAGMENT);
  gst_peer_http_respond (session->message, SOUP_STATUS_CREATED);
  soup_server_message_set_response (session->message, SDP, SOUP_MEMORY_COPY,
      saying->sdp, strlen (saying->sdp));
  resume (session);

  return G_SOURCE_REMOVE;
}

static gboolean
end (gpointer data)
{
  Saying *saying = data;
  GstPeerSessionServer *self = saying->server;
  Session *session = g_hash_table_lookup (self->sessions, saying->id);

  if (session != NULL && session->message != NULL) {
    if (saying->fault != NULL)
      gst_peer_http_respond_error (
          session->message, SOUP_STATUS_UNPROCESSABLE_ENTITY, saying->fault);
    else
      respond_later (session->message, "The stream is not there now.\n");
    resume (session);
  }
  if (session != NULL)
    drop_session (self, saying->id);
  gst_peer_signaller_session_released (GST_PEER_SIGNALLER (self), saying->id);

  return G_SOURCE_REMOVE;
}

static void
gst_peer_session_server_send_description (GstPeerSignaller *signaller,
    const char *session, GstWebRTCSessionDescription *description)
{
  say (signaller, session, gst_sdp_message_as_text (description->sdp), NULL,
      answer);
}

static void
gst_peer_session_server_refuse (
    GstPeerSignaller *signaller, const char *session, const GError *error)
{
  say (signaller, session, NULL, error->message, end);
}

static void
gst_peer_session_server_end_session (
    GstPeerSignaller *signaller, const char *session)
{
  say (signaller, session, NULL, NULL, end);
}

/* === life === */

static gboolean
parse_location (GstPeerSessionServer *self, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (self->location, G_URI_FLAGS_NONE, error);
  const char *host, *path;

  if (uri == NULL)
    return FALSE;
  host = g_uri_get_host (uri);
  if (!g_str_equal (g_uri_get_scheme (uri), self->scheme) || host == NULL ||
      *host == '\0') {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "Only %s://host:port/path can be served.", self->scheme);
    return FALSE;
  }

  g_free (self->host);
  self->host = g_strdup (host);
  self->port = g_uri_get_port (uri) != -1 ? g_uri_get_port (uri) : DEFAULT_PORT;
  path = g_uri_get_path (uri);
  g_free (self->path);
  self->path = g_strdup (strlen (path) > 1 ? path : DEFAULT_PATH);

  return TRUE;
}

static gboolean
gst_peer_session_server_start (GstPeerSignaller *signaller, GError **error)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (signaller);

  if (!parse_location (self, error))
    return FALSE;
  self->http = gst_peer_http_server_acquire (self->host, self->port, error);
  if (self->http == NULL) {
    g_prefix_error (error, "%s:%u: ", self->host, self->port);
    return FALSE;
  }
  if (!gst_peer_http_server_add (
          self->http, self->path, on_request, self, error)) {
    g_clear_pointer (&self->http, gst_peer_http_server_release);
    return FALSE;
  }

  return TRUE;
}

static gboolean
drop_all (gpointer user_data)
{
  GstPeerSessionServer *self = user_data;
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session)) {
    if (((Session *)session)->message != NULL) {
      gst_peer_http_respond (
          ((Session *)session)->message, SOUP_STATUS_SERVICE_UNAVAILABLE);
      resume (session);
    }
    g_hash_table_iter_remove (&iter);
  }

  return G_SOURCE_REMOVE;
}

static void
gst_peer_session_server_stop (GstPeerSignaller *signaller)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (signaller);

  gst_peer_http_server_call (self->http, drop_all, self, NULL);
  gst_peer_http_server_remove (self->http, self->path);
}

static void
gst_peer_session_server_signaller_init (GstPeerSignallerInterface *iface)
{
  iface->start = gst_peer_session_server_start;
  iface->stop = gst_peer_session_server_stop;
  iface->send_description = gst_peer_session_server_send_description;
  iface->refuse = gst_peer_session_server_refuse;
  iface->end_session = gst_peer_session_server_end_session;
}

static void
gst_peer_session_server_finalize (GObject *object)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (object);

  g_clear_pointer (&self->http, gst_peer_http_server_release);
  g_queue_clear_full (&self->ended, free_ended);
  g_hash_table_unref (self->sessions);
  g_free (self->scheme);
  g_free (self->location);
  g_free (self->host);
  g_free (self->path);

  G_OBJECT_CLASS (gst_peer_session_server_parent_class)->finalize (object);
}

static void
gst_peer_session_server_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerSessionServer *self = GST_PEER_SESSION_SERVER (object);

  switch (id) {
  case PROP_SCHEME:
    self->scheme = g_value_dup_string (value);
    break;
  case PROP_LOCATION:
    self->location = g_value_dup_string (value);
    break;
  case PROP_MAX_SESSIONS:
    self->max_sessions = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_peer_session_server_class_init (GstPeerSessionServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gst_peer_session_server_finalize;
  object_class->set_property = gst_peer_session_server_set_property;

  /**
   * GstPeerSessionServer:scheme:
   *
   * "whep" or "whip". Nothing else is served in its place.
   */
  g_object_class_install_property (object_class, PROP_SCHEME,
      g_param_spec_string ("scheme", NULL, NULL, "whep",
          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSessionServer:location:
   *
   * "whep://host:port/path" or "whip://..."
   */
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string ("location", NULL, NULL, NULL,
          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerSessionServer:max-sessions:
   *
   * More are refused.
   */
  g_object_class_install_property (object_class, PROP_MAX_SESSIONS,
      g_param_spec_uint ("max-sessions", NULL, NULL, 1, 10000, 100,
          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_session_server_init (GstPeerSessionServer *self)
{
  self->sessions =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_session);
  g_queue_init (&self->ended);
}
