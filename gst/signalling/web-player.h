/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void gst_peer_web_player_respond (
    SoupServerMessage *message, gboolean publishes);
void gst_peer_web_player_respond_index (SoupServerMessage *message);
void gst_peer_web_player_respond_file (
    SoupServerMessage *message, const char *name);

G_END_DECLS
