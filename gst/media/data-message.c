/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data-message.h"

void
gst_peer_message_clear (GstPeerMessage *self)
{
  g_free (self->text);
  g_clear_pointer (&self->bytes, g_bytes_unref);
}

/**
 * gst_peer_message_init:
 *
 * What is empty is none: webrtcbin 1.22 gives it to usrsctp as nothing, where
 * that is an error, and one that the connection does not survive (gstsctpenc.c,
 * gst_sctp_enc_sink_chain).
 *
 * Returns: (nullable): why it cannot be sent
 */
const char *
gst_peer_message_init (
    GstPeerMessage *self, GstBuffer *buffer, gboolean is_text)
{
  gpointer data;

  self->size = gst_buffer_get_size (buffer);
  if (self->size == 0)
    return "it is empty.";
  if (!is_text) {
    gst_buffer_extract_dup (buffer, 0, -1, &data, &self->size);
    self->bytes = g_bytes_new_take (data, self->size);
    return NULL;
  }

  self->text = g_malloc0 (self->size + 1);
  gst_buffer_extract (buffer, 0, self->text, self->size);

  return g_utf8_validate (self->text, self->size, NULL)
             ? NULL
             : "it is no text in UTF-8.";
}
