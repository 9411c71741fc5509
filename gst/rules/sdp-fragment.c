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

/**
 * gst_peer_fragment_candidates_new:
 *
 * Returns: (transfer full) (element-type GstPeerFragmentCandidate): none yet
 */
GPtrArray *
gst_peer_fragment_candidates_new (void)
{
  return g_ptr_array_new_with_free_func (free_candidate);
}

void
gst_peer_fragment_candidates_add (
    GPtrArray *candidates, const char *mid, guint mline, const char *candidate)
{
  GstPeerFragmentCandidate *self = g_new0 (GstPeerFragmentCandidate, 1);

  self->mid = g_strdup (mid);
  self->mline = mline;
  self->candidate = g_strdup (candidate);
  g_ptr_array_add (candidates, self);
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
  gst_peer_fragment_candidates_add (self->fragment->candidates, self->mid,
      self->n_mlines > 0 ? self->n_mlines - 1 : 0, value);
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
  self->candidates = gst_peer_fragment_candidates_new ();
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

static void
write_media (GString *text, const GstPeerFragmentMedia *media, guint index,
    GPtrArray *candidates)
{
  gboolean begun = FALSE;
  gboolean ended = FALSE;

  for (guint i = 0; i < candidates->len; i++) {
    const GstPeerFragmentCandidate *candidate =
        g_ptr_array_index (candidates, i);

    if (candidate->mline != index)
      continue;
    if (!begun) {
      g_string_append_printf (text, "m=%s\r\n", media->mline);
      if (media->mid != NULL)
        g_string_append_printf (text, "a=mid:%s\r\n", media->mid);
      begun = TRUE;
    }
    if (*candidate->candidate == '\0')
      ended = TRUE;
    else if (strpbrk (candidate->candidate, "\r\n") == NULL)
      g_string_append_printf (text, "a=%s\r\n", candidate->candidate);
  }
  if (ended)
    g_string_append (text, "a=end-of-candidates\r\n");
}

/**
 * gst_peer_sdp_fragment_write:
 * @ufrag: (nullable): of the description that the candidates belong to
 * @pwd: (nullable): of the same
 * @media: its m-lines
 * @n_media: how many there are
 * @candidates: (element-type GstPeerFragmentCandidate): found by their mline;
 *   those that are no line are left out, as are those for no m-line
 *
 * As in the examples of RFC 9725 section 4.3, with as many m-lines as have
 * candidates.
 *
 * Returns: (transfer full): the fragment
 */
char *
gst_peer_sdp_fragment_write (const char *ufrag, const char *pwd,
    const GstPeerFragmentMedia *media, guint n_media, GPtrArray *candidates)
{
  GString *text = g_string_new (NULL);

  if (ufrag != NULL)
    g_string_append_printf (text, "a=ice-ufrag:%s\r\n", ufrag);
  if (pwd != NULL)
    g_string_append_printf (text, "a=ice-pwd:%s\r\n", pwd);
  for (guint i = 0; i < n_media; i++)
    write_media (text, &media[i], i, candidates);

  return g_string_free (text, FALSE);
}
