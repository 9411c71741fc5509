/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "web-player.h"

#include "http-exchange.h"

#include <web-resources.h>

/**
 * gst_peer_web_player_respond:
 *
 * The page with the player for the stream at its own address. It needs nothing
 * from elsewhere, and says so to the browser.
 */
void
gst_peer_web_player_respond (SoupServerMessage *message)
{
  g_autoptr (GBytes) page = g_resource_lookup_data (
      gst_peer_web_get_resource (), "/gst-peerconnection/player.html", 0, NULL);
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Content-Security-Policy",
      "default-src 'none'; script-src 'unsafe-inline'; "
      "style-src 'unsafe-inline'; connect-src 'self'; media-src blob:");
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_replace (
      headers, "Content-Type", "text/html; charset=utf-8");
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (message), page);
}

/* The list of the server's streams. */
void
gst_peer_web_player_respond_index (SoupServerMessage *message)
{
  static const char page[] = "<!DOCTYPE html><title>Streams</title>\n";

  soup_server_message_set_response (message, "text/html; charset=utf-8",
      SOUP_MEMORY_STATIC, page, sizeof (page) - 1);
}

void
gst_peer_web_player_respond_file (SoupServerMessage *message, const char *name)
{
  gst_peer_http_respond_error (
      message, SOUP_STATUS_NOT_FOUND, "There is no such file.\n");
}
