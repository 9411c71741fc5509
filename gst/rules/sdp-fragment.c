/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* application/trickle-ice-sdpfrag (RFC 8840 section 9). */

#include "sdp-fragment.h"

#include <string.h>

/* What one client has in one request. */
#define MAX_CANDIDATES 256

static void
free_candidate (gpointer data)
{
  GstPeerFragmentCandidate *self = data;

  g_free (self->mid);
  g_free (self->candidate);
  g_free (self);
}

static void
add_candidate (
    GPtrArray *candidates, const char *mid, guint n_mlines, const char *value)
{
  GstPeerFragmentCandidate *candidate = g_new0 (GstPeerFragmentCandidate, 1);

  candidate->mid = g_strdup (mid);
  candidate->mline = n_mlines > 0 ? n_mlines - 1 : 0;
  candidate->candidate = g_strdup (value);
  g_ptr_array_add (candidates, candidate);
}

/**
 * gst_peer_sdp_fragment_parse:
 * @text: from the network, not terminated
 *
 * Returns: (transfer full) (nullable) (element-type GstPeerFragmentCandidate):
 *   %NULL for what is no fragment
 */
GPtrArray *
gst_peer_sdp_fragment_parse (const char *text, gsize size)
{
  g_autoptr (GPtrArray) candidates =
      g_ptr_array_new_with_free_func (free_candidate);
  g_autofree char *copy = g_strndup (text, size);
  g_auto (GStrv) lines = NULL;
  const char *mid = NULL;
  guint n_mlines = 0;

  if (strlen (copy) != size || !g_utf8_validate (copy, -1, NULL))
    return NULL;

  lines = g_strsplit (copy, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strchomp (lines[i]);

    if (*line == '\0')
      continue;
    if (line[1] != '=')
      return NULL;

    if (line[0] == 'm') {
      mid = NULL;
      n_mlines++;
    } else if (g_str_has_prefix (line, "a=mid:")) {
      mid = line + strlen ("a=mid:");
    } else if (g_str_has_prefix (line, "a=candidate:")) {
      add_candidate (candidates, mid, n_mlines, line + strlen ("a="));
    } else if (g_str_equal (line, "a=end-of-candidates")) {
      add_candidate (candidates, mid, n_mlines, "");
    }
    if (candidates->len > MAX_CANDIDATES)
      return NULL;
  }

  return g_steal_pointer (&candidates);
}
