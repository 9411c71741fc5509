/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* application/trickle-ice-sdpfrag (RFC 8840 section 9). */

#include "sdp-fragment.h"

#include <string.h>

/* What one client has in one request. */
#define MAX_CANDIDATES 256
#define MAX_UFRAGS 64

/* Of one line. A candidate with every extension there is has 300. */
#define MAX_LINE 1024

static void
free_candidate (gpointer data)
{
  GstPeerFragmentCandidate *self = data;

  g_free (self->mid);
  g_free (self->candidate);
  g_free (self);
}

void
gst_peer_sdp_fragment_free (GstPeerSdpFragment *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->ufrags);
  g_ptr_array_unref (self->candidates);
  g_free (self);
}

typedef struct {
  GstPeerSdpFragment *fragment;
  const char *mid; /* of the m-line that this is in */
  guint n_mlines;  /* so far */
} Parser;

static void
add_candidate (Parser *self, const char *value)
{
  GstPeerFragmentCandidate *candidate = g_new0 (GstPeerFragmentCandidate, 1);

  candidate->mid = g_strdup (self->mid);
  candidate->mline = self->n_mlines > 0 ? self->n_mlines - 1 : 0;
  candidate->candidate = g_strdup (value);
  g_ptr_array_add (self->fragment->candidates, candidate);
}

static void
parse_attribute (Parser *self, const char *attribute)
{
  if (g_str_has_prefix (attribute, "mid:"))
    self->mid = attribute + strlen ("mid:");
  else if (g_str_has_prefix (attribute, "ice-ufrag:"))
    g_ptr_array_add (
        self->fragment->ufrags, g_strdup (attribute + strlen ("ice-ufrag:")));
  else if (g_str_has_prefix (attribute, "candidate:"))
    add_candidate (self, attribute);
  else if (g_str_equal (attribute, "end-of-candidates"))
    add_candidate (self, "");
}

/* Returns: whether it may stand in a fragment */
static gboolean
parse_line (Parser *self, const char *line)
{
  if (*line == '\0')
    return TRUE;
  if (line[1] != '=' || strlen (line) > MAX_LINE)
    return FALSE;

  if (line[0] == 'm') {
    self->mid = NULL;
    self->n_mlines++;
  } else if (line[0] == 'a') {
    parse_attribute (self, line + 2);
  }

  return self->fragment->candidates->len <= MAX_CANDIDATES &&
         self->fragment->ufrags->len <= MAX_UFRAGS;
}

/**
 * gst_peer_sdp_fragment_parse:
 * @text: from the network, not terminated
 *
 * Credentials may stand before the first m-line (RFC 9725) or below each (RFC
 * 8840).
 *
 * Returns: (transfer full) (nullable): %NULL for what is no fragment
 */
GstPeerSdpFragment *
gst_peer_sdp_fragment_parse (const char *text, gsize size)
{
  g_autoptr (GstPeerSdpFragment) self = g_new0 (GstPeerSdpFragment, 1);
  g_autofree char *copy = g_strndup (text, size);
  Parser parser = { .fragment = self };
  char *end;

  self->ufrags = g_ptr_array_new_with_free_func (g_free);
  self->candidates = g_ptr_array_new_with_free_func (free_candidate);
  if (strlen (copy) != size || !g_utf8_validate (copy, -1, NULL))
    return NULL;

  for (char *line = copy; line != NULL; line = end) {
    end = strchr (line, '\n');
    if (end != NULL)
      *end++ = '\0';
    if (!parse_line (&parser, g_strchomp (line)))
      return NULL;
  }

  return g_steal_pointer (&self);
}

/**
 * gst_peer_sdp_fragment_is_restart:
 * @ufrags: those of the session
 *
 * Returns: whether it is of another generation of ICE (RFC 9725 section 4.3.3);
 *   one that names none is of the same
 */
gboolean
gst_peer_sdp_fragment_is_restart (
    const GstPeerSdpFragment *self, const char *const *ufrags)
{
  for (guint i = 0; i < self->ufrags->len; i++) {
    if (!g_strv_contains (ufrags, g_ptr_array_index (self->ufrags, i)))
      return TRUE;
  }

  return FALSE;
}
