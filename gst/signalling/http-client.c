/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libsoup would make a GET of a POST that is redirected, waits in whole
 * seconds, and has no bound for a body: so all three are done here, in HTTP/1.1.
 * Its logger stays off, as it knows tokens and ICE passwords. */

#include "http-client.h"

#include "http-uri.h"

#include <string.h>

/* An SDP of a hundred m-lines is smaller. */
#define MAX_BODY (256 * 1024)

/* Of what is only read by a person. */
#define MAX_TEXT (4 * 1024)

#define CHUNK (16 * 1024)

#define MAX_REDIRECTIONS 5

/* None of our requests has to wait for another. */
#define MAX_CONNECTIONS 16

struct _GstPeerHttpClient {
  SoupSession *soup;
  GUri *origin;
  char *authorization;
  GTlsCertificateFlags tls_validation_flags;

  GQueue exchanges;
  GstPeerHttpIdleFunc on_idle;
  gpointer user_data;
};

struct _GstPeerHttpExchange {
  GstPeerHttpClient *client;

  char *method;
  char *content_type;
  GBytes *request_body;
  char *accept;
  char *if_match;

  GstPeerHttpFunc on_headers;
  GstPeerHttpFunc on_done; /* NULL once it is over for who asked */
  gpointer user_data;

  GCancellable *cancellable;
  GSource *timer;
  guint timeout;
  GPtrArray *visited; /* URLs, in their order */

  SoupMessage *message;
  gboolean sent;
  GInputStream *stream;
  GByteArray *body;
  gboolean complete;
  GstPeerHttpResponse response;
};

/* === the client === */

GstPeerHttpClient *
gst_peer_http_client_new (GUri *location, const char *auth_token,
    GTlsDatabase *tls_database, GTlsCertificateFlags tls_validation_flags,
    GstPeerHttpIdleFunc on_idle, gpointer user_data)
{
  GstPeerHttpClient *self = g_new0 (GstPeerHttpClient, 1);

  self->origin = g_uri_ref (location);
  if (auth_token != NULL)
    self->authorization = g_strconcat ("Bearer ", auth_token, NULL);
  self->tls_validation_flags = tls_validation_flags;
  self->on_idle = on_idle;
  self->user_data = user_data;
  g_queue_init (&self->exchanges);

  self->soup = soup_session_new_with_options ("user-agent",
      "gst-peerconnection", "max-conns", MAX_CONNECTIONS, "max-conns-per-host",
      MAX_CONNECTIONS, "timeout", 0, NULL);
  if (tls_database != NULL)
    soup_session_set_tls_database (self->soup, tls_database);
  soup_session_remove_feature_by_type (self->soup, SOUP_TYPE_CONTENT_DECODER);
  /* For the user and password of the location. */
  if (auth_token != NULL || g_uri_get_user (location) == NULL)
    soup_session_remove_feature_by_type (self->soup, SOUP_TYPE_AUTH_MANAGER);

  return self;
}

gboolean
gst_peer_http_client_is_idle (GstPeerHttpClient *self)
{
  return g_queue_is_empty (&self->exchanges);
}

/**
 * gst_peer_http_client_cancel_all:
 *
 * Takes an iteration or two of the main context until it is idle.
 */
void
gst_peer_http_client_cancel_all (GstPeerHttpClient *self)
{
  GList *next;

  /* One may be over at once. */
  for (GList *l = self->exchanges.head; l != NULL; l = next) {
    next = l->next;
    gst_peer_http_exchange_cancel (l->data);
  }
}

void
gst_peer_http_client_free (GstPeerHttpClient *self)
{
  if (self == NULL)
    return;

  g_warn_if_fail (gst_peer_http_client_is_idle (self));
  soup_session_abort (self->soup);
  g_object_unref (self->soup);
  g_uri_unref (self->origin);
  g_free (self->authorization);
  g_free (self);
}

/* === the end of an exchange === */

static void
clear_timer (GstPeerHttpExchange *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
free_exchange (GstPeerHttpExchange *self)
{
  GstPeerHttpClient *client = self->client;

  clear_timer (self);
  g_queue_remove (&client->exchanges, self);
  g_free (self->method);
  g_free (self->content_type);
  g_clear_pointer (&self->request_body, g_bytes_unref);
  g_free (self->accept);
  g_free (self->if_match);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->visited);
  g_clear_object (&self->stream);
  g_clear_object (&self->message);
  g_byte_array_unref (self->body);
  g_clear_pointer (&self->response.uri, g_uri_unref);
  g_clear_pointer (&self->response.body, g_bytes_unref);
  g_clear_error (&self->response.error);
  g_free (self);

  if (gst_peer_http_client_is_idle (client) && client->on_idle != NULL)
    client->on_idle (client->user_data);
}

static void
report (GstPeerHttpExchange *self)
{
  GstPeerHttpFunc on_done = self->on_done;

  self->on_headers = NULL;
  self->on_done = NULL;
  if (on_done != NULL)
    on_done (&self->response, self->user_data);
}

/* @error: (nullable) (transfer full) */
static void
finish (GstPeerHttpExchange *self, GError *error)
{
  clear_timer (self);
  if (self->response.error == NULL)
    self->response.error = error;
  else
    g_clear_error (&error);
  if (self->response.error == NULL)
    self->response.body = g_bytes_new (self->body->data, self->body->len);

  /* What is not read to its end must not go on. */
  if (!self->complete)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->stream);
  report (self);
  free_exchange (self);
}

/* Reported at once, whatever libsoup may take to come back. */
static gboolean
on_timeout (gpointer user_data)
{
  GstPeerHttpExchange *self = user_data;

  if (self->timeout % 1000 == 0)
    self->response.error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "No answer within %u s", self->timeout / 1000);
  else
    self->response.error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "No answer within %u ms", self->timeout);
  report (self);
  /* Which may free it. */
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_http_exchange_cancel:
 *
 * Nothing is called for it any more.
 */
void
gst_peer_http_exchange_cancel (GstPeerHttpExchange *self)
{
  self->on_headers = NULL;
  self->on_done = NULL;
  g_cancellable_cancel (self->cancellable);
}

/**
 * gst_peer_http_exchange_is_sent:
 *
 * Returns: whether the server may know of it
 */
gboolean
gst_peer_http_exchange_is_sent (GstPeerHttpExchange *self)
{
  return self->sent;
}

/* === its course === */

static void send_message (GstPeerHttpExchange *self, GUri *uri);
static void read_on (GstPeerHttpExchange *self);

static gboolean
is_redirection (const GstPeerHttpResponse *response)
{
  switch (response->status) {
  case SOUP_STATUS_MOVED_PERMANENTLY:
  case SOUP_STATUS_FOUND:
  case SOUP_STATUS_SEE_OTHER:
  case SOUP_STATUS_TEMPORARY_REDIRECT:
  case SOUP_STATUS_PERMANENT_REDIRECT:
    return TRUE;
  default:
    return FALSE;
  }
}

/* RFC 9725 section 4.5: WHIP follows by a POST, whatever the status. */
static void
follow (GstPeerHttpExchange *self)
{
  const char *location =
      soup_message_headers_get_one (self->response.headers, "Location");
  GError *error = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autofree char *text = NULL;

  if (location != NULL)
    uri = gst_peer_http_uri_resolve (self->response.uri, location, &error);
  else
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "A redirection without a Location");
  if (uri == NULL) {
    finish (self, error);
    return;
  }

  text = g_uri_to_string (uri);
  if (g_ptr_array_find_with_equal_func (
          self->visited, text, g_str_equal, NULL)) {
    finish (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS,
                      "The redirections go round in a circle"));
    return;
  }
  if (self->visited->len > MAX_REDIRECTIONS) {
    finish (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS,
                      "There are more than %d redirections", MAX_REDIRECTIONS));
    return;
  }
  g_clear_object (&self->stream);
  send_message (self, uri);
}

static gsize
get_limit (GstPeerHttpExchange *self)
{
  return gst_peer_http_response_is_ok (&self->response) ||
                 self->response.status == SOUP_STATUS_NOT_ACCEPTABLE
             ? MAX_BODY
             : MAX_TEXT;
}

/* libsoup 3.2 takes the end of the connection for the end of the body. */
static GError *
check_length (GstPeerHttpExchange *self)
{
  SoupMessageHeaders *headers = self->response.headers;

  if (soup_message_headers_get_encoding (headers) !=
          SOUP_ENCODING_CONTENT_LENGTH ||
      soup_message_headers_get_content_length (headers) <= self->body->len)
    return NULL;

  return g_error_new (G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
      "The connection ended within the answer");
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  GstPeerHttpExchange *self = user_data;
  gsize limit = get_limit (self);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (
      G_INPUT_STREAM (stream), result, &error);

  self->complete = bytes != NULL && g_bytes_get_size (bytes) == 0;
  if (bytes == NULL || self->complete) {
    finish (self, self->complete ? check_length (self) : error);
    return;
  }

  g_byte_array_append (
      self->body, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (self->body->len <= limit)
    read_on (self);
  else if (limit == MAX_TEXT)
    finish (self, NULL);
  else
    finish (self, g_error_new (G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                      "The answer has more than %d KiB", MAX_BODY / 1024));
}

static void
read_on (GstPeerHttpExchange *self)
{
  g_input_stream_read_bytes_async (self->stream, CHUNK, G_PRIORITY_DEFAULT,
      self->cancellable, on_read, self);
}

static void
on_response (GObject *soup, GAsyncResult *result, gpointer user_data)
{
  GstPeerHttpExchange *self = user_data;
  GError *error = NULL;

  self->stream = soup_session_send_finish (SOUP_SESSION (soup), result, &error);
  if (self->stream == NULL) {
    finish (self, error);
    return;
  }

  self->response.tls_errors = 0;
  self->response.status = soup_message_get_status (self->message);
  self->response.headers = soup_message_get_response_headers (self->message);
  if (is_redirection (&self->response)) {
    follow (self);
    return;
  }
  if (self->on_headers != NULL)
    self->on_headers (&self->response, self->user_data);
  read_on (self);
}

static gboolean
on_accept_certificate (SoupMessage *message, GTlsCertificate *certificate,
    GTlsCertificateFlags errors, gpointer user_data)
{
  GstPeerHttpExchange *self = user_data;

  self->response.tls_errors = errors & self->client->tls_validation_flags;

  return self->response.tls_errors == 0;
}

/* Over HTTP/2, libsoup 3.2 never ends a request that is cancelled before its
 * response has come, and has no other switch for it than a variable of the
 * environment. The event comes before the handshake. */
static void
on_network_event (SoupMessage *message, GSocketClientEvent event,
    GIOStream *connection, gpointer user_data)
{
  static const char *const protocols[] = { "http/1.1", NULL };

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING &&
      G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (
        G_TLS_CONNECTION (connection), protocols);
}

static void
on_starting (SoupMessage *message, gpointer user_data)
{
  ((GstPeerHttpExchange *)user_data)->sent = TRUE;
}

static void
set_body (GstPeerHttpExchange *self)
{
  if (self->request_body != NULL)
    soup_message_set_request_body_from_bytes (
        self->message, self->content_type, self->request_body);
}

/* After a challenge. What libsoup has read of the body it does not send again. */
static void
on_restarted (SoupMessage *message, gpointer user_data)
{
  set_body (user_data);
}

static void
set_headers (GstPeerHttpExchange *self)
{
  SoupMessageHeaders *headers =
      soup_message_get_request_headers (self->message);
  GUri *uri = soup_message_get_uri (self->message);

  if (self->client->authorization != NULL &&
      gst_peer_http_uri_same_origin (uri, self->client->origin))
    soup_message_headers_replace (
        headers, "Authorization", self->client->authorization);
  if (self->accept != NULL)
    soup_message_headers_replace (headers, "Accept", self->accept);
  if (self->if_match != NULL)
    soup_message_headers_replace (headers, "If-Match", self->if_match);
}

static void
send_message (GstPeerHttpExchange *self, GUri *uri)
{
  g_ptr_array_add (self->visited, g_uri_to_string (uri));
  g_clear_pointer (&self->response.uri, g_uri_unref);
  self->response.uri = g_uri_ref (uri);
  self->response.status = 0;
  self->response.headers = NULL;

  g_clear_object (&self->message);
  self->message = soup_message_new_from_uri (self->method, uri);
  soup_message_set_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect (self->message, "accept-certificate",
      G_CALLBACK (on_accept_certificate), self);
  g_signal_connect (self->message, "starting", G_CALLBACK (on_starting), self);
  g_signal_connect (
      self->message, "network-event", G_CALLBACK (on_network_event), self);
  g_signal_connect (
      self->message, "restarted", G_CALLBACK (on_restarted), self);
  set_headers (self);
  set_body (self);
  soup_session_send_async (self->client->soup, self->message,
      G_PRIORITY_DEFAULT, self->cancellable, on_response, self);
}

/**
 * gst_peer_http_client_send:
 * @on_headers: (nullable): when the headers are here and the body is not
 * @on_done: (nullable): once, unless the exchange is cancelled
 *
 * Returns: (transfer none): lives until @on_done returns, or it is cancelled
 */
GstPeerHttpExchange *
gst_peer_http_client_send (GstPeerHttpClient *self,
    const GstPeerHttpRequest *request, GstPeerHttpFunc on_headers,
    GstPeerHttpFunc on_done, gpointer user_data)
{
  GstPeerHttpExchange *exchange = g_new0 (GstPeerHttpExchange, 1);

  exchange->client = self;
  g_queue_push_tail (&self->exchanges, exchange);
  exchange->method = g_strdup (request->method);
  exchange->content_type = g_strdup (request->content_type);
  if (request->body != NULL)
    exchange->request_body = g_bytes_ref (request->body);
  exchange->accept = g_strdup (request->accept);
  exchange->if_match = g_strdup (request->if_match);
  exchange->on_headers = on_headers;
  exchange->on_done = on_done;
  exchange->user_data = user_data;
  exchange->cancellable = g_cancellable_new ();
  exchange->visited = g_ptr_array_new_with_free_func (g_free);
  exchange->body = g_byte_array_new ();
  exchange->timeout = request->timeout;
  exchange->timer = g_timeout_source_new (request->timeout);
  g_source_set_callback (exchange->timer, on_timeout, exchange, NULL);
  g_source_attach (exchange->timer, g_main_context_get_thread_default ());

  send_message (exchange, request->uri);

  return exchange;
}

/* === responses === */

gboolean
gst_peer_http_response_is_ok (const GstPeerHttpResponse *self)
{
  return self->status >= 200 && self->status < 300;
}

/**
 * gst_peer_http_response_has_type:
 *
 * Returns: whether the Content-Type is @type, with any parameters
 */
gboolean
gst_peer_http_response_has_type (
    const GstPeerHttpResponse *self, const char *type)
{
  const char *found =
      self->headers != NULL
          ? soup_message_headers_get_content_type (self->headers, NULL)
          : NULL;

  return found != NULL && g_ascii_strcasecmp (found, type) == 0;
}
