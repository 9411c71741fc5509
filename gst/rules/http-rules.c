/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What headers of a request say. */

#include "http-rules.h"

#include <string.h>

/**
 * gst_peer_http_is_token:
 *
 * Returns: whether @token can stand in an Authorization header
 */
gboolean
gst_peer_http_is_token (const char *token)
{
  for (const char *c = token; *c != '\0'; c++) {
    if (!g_ascii_isgraph (*c))
      return FALSE;
  }

  return *token != '\0';
}

/* Takes the same time wherever they differ, and says nothing of their length:
 * what is compared are digests. */
static gboolean
is_same_secret (const char *a, const char *b)
{
  g_autofree char *one =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, a, -1);
  g_autofree char *two =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, b, -1);
  guint difference = 0;

  for (guint i = 0; one[i] != '\0'; i++)
    difference |= (guchar)one[i] ^ (guchar)two[i];

  return difference == 0;
}

/**
 * gst_peer_http_bearer_matches:
 * @authorization: (nullable): the value of the header, from the network
 * @token: what it has to be
 *
 * RFC 6750 section 2.1; the name of the scheme is of any case (RFC 9110
 * section 11.1).
 */
gboolean
gst_peer_http_bearer_matches (const char *authorization, const char *token)
{
  static const char scheme[] = "Bearer ";

  if (authorization == NULL ||
      g_ascii_strncasecmp (authorization, scheme, strlen (scheme)) != 0)
    return FALSE;
  authorization += strlen (scheme);

  return is_same_secret (authorization + strspn (authorization, " "), token);
}

/* One entity tag of a list, and what may follow it. */
static const char *
skip_tag (const char *text)
{
  const char *end;

  if (g_str_has_prefix (text, "W/"))
    text += 2;
  if (*text != '"')
    return NULL;
  end = strchr (text + 1, '"');

  return end != NULL ? end + 1 : NULL;
}

/**
 * gst_peer_http_if_match:
 * @if_match: (nullable): the value of the header, from the network
 * @etag: the entity's, with its quotes
 *
 * RFC 9110 section 13.1.1: a list of entity tags, compared strongly, so that a
 * weak one never matches; or an asterisk.
 */
GstPeerIfMatch
gst_peer_http_if_match (const char *if_match, const char *etag)
{
  const char *rest = if_match;
  gboolean found = FALSE;

  if (if_match == NULL)
    return GST_PEER_IF_MATCH_MISSING;
  if (g_str_equal (if_match, "*"))
    return GST_PEER_IF_MATCH_MATCHES;

  while (*(rest += strspn (rest, " \t,")) != '\0') {
    const char *end = skip_tag (rest);

    if (end == NULL)
      return GST_PEER_IF_MATCH_DIFFERS;
    if (strlen (etag) == (gsize)(end - rest) &&
        strncmp (rest, etag, end - rest) == 0)
      found = TRUE;
    rest = end;
  }

  return found ? GST_PEER_IF_MATCH_MATCHES : GST_PEER_IF_MATCH_DIFFERS;
}

/**
 * gst_peer_http_find_head:
 * @text: the beginning of a request, from the network, not terminated
 *
 * Returns: the size of the request line and the headers with the empty line
 *   behind them, 0 before all of it is there
 */
gsize
gst_peer_http_find_head (const char *text, gsize size)
{
  gsize i = 0;

  /* RFC 9112 section 2.2: empty lines before it are ignored. */
  while (i < size && (text[i] == '\r' || text[i] == '\n'))
    i++;
  for (; i < size; i++) {
    if (text[i] != '\n')
      continue;
    if (i + 1 < size && text[i + 1] == '\n')
      return i + 2;
    if (i + 2 < size && text[i + 1] == '\r' && text[i + 2] == '\n')
      return i + 3;
  }

  return 0;
}

typedef struct {
  guint n_lengths;
  guint n_encodings;
} Framing;

/* Returns: whether its body can be read after this header */
static gboolean
take_header (Framing *framing, const char *line)
{
  static const char length[] = "Content-Length:";
  static const char encoding[] = "Transfer-Encoding:";

  if (*line == ' ' || *line == '\t' || strchr (line, ':') == NULL)
    return FALSE;
  if (g_ascii_strncasecmp (line, length, strlen (length)) == 0) {
    const char *digits = line + strlen (length);

    digits += strspn (digits, " \t");
    return framing->n_lengths++ == 0 && *digits != '\0' &&
           digits[strspn (digits, "0123456789")] == '\0';
  }
  if (g_ascii_strncasecmp (line, encoding, strlen (encoding)) == 0) {
    const char *name = line + strlen (encoding);

    return framing->n_encodings++ == 0 &&
           g_ascii_strcasecmp (name + strspn (name, " \t"), "chunked") == 0;
  }

  return TRUE;
}

/**
 * gst_peer_http_is_head:
 * @head: of gst_peer_http_find_head()
 *
 * Stricter than what reads it afterwards: a length that is no number, more than
 * one, another encoding than "chunked", folded lines (RFC 9112 section 5.2) and
 * zero bytes are refused.
 */
gboolean
gst_peer_http_is_head (const char *head, gsize size)
{
  g_autofree char *copy = g_strndup (head, size);
  char *line = copy + strspn (copy, "\r\n");
  Framing framing = { .n_lengths = 0 };
  gboolean is_first = TRUE;

  if (strlen (copy) != size)
    return FALSE;
  while (*line != '\0') {
    char *end = strchr (line, '\n');

    if (end == NULL)
      return FALSE;
    *end = '\0';
    g_strchomp (line);
    if (*line != '\0' && !is_first && !take_header (&framing, line))
      return FALSE;
    is_first = FALSE;
    line = end + 1;
  }

  return framing.n_lengths + framing.n_encodings <= 1;
}
