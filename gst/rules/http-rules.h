/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean gst_peer_http_is_token (const char *token);
gboolean gst_peer_http_bearer_matches (
    const char *authorization, const char *token);

gsize gst_peer_http_find_head (const char *text, gsize size);
gboolean gst_peer_http_is_head (const char *head, gsize size);

/**
 * GstPeerIfMatch:
 * @GST_PEER_IF_MATCH_MISSING: there is no If-Match
 * @GST_PEER_IF_MATCH_DIFFERS: it is for another entity, or nothing at all
 * @GST_PEER_IF_MATCH_MATCHES: it is for this entity, or for any
 */
typedef enum {
  GST_PEER_IF_MATCH_MISSING,
  GST_PEER_IF_MATCH_DIFFERS,
  GST_PEER_IF_MATCH_MATCHES,
} GstPeerIfMatch;

GstPeerIfMatch gst_peer_http_if_match (const char *if_match, const char *etag);

G_END_DECLS
