/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "scripted-server.h"

#include <string.h>

#define MAX_REPLIES 32

struct _ScriptedServer {
  GSocketListener *listener;
  GTlsCertificate *certificate;
  GCancellable *cancellable;
  GThread *thread;
  guint port;
  guint other;

  const ScriptedReply *replies;
  guint n_replies;

  GMutex lock; /* guards what follows */
  GCond cond;
  gboolean used[MAX_REPLIES];
  gboolean released;
  GPtrArray *requests;
  GPtrArray *connections; /* GThread */
  guint64 flood;
};

typedef struct {
  ScriptedServer *server;
  GIOStream *stream;
} Connection;

static const ScriptedReply defaults[] = {
  { "OPTIONS", "204 No Content\r\nConnection: close\r\n\r\n", REPLY },
  { "PATCH", "204 No Content\r\nConnection: close\r\n\r\n", REPLY },
  { "DELETE", "200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      REPLY },
  { NULL, "500 Not In The Script\r\nContent-Length: 0\r\n\r\n", REPLY },
};

static void
free_request (gpointer data)
{
  ScriptedRequest *self = data;

  g_free (self->line);
  g_free (self->headers);
  g_free (self->body);
  g_free (self);
}

static const ScriptedReply *
find_reply (ScriptedServer *self, const char *line)
{
  for (guint i = 0; i < self->n_replies; i++) {
    if (!self->used[i] && g_str_has_prefix (line, self->replies[i].method)) {
      self->used[i] = TRUE;
      return &self->replies[i];
    }
  }
  for (guint i = 0; defaults[i].method != NULL; i++) {
    if (g_str_has_prefix (line, defaults[i].method))
      return &defaults[i];
  }

  return &defaults[G_N_ELEMENTS (defaults) - 1];
}

static guint64
get_length (const char *headers)
{
  const char *found = g_strstr_len (headers, -1, "\nContent-Length:");

  return found != NULL
             ? g_ascii_strtoull (found + strlen ("\nContent-Length:"), NULL, 10)
             : 0;
}

static ScriptedRequest *
read_request (ScriptedServer *self, GIOStream *stream)
{
  GInputStream *input = g_io_stream_get_input_stream (stream);
  g_autoptr (GString) head = g_string_new (NULL);
  ScriptedRequest *request;
  const char *end;
  gsize length, n;
  char c;

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    if (g_input_stream_read (input, &c, 1, self->cancellable, NULL) != 1)
      return NULL;
    g_string_append_c (head, c);
  }

  request = g_new0 (ScriptedRequest, 1);
  end = strstr (head->str, " HTTP/1.1\r\n");
  request->line = g_strndup (head->str, end != NULL ? end - head->str : 0);
  request->headers = g_strdup (strchr (head->str, '\n'));
  length = get_length (request->headers);
  request->body = g_malloc0 (length + 1);
  g_input_stream_read_all (
      input, request->body, length, &n, self->cancellable, NULL);

  return request;
}

static char *
fill_in (ScriptedServer *self, const char *reply)
{
  GString *text = g_string_new ("HTTP/1.1 ");
  g_autofree char *port = g_strdup_printf ("%u", self->port);
  g_autofree char *other = g_strdup_printf ("%u", self->other);

  g_string_append (text, reply);
  g_string_replace (text, "{port}", port, 0);
  g_string_replace (text, "{other}", other, 0);

  return g_string_free (text, FALSE);
}

static gboolean
write_text (ScriptedServer *self, GIOStream *stream, const char *text)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (stream),
      text, strlen (text), NULL, self->cancellable, NULL);
}

/* Until the client closes, or the test is over. */
static void
wait_for_close (ScriptedServer *self, GIOStream *stream)
{
  char c;

  while (g_input_stream_read (g_io_stream_get_input_stream (stream), &c, 1,
             self->cancellable, NULL) > 0) {
  }
}

static void
flood (ScriptedServer *self, GIOStream *stream)
{
  g_autofree char *block = g_strnfill (64 * 1024, 'a');

  while (write_text (self, stream, block)) {
    g_mutex_lock (&self->lock);
    self->flood += strlen (block);
    g_mutex_unlock (&self->lock);
  }
}

static void
reply (ScriptedServer *self, GIOStream *stream, const ScriptedReply *reply)
{
  g_autofree char *text =
      fill_in (self, reply->reply != NULL ? reply->reply : "");

  switch (reply->manner) {
  case HOLD:
    g_mutex_lock (&self->lock);
    while (!self->released)
      g_cond_wait (&self->cond, &self->lock);
    g_mutex_unlock (&self->lock);
    write_text (self, stream, text);
    break;
  case HANG:
    wait_for_close (self, stream);
    break;
  case CUT:
    break;
  case STALL:
    write_text (self, stream, text);
    wait_for_close (self, stream);
    break;
  case FLOOD:
    write_text (self, stream, text);
    flood (self, stream);
    break;
  default:
    write_text (self, stream, text);
  }
}

static gpointer
connection_thread (gpointer data)
{
  Connection *connection = data;
  ScriptedServer *self = connection->server;
  GIOStream *stream = connection->stream;
  const ScriptedReply *found;
  ScriptedRequest *request;

  if (self->certificate != NULL) {
    GIOStream *tls =
        g_tls_server_connection_new (stream, self->certificate, NULL);

    /* Nobody is to be verified, and the system's authorities take seconds to
     * load with sanitizers. */
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), NULL);
    g_object_unref (stream);
    stream = tls;
  }
  do {
    request = read_request (self, stream);
    if (request == NULL)
      break;
    g_mutex_lock (&self->lock);
    found = find_reply (self, request->line);
    g_ptr_array_add (self->requests, request);
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
    reply (self, stream, found);
  } while (found->manner == KEEP);
  g_io_stream_close (stream, NULL, NULL);
  g_object_unref (stream);
  g_free (connection);

  return NULL;
}

static gpointer
accept_thread (gpointer data)
{
  ScriptedServer *self = data;
  GSocketConnection *stream;

  while ((stream = g_socket_listener_accept (
              self->listener, NULL, self->cancellable, NULL)) != NULL) {
    Connection *connection = g_new0 (Connection, 1);

    connection->server = self;
    connection->stream = G_IO_STREAM (stream);
    g_mutex_lock (&self->lock);
    g_ptr_array_add (self->connections,
        g_thread_new ("scripted", connection_thread, connection));
    g_mutex_unlock (&self->lock);
  }

  return NULL;
}

ScriptedServer *
scripted_server_new (
    const ScriptedReply *replies, guint n_replies, GTlsCertificate *certificate)
{
  ScriptedServer *self = g_new0 (ScriptedServer, 1);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  g_assert (n_replies <= MAX_REPLIES);
  self->replies = replies;
  self->n_replies = n_replies;
  if (certificate != NULL)
    self->certificate = g_object_ref (certificate);
  self->cancellable = g_cancellable_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->requests = g_ptr_array_new_with_free_func (free_request);
  self->connections = g_ptr_array_new ();

  self->listener = g_socket_listener_new ();
  g_assert (g_socket_listener_add_address (self->listener, address,
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective, NULL));
  self->port =
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  self->thread = g_thread_new ("scripted-server", accept_thread, self);

  return self;
}

void
scripted_server_free (ScriptedServer *self)
{
  if (self == NULL)
    return;

  scripted_server_release (self);
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  for (guint i = 0; i < self->connections->len; i++)
    g_thread_join (g_ptr_array_index (self->connections, i));
  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_clear_object (&self->certificate);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->requests);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

guint
scripted_server_get_port (ScriptedServer *self)
{
  return self->port;
}

void
scripted_server_set_other (ScriptedServer *self, guint port)
{
  self->other = port;
}

/* Until so many requests have come. */
void
scripted_server_wait (ScriptedServer *self, guint n_requests)
{
  while (!scripted_server_wait_for (self, n_requests, 1000)) {
  }
}

/* Returns: whether so many have come within @timeout ms */
gboolean
scripted_server_wait_for (ScriptedServer *self, guint n_requests, guint timeout)
{
  gint64 end_time =
      g_get_monotonic_time () + timeout * (gint64)G_TIME_SPAN_MILLISECOND;
  gboolean come;

  g_mutex_lock (&self->lock);
  while (self->requests->len < n_requests &&
         g_cond_wait_until (&self->cond, &self->lock, end_time)) {
  }
  come = self->requests->len >= n_requests;
  g_mutex_unlock (&self->lock);

  return come;
}

/* @header: "Name: value" */
gboolean
scripted_request_has_header (const ScriptedRequest *self, const char *header)
{
  g_autofree char *line = g_strdup_printf ("\n%s\r\n", header);

  return strstr (self->headers, line) != NULL;
}

/* One that has come: they stay until the server is freed. */
const ScriptedRequest *
scripted_server_get (ScriptedServer *self, guint index)
{
  const ScriptedRequest *request = NULL;

  g_mutex_lock (&self->lock);
  if (index < self->requests->len)
    request = g_ptr_array_index (self->requests, index);
  g_mutex_unlock (&self->lock);

  return request;
}

/* "POST /a, DELETE /b" */
char *
scripted_server_get_lines (ScriptedServer *self)
{
  GString *lines = g_string_new (NULL);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->requests->len; i++) {
    ScriptedRequest *request = g_ptr_array_index (self->requests, i);

    g_string_append_printf (lines, "%s%s", i > 0 ? ", " : "", request->line);
  }
  g_mutex_unlock (&self->lock);

  return g_string_free (lines, FALSE);
}

guint
scripted_server_count_connections (ScriptedServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->connections->len;
  g_mutex_unlock (&self->lock);

  return n;
}

/* Bytes that were written into a flood. */
guint64
scripted_server_get_flood (ScriptedServer *self)
{
  guint64 flooded;

  g_mutex_lock (&self->lock);
  flooded = self->flood;
  g_mutex_unlock (&self->lock);

  return flooded;
}

/* What is held goes on. */
void
scripted_server_release (ScriptedServer *self)
{
  g_mutex_lock (&self->lock);
  self->released = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}
