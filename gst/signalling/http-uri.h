/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

GUri *gst_peer_http_uri_new (const char *location, GError **error);
GUri *gst_peer_http_uri_resolve (
    GUri *base, const char *reference, GError **error);

gboolean gst_peer_http_uri_same_origin (GUri *a, GUri *b);
char *gst_peer_http_uri_to_text (GUri *uri);

G_END_DECLS
