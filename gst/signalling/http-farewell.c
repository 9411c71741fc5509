/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-farewell.h"

#include "http-connection.h"
#include "http-exchange.h"

/* How much more is read, and for how long the connection stays, so that the
 * client finds the response: a close with data unread would be a reset, and
 * that may take the response with it. */
#define MAX_DRAINED (1024 * 1024)
#define TIME 2000 /* ms */

typedef struct {
  GstPeerHttpConnection *connection;
  GIOStream *stream;
  gsize n_drained;
} Farewell;

static void
clear (gpointer data)
{
  Farewell *self = data;

  gst_peer_http_connection_finish (self->connection);
  g_io_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->stream);
  gst_peer_http_connection_free (self->connection);
}

static void
release (gpointer self)
{
  g_rc_box_release_full (self, clear);
}

static void
append_header (const char *name, const char *value, gpointer response)
{
  g_string_append_printf (response, "%s: %s\r\n", name, value);
}

static GString *
make_response (SoupServerMessage *message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  GString *response = g_string_new (NULL);

  soup_message_headers_set_content_length (headers, g_bytes_get_size (bytes));
  g_string_append_printf (response, "HTTP/1.1 %u %s\r\n",
      soup_server_message_get_status (message),
      soup_server_message_get_reason_phrase (message));
  soup_message_headers_foreach (headers, append_header, response);
  g_string_append (response, "\r\n");
  g_string_append_len (
      response, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  return response;
}

static gboolean
on_hang_up (int fd, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  Farewell *self = user_data;
  char buffer[16 * 1024];
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (stream), buffer, sizeof (buffer), NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    return G_SOURCE_REMOVE;

  self->n_drained += n;
  if (self->n_drained < MAX_DRAINED)
    return G_SOURCE_CONTINUE;
  /* Enough; whoever still sends is left to wait. */
  g_source_unref (gst_peer_http_connection_watch (self->connection,
      G_SOURCE_FUNC (on_hang_up), g_rc_box_acquire (self), release));

  return G_SOURCE_REMOVE;
}

static void
drain (Farewell *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) source = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream)),
      NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), self, release);
  g_source_attach (source, context);
}

/**
 * gst_peer_http_farewell:
 * @text: for the person who reads it
 *
 * Responds to a request of which not all has come, and does not wait for the
 * rest, as libsoup would. @message is over.
 */
void
gst_peer_http_farewell (
    SoupServerMessage *message, guint status, const char *text)
{
  GstPeerHttpConnection *connection = gst_peer_http_connection_steal (message);
  g_autoptr (GString) response = NULL;
  GIOStream *stream;
  Farewell *self;

  gst_peer_http_connection_tell (connection, GST_LEVEL_INFO,
      "refused with %u before the end of its request", status);
  gst_peer_http_respond_error (message, status, text);
  response = make_response (message);
  stream = soup_server_message_steal_connection (message);
  /* It is the first that is written, so there is room for it. */
  g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream)),
      response->str, response->len, NULL, NULL);
  /* TLS says goodbye at its close. */
  if (!gst_peer_http_connection_is_secure (connection))
    gst_peer_http_connection_end_output (connection);

  self = g_rc_box_new0 (Farewell);
  self->connection = connection;
  self->stream = stream;
  gst_peer_http_connection_expect (connection, "its end", TIME);
  drain (self);
}
