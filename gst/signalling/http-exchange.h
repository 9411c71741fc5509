/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void gst_peer_http_respond (SoupServerMessage *message, guint status);
void gst_peer_http_respond_error (
    SoupServerMessage *message, guint status, const char *text);
void gst_peer_http_respond_not_allowed (
    SoupServerMessage *message, const char *allowed);

gboolean gst_peer_http_has_type (SoupServerMessage *message, const char *type);
gboolean gst_peer_http_accepts_html (SoupServerMessage *message);

G_END_DECLS
