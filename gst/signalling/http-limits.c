/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-limits.h"

#include "http-connection.h"
#include "http-exchange.h"
#include "http-farewell.h"

#include <string.h>

/* An SDP of a hundred m-lines is smaller. */
#define MAX_BODY (256 * 1024)

#define MAX_HEADERS 64
#define MAX_HEADERS_SIZE (16 * 1024)
#define MAX_PATH 1024

typedef struct {
  guint n;
  gsize size;
} Headers;

static void
count_header (const char *name, const char *value, gpointer user_data)
{
  Headers *headers = user_data;

  headers->n++;
  headers->size += strlen (name) + strlen (value);
}

static gsize
get_target_length (SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);

  return strlen (g_uri_get_path (uri)) + (query != NULL ? strlen (query) : 0);
}

static gboolean
accepts_body (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  return g_str_equal (method, "POST") || g_str_equal (method, "PATCH");
}

static void
on_got_headers (SoupServerMessage *message, gpointer user_data)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  Headers counted = { .n = 0 };
  goffset length;

  soup_message_headers_foreach (headers, count_header, &counted);
  if (counted.n > MAX_HEADERS || counted.size > MAX_HEADERS_SIZE) {
    gst_peer_http_farewell (message, GST_PEER_HTTP_HEADERS_TOO_LARGE,
        "There are too many headers.\n");
    return;
  }
  if (get_target_length (message) > MAX_PATH) {
    gst_peer_http_farewell (
        message, SOUP_STATUS_REQUEST_URI_TOO_LONG, "The path is too long.\n");
    return;
  }
  /* libsoup makes a negative one of what is beyond all numbers. */
  length = soup_message_headers_get_content_length (headers);
  if (length < 0 || length > MAX_BODY) {
    gst_peer_http_farewell (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
        "The body is too large.\n");
    return;
  }

  /* Nothing here is worth a part of it. */
  soup_message_headers_remove (headers, "Range");
  if (!accepts_body (message))
    soup_message_body_set_accumulate (
        soup_server_message_get_request_body (message), FALSE);
  /* What the first line promises has no other headers. */
  if (soup_server_message_get_status (message) == SOUP_STATUS_NONE &&
      soup_message_headers_get_expectations (headers) &
          SOUP_EXPECTATION_CONTINUE)
    soup_message_headers_clear (
        soup_server_message_get_response_headers (message));
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  if (soup_server_message_get_request_body (message)->length > MAX_BODY)
    gst_peer_http_farewell (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
        "The body is too large.\n");
}

/* Those that nobody else has told of, libsoup's own among them: some of these
 * are never finished. Neither the method nor the path is told, which the client
 * makes up. */
static void
on_wrote_headers (SoupServerMessage *message, gpointer user_data)
{
  GstPeerHttpConnection *connection = gst_peer_http_connection_get (message);
  guint status = soup_server_message_get_status (message);

  if (connection != NULL && status >= SOUP_STATUS_BAD_REQUEST)
    gst_peer_http_connection_tell (
        connection, GST_LEVEL_INFO, "refused with %u", status);
}

/* Before the close of the connection. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  GstPeerHttpConnection *connection = gst_peer_http_connection_get (message);

  if (connection != NULL)
    gst_peer_http_connection_finish (connection);
}

/**
 * gst_peer_http_limit:
 * @message: of which the first bytes have come
 *
 * What libsoup answers itself, to what is no request, gets headers here.
 */
void
gst_peer_http_limit (SoupServerMessage *message)
{
  gst_peer_http_add_headers (message);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), NULL);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), NULL);
  g_signal_connect (
      message, "wrote-headers", G_CALLBACK (on_wrote_headers), NULL);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), NULL);
}
