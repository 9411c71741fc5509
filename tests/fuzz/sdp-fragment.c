/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sdp-fragment.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What a candidate becomes is one line of an SDP. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const ufrags[] = { "x", NULL };
  g_autoptr (GstPeerSdpFragment) fragment =
      gst_peer_sdp_fragment_parse ((const char *)data, size);

  if (fragment == NULL)
    return 0;
  for (guint i = 0; i < fragment->candidates->len; i++) {
    const GstPeerFragmentCandidate *candidate =
        g_ptr_array_index (fragment->candidates, i);

    g_assert (strpbrk (candidate->candidate, "\n") == NULL);
    g_assert (*candidate->candidate == '\0' ||
              g_str_has_prefix (candidate->candidate, "candidate:"));
    g_assert (candidate->mid == NULL || strchr (candidate->mid, '\n') == NULL);
  }
  if (fragment->ufrags->len == 0)
    g_assert (!gst_peer_sdp_fragment_is_restart (fragment, ufrags));

  return 0;
}
