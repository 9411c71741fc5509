/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a server has beside its streams: the list of them at "/", and the files
 * of its pages below "/-/". */

#include "http-index.h"

#include "http-exchange.h"
#include "web-player.h"

#include <string.h>

#define FILES "/-/"

static void
append_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      g_string_append_c (json, '\\');
    if (g_ascii_iscntrl (*c))
      g_string_append_printf (json, "\\u%04x", (guchar)*c);
    else
      g_string_append_c (json, *c);
  }
  g_string_append_c (json, '"');
}

static void
respond_json (SoupServerMessage *message, GArray *entries)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  GString *json = g_string_new ("{\"streams\":[");
  gsize length;

  for (guint i = 0; i < entries->len; i++) {
    const GstPeerHttpEntry *entry =
        &g_array_index (entries, GstPeerHttpEntry, i);

    g_string_append (json, i > 0 ? ",{\"path\":" : "{\"path\":");
    append_string (json, entry->path);
    g_string_append (json, ",\"protocol\":");
    append_string (json, entry->protocol);
    g_string_append_printf (json, ",\"sessions\":%u}", entry->n_sessions);
  }
  g_string_append (json, "]}\n");

  length = json->len;
  gst_peer_http_respond (message, SOUP_STATUS_OK);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Vary", "Accept");
  soup_server_message_set_response (message, "application/json",
      SOUP_MEMORY_TAKE, g_string_free (json, FALSE), length);
}

static void
respond_root (SoupServerMessage *message, GArray *entries)
{
  if (gst_peer_http_accepts (message, "text/html")) {
    gst_peer_http_respond (message, SOUP_STATUS_OK);
    gst_peer_web_player_respond_index (message);
  } else {
    respond_json (message, entries);
  }
}

static void
respond_file (SoupServerMessage *message, const char *name)
{
  gst_peer_http_respond (message, SOUP_STATUS_OK);
  gst_peer_web_player_respond_file (message, name);
}

static void
respond_unknown (SoupServerMessage *message)
{
  static const char page[] =
      "<!doctype html><title>Not found</title>\n"
      "<p>Nothing is served here. <a href=\"/\">What is</a>\n";

  if (gst_peer_http_accepts (message, "text/html")) {
    gst_peer_http_respond (message, SOUP_STATUS_NOT_FOUND);
    soup_server_message_set_response (message, "text/html; charset=utf-8",
        SOUP_MEMORY_STATIC, page, strlen (page));
  } else {
    gst_peer_http_respond_error (
        message, SOUP_STATUS_NOT_FOUND, "Nothing is served here.\n");
  }
}

/**
 * gst_peer_http_index_respond:
 * @path: which is no stream's
 * @entries: (element-type GstPeerHttpEntry): the streams there are
 *
 * The list is JSON, or a page for whoever accepts "text/html".
 */
void
gst_peer_http_index_respond (
    SoupServerMessage *message, const char *path, GArray *entries)
{
  const char *method = soup_server_message_get_method (message);
  gboolean reads = g_str_equal (method, "GET") || g_str_equal (method, "HEAD");
  gboolean is_root = g_str_equal (path, "/");
  gboolean is_file = g_str_has_prefix (path, FILES);

  if (g_str_equal (method, "OPTIONS")) {
    gst_peer_http_respond (message, SOUP_STATUS_NO_CONTENT);
  } else if (is_root || is_file) {
    if (!reads)
      gst_peer_http_respond_not_allowed (message, "OPTIONS, GET, HEAD");
    else if (is_root)
      respond_root (message, entries);
    else
      respond_file (message, path + strlen (FILES));
  } else {
    respond_unknown (message);
  }
}
