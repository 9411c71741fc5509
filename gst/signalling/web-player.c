/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "web-player.h"

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
  static const char page[] = "<!doctype html><title>Streams</title>\n";

  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Vary", "Accept");
  soup_server_message_set_response (message, "text/html; charset=utf-8",
      SOUP_MEMORY_STATIC, page, sizeof (page) - 1);
}

/* Returns: FALSE if there is no such file; then @message is as it was */
gboolean
gst_peer_web_player_respond_file (SoupServerMessage *message, const char *name)
{
  return FALSE;
}
