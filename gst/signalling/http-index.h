/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * GstPeerHttpEntry:
 * @path: where it is
 * @protocol: "whep" or "whip"
 * @n_sessions: now
 */
typedef struct {
  const char *path;
  const char *protocol;
  guint n_sessions;
} GstPeerHttpEntry;

void gst_peer_http_index_respond (
    SoupServerMessage *message, const char *path, GArray *entries);

G_END_DECLS
