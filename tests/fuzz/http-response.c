/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-fault.h"
#include "http-uri.h"
#include "link-header.h"

#include <gst/gst.h>
#include <string.h>

#define TOKEN "s3cretToken"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Where a server leads to is HTTP, and never from TLS into the clear. */
static void
check_location (GUri *base, const char *location)
{
  g_autoptr (GUri) uri = gst_peer_http_uri_resolve (base, location, NULL);
  g_autofree char *text = NULL;

  if (uri == NULL)
    return;
  g_assert (g_str_equal (g_uri_get_scheme (uri), "https") ||
            (g_str_equal (g_uri_get_scheme (uri), "http") &&
                g_str_equal (g_uri_get_scheme (base), "http")));
  g_assert (g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0');
  text = gst_peer_http_uri_to_text (uri);
  g_assert (strchr (text, '?') == NULL && strchr (text, '#') == NULL);
  if (!gst_peer_http_uri_same_origin (base, uri))
    g_assert (g_uri_get_userinfo (uri) == NULL);
}

/* What a person reads is one line, and has no token in it. */
static void
check_fault (const GstPeerHttpResponse *response)
{
  g_autoptr (GError) error =
      gst_peer_http_fault_new (response, GST_RESOURCE_ERROR_OPEN_READ, TOKEN);

  g_assert (error->domain == GST_RESOURCE_ERROR);
  g_assert (g_utf8_validate (error->message, -1, NULL));
  g_assert (strpbrk (error->message, "\r\n\x1b") == NULL);
  g_assert (strstr (error->message, TOKEN) == NULL);
}

/* The response of a server: a status line, headers and a body. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const bases[] = { "http://h:8080/live?k=1",
    "https://base:base@h/live" };
  g_autofree char *text = g_strndup ((const char *)data, size);
  char *end = strstr (text, "\r\n\r\n");
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  GstPeerHttpResponse response = { .headers = headers };

  if (end == NULL || !soup_headers_parse_response (text, end + 2 - text,
                         headers, NULL, &response.status, NULL))
    return 0;
  response.body = g_bytes_new (end + 4, strlen (end + 4));
  for (guint i = 0; i < G_N_ELEMENTS (bases); i++) {
    const char *location = soup_message_headers_get_one (headers, "Location");
    const char *links = soup_message_headers_get_list (headers, "Link");

    g_strfreev (gst_peer_link_header_find_ice_servers (links));
    response.uri = gst_peer_http_uri_new (bases[i], NULL);
    if (location != NULL)
      check_location (response.uri, location);
    gst_peer_http_fault_is_transient (&response);
    g_assert (gst_peer_http_fault_get_retry_after (&response) >= 0);
    check_fault (&response);
    g_uri_unref (response.uri);
  }
  g_bytes_unref (response.body);

  return 0;
}
