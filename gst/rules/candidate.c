/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The candidate attribute (RFC 8839 section 5.1). */

#include "candidate.h"

#include <string.h>

/* A host name has 253 characters at most, and there are two. */
#define MAX_LENGTH 1024

/* foundation component transport priority address port typ type, and pairs of
 * names and values */
#define N_FIELDS 8

static gboolean
is_number (const char *text, guint64 min, guint64 max)
{
  return g_ascii_isdigit (*text) &&
         g_ascii_string_to_unsigned (text, 10, min, max, NULL, NULL);
}

/* ice-char, 1 to 32 of them */
static gboolean
is_foundation (const char *text)
{
  gsize length = strlen (text);

  for (const char *c = text; *c != '\0'; c++) {
    if (!g_ascii_isalnum (*c) && *c != '+' && *c != '/')
      return FALSE;
  }

  return length >= 1 && length <= 32;
}

/**
 * gst_peer_candidate_is_valid:
 * @candidate: the attribute, from "candidate:" on
 *
 * The address is not looked at: it may be a name, of mDNS for one.
 *
 * Returns: whether it has the form, and can stand in a line
 */
gboolean
gst_peer_candidate_is_valid (const char *candidate)
{
  static const char prefix[] = "candidate:";
  g_auto (GStrv) fields = NULL;
  guint n;

  if (!g_str_has_prefix (candidate, prefix) || strlen (candidate) > MAX_LENGTH)
    return FALSE;
  for (const char *c = candidate; *c != '\0'; c++) {
    if (!g_ascii_isprint (*c))
      return FALSE;
  }

  fields = g_strsplit (candidate + strlen (prefix), " ", -1);
  n = g_strv_length (fields);
  if (n < N_FIELDS || n % 2 != 0)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (*fields[i] == '\0')
      return FALSE;
  }

  return is_foundation (fields[0]) && is_number (fields[1], 1, 256) &&
         is_number (fields[3], 0, G_MAXUINT32) &&
         is_number (fields[5], 0, G_MAXUINT16) &&
         g_str_equal (fields[6], "typ");
}
