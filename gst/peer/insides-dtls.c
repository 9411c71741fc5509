/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where DTLS is: dtlsenc and dtlsdec, which share a GstDtlsConnection.
 *
 * Both listen to it by g_signal_connect_object(), which has no lock for who is
 * freed first. Each of its timeouts holds the connection, on the thread of the
 * system clock, for a second after the handshake: whoever is freed meanwhile on
 * another thread may crash there (ext/dtls, up to 1.28.1). So they are freed on
 * that thread as well. */

#include "insides.h"

#define ELEMENTS "peer-dtls-elements"

static void
free_on_clock (gpointer elements)
{
  gst_peer_insides_free_on_clock (elements, 0);
}

/**
 * gst_peer_insides_keep_dtls:
 * @child: webrtcbin
 * @added: one of them, in @child
 *
 * Until @child has been freed. Under webrtcbin's lock.
 */
void
gst_peer_insides_keep_dtls (GstElement *child, GstElement *added)
{
  GPtrArray *elements = g_object_get_data (G_OBJECT (child), ELEMENTS);

  if (elements == NULL) {
    elements = g_ptr_array_new_with_free_func (gst_object_unref);
    g_object_set_data_full (
        G_OBJECT (child), ELEMENTS, elements, free_on_clock);
  }
  g_ptr_array_add (elements, gst_object_ref (added));
}
