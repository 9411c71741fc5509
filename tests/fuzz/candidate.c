/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidate.h"
#include "sdp-fragment.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Whatever is put in a fragment, only what it is comes out of it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const GstPeerFragmentMedia media[] = { { "audio 9 RTP 0", "a" } };
  g_autofree char *value = g_strndup ((const char *)data, size);
  g_autoptr (GPtrArray) candidates = gst_peer_fragment_candidates_new ();
  g_autoptr (GstPeerSdpFragment) fragment = NULL;
  g_autofree char *text = NULL;

  gst_peer_fragment_candidates_add (candidates, NULL, 0, value);
  text = gst_peer_sdp_fragment_write ("u", "p", media, 1, candidates);
  fragment = gst_peer_sdp_fragment_parse (text, strlen (text));
  if (gst_peer_candidate_is_valid (value)) {
    const GstPeerFragmentCandidate *candidate;

    g_assert (fragment != NULL && fragment->candidates->len == 1);
    candidate = g_ptr_array_index (fragment->candidates, 0);
    g_assert_cmpstr (candidate->candidate, ==, value);
    g_assert_cmpstr (candidate->mid, ==, "a");
  } else if (fragment != NULL) {
    g_assert (fragment->candidates->len <= 1);
  }

  return 0;
}
