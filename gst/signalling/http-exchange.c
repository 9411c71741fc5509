/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One request and its response. */

#include "http-exchange.h"

#include <string.h>

#define RETRY_AFTER "5" /* s */

static const struct {
  const char *name;
  const char *value;
} headers_of_all[] = {
  /* Pages of anywhere may play. */
  { "Access-Control-Allow-Origin", "*" },
  { "Access-Control-Allow-Methods", "OPTIONS, GET, HEAD, POST, PATCH, DELETE" },
  { "Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match" },
  { "Access-Control-Expose-Headers",
      "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After" },
  { "X-Content-Type-Options", "nosniff" },
  /* libsoup closes connections that it did not accept itself after each
   * request (soup-server.c, request_finished); this says so. */
  { "Connection", "close" },
};

/**
 * gst_peer_http_add_headers:
 *
 * Adds what every response has, errors included.
 */
void
gst_peer_http_add_headers (SoupServerMessage *message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  for (guint i = 0; i < G_N_ELEMENTS (headers_of_all); i++)
    soup_message_headers_replace (
        headers, headers_of_all[i].name, headers_of_all[i].value);
}

static const char *
get_phrase (guint status)
{
  switch (status) {
  case GST_PEER_HTTP_PRECONDITION_REQUIRED:
    return "Precondition Required";
  case GST_PEER_HTTP_HEADERS_TOO_LARGE:
    return "Request Header Fields Too Large";
  default:
    return NULL; /* libsoup's */
  }
}

/**
 * gst_peer_http_make_response:
 *
 * Returns: the text of a whole response, to what libsoup did not get to see
 */
char *
gst_peer_http_make_response (guint status)
{
  const char *phrase = get_phrase (status);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\nContent-Length: 0\r\n",
      status, phrase != NULL ? phrase : soup_status_get_phrase (status));
  for (guint i = 0; i < G_N_ELEMENTS (headers_of_all); i++)
    g_string_append_printf (
        text, "%s: %s\r\n", headers_of_all[i].name, headers_of_all[i].value);
  g_string_append (text, "\r\n");

  return g_string_free (text, FALSE);
}

void
gst_peer_http_respond (SoupServerMessage *message, guint status)
{
  gst_peer_http_add_headers (message);
  soup_server_message_set_status (message, status, get_phrase (status));
}

/**
 * gst_peer_http_respond_error:
 * @text: for the person who reads it
 */
void
gst_peer_http_respond_error (
    SoupServerMessage *message, guint status, const char *text)
{
  gst_peer_http_respond (message, status);
  soup_server_message_set_response (message, "text/plain; charset=utf-8",
      SOUP_MEMORY_COPY, text, strlen (text));
}

/**
 * gst_peer_http_respond_later:
 *
 * Not now: the client may come again.
 */
void
gst_peer_http_respond_later (
    SoupServerMessage *message, guint status, const char *text)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Retry-After",
      RETRY_AFTER);
  gst_peer_http_respond_error (message, status, text);
}

void
gst_peer_http_respond_not_allowed (
    SoupServerMessage *message, const char *allowed)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Allow", allowed);
  gst_peer_http_respond (message, SOUP_STATUS_METHOD_NOT_ALLOWED);
}

/**
 * gst_peer_http_pause:
 * @gone: when the client goes before gst_peer_http_resume(), which must not
 *   follow then
 *
 * The response comes later.
 */
void
gst_peer_http_pause (
    SoupServerMessage *message, GstPeerHttpGone gone, gpointer user_data)
{
  soup_server_message_pause (message);
  gst_peer_http_connection_hold (
      gst_peer_http_connection_get (message), message, gone, user_data);
}

void
gst_peer_http_resume (SoupServerMessage *message)
{
  gst_peer_http_connection_release (gst_peer_http_connection_get (message));
  soup_server_message_unpause (message);
}

/**
 * gst_peer_http_has_type:
 *
 * Returns: whether the request's Content-Type is @type, with any parameters
 */
gboolean
gst_peer_http_has_type (SoupServerMessage *message, const char *type)
{
  const char *found = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);

  return found != NULL && g_ascii_strcasecmp (found, type) == 0;
}

/**
 * gst_peer_http_accepts:
 *
 * Returns: whether the client has asked for @type by its name
 */
gboolean
gst_peer_http_accepts (SoupServerMessage *message, const char *type)
{
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "Accept");
  g_autofree char *text =
      accept != NULL ? g_ascii_strdown (accept, -1) : g_strdup ("");

  return strstr (text, type) != NULL;
}
