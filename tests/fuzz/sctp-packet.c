/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sctp-packet.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What is made of a packet has one ABORT in it, whatever else that had. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gboolean has_abort = gst_peer_sctp_packet_has_abort (data, size);
  g_autoptr (GBytes) abort =
      gst_peer_sctp_packet_new_abort (data, size, "close");

  g_assert (has_abort == (abort != NULL));
  if (abort != NULL) {
    gsize made_size;
    const guint8 *made = g_bytes_get_data (abort, &made_size);

    g_assert (memcmp (made, data, 8) == 0);
    g_assert (gst_peer_sctp_packet_has_abort (made, made_size));
  }

  return 0;
}
