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

GPtrArray *gst_peer_fragment_candidates_new (void);
void gst_peer_fragment_candidates_add (
    GPtrArray *candidates, const char *mid, guint mline, const char *candidate);

/**
 * GstPeerSdpFragment:
 * @ufrags: (element-type utf8): each ice-ufrag of it, wherever it stands
 * @candidates: (element-type GstPeerFragmentCandidate)
 */
typedef struct {
  GPtrArray *ufrags;
  GPtrArray *candidates;
} GstPeerSdpFragment;

GstPeerSdpFragment *gst_peer_sdp_fragment_parse (const char *text, gsize size);
void gst_peer_sdp_fragment_free (GstPeerSdpFragment *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerSdpFragment, gst_peer_sdp_fragment_free)

gboolean gst_peer_sdp_fragment_is_restart (
    const GstPeerSdpFragment *self, const char *const *ufrags);

/**
 * GstPeerFragmentMedia:
 * @mline: the value of the m-line
 * @mid: (nullable): its identification
 */
typedef struct {
  char *mline;
  char *mid;
} GstPeerFragmentMedia;

char *gst_peer_sdp_fragment_write (const char *ufrag, const char *pwd,
    const GstPeerFragmentMedia *media, guint n_media, GPtrArray *candidates);

G_END_DECLS
