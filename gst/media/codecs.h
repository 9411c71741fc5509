/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/**
 * GstPeerCodec:
 * @name: the encoding name in RTP
 * @media: "video" or "audio"
 * @caps: what is encoded, as a caps string
 * @parse: (nullable): makes encoded input fit for the payloader
 * @convert: makes raw input fit for the encoders
 * @encoders: the best one first; each is preset for low latency, and the first
 *   of its elements decides whether it can be had
 * @payload: the payloader
 *
 * All but the names are pipeline descriptions.
 */
typedef struct {
  const char *name;
  const char *media;
  const char *caps;
  const char *parse;
  const char *convert;
  const char *encoders[4];
  const char *payload;
} GstPeerCodec;

const GstPeerCodec *gst_peer_codecs_choose (
    const GstSDPMedia *media, const GstCaps *input, guint *payload_type);
const char *gst_peer_codec_find_encoder (const GstPeerCodec *self);

gboolean gst_peer_caps_are_raw (const GstCaps *caps);
gboolean gst_peer_caps_are_of (const GstCaps *caps, const char *media);

G_END_DECLS
