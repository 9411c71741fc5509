/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "http-connection.h"

G_BEGIN_DECLS

/* Those that libsoup has no names for. */
#define GST_PEER_HTTP_PRECONDITION_REQUIRED 428
#define GST_PEER_HTTP_HEADERS_TOO_LARGE 431

char *gst_peer_http_make_response (guint status);
void gst_peer_http_add_headers (SoupServerMessage *message);
void gst_peer_http_respond (SoupServerMessage *message, guint status);
void gst_peer_http_respond_error (
    SoupServerMessage *message, guint status, const char *text);
void gst_peer_http_respond_later (
    SoupServerMessage *message, guint status, const char *text);
void gst_peer_http_respond_not_allowed (
    SoupServerMessage *message, const char *allowed);

void gst_peer_http_pause (
    SoupServerMessage *message, GstPeerHttpGone gone, gpointer user_data);
void gst_peer_http_resume (SoupServerMessage *message);

gboolean gst_peer_http_has_type (SoupServerMessage *message, const char *type);
gboolean gst_peer_http_accepts (SoupServerMessage *message, const char *type);

G_END_DECLS
