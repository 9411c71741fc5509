/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* A peer has one m-line for each medium; so many are taken. */
#define GST_PEER_MAX_MLINES 64

GstSDPMessage *gst_peer_remote_description_parse (
    const guint8 *data, gsize size);
gboolean gst_peer_remote_description_mend (GstSDPMessage *sdp, GError **error);
void gst_peer_answer_keep_profiles (
    GstSDPMessage *answer, const GstSDPMessage *offer);
gboolean gst_peer_media_is_active (const GstSDPMedia *media);
gboolean gst_peer_media_sends (const GstSDPMedia *media);
gboolean gst_peer_media_receives (const GstSDPMedia *media);
void gst_peer_media_reduce (GstSDPMedia *media, guint payload_type);
void gst_peer_media_reject (GstSDPMedia *media);
gboolean gst_peer_description_has_data (const GstSDPMessage *sdp);

G_END_DECLS
