/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What is sent, to any number of peers. */
typedef struct {
  char *text; /* one of these two */
  GBytes *bytes;
  gsize size;
} GstPeerMessage;

const char *gst_peer_message_init (
    GstPeerMessage *self, GstBuffer *buffer, gboolean is_text);
void gst_peer_message_clear (GstPeerMessage *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstPeerMessage, gst_peer_message_clear)

G_END_DECLS
