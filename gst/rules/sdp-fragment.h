/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstPeerFragmentCandidate:
 * @mid: (nullable): of the m-line that it is for
 * @mline: where no @mid was given, the number of m-lines before it
 * @candidate: the attribute, from "candidate:" on; "" for the end of them
 */
typedef struct {
  char *mid;
  guint mline;
  char *candidate;
} GstPeerFragmentCandidate;

GPtrArray *gst_peer_sdp_fragment_parse (const char *text, gsize size);

G_END_DECLS
