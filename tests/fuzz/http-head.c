/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-rules.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What follows the head makes no difference to it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *)data;
  gsize head = gst_peer_http_find_head (text, size);
  g_autofree char *copy = g_strndup (text, size);

  g_assert (head <= size);
  if (head > 0) {
    g_assert (text[head - 1] == '\n');
    g_assert (gst_peer_http_find_head (text, head) == head);
    g_assert (gst_peer_http_find_head (text, head - 1) == 0);
  }
  if (head > 0 && gst_peer_http_is_head (text, head))
    g_assert (memchr (text, '\0', head) == NULL);
  gst_peer_http_bearer_matches (copy, "token");
  gst_peer_http_if_match (copy, "\"etag\"");

  return 0;
}
