/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

#define GST_PEER_CODEC_MAX_ENCODERS 6
#define GST_PEER_CODEC_MAX_FORMATS 2

/**
 * GstPeerCodec:
 * @name: the encoding name in RTP
 * @media: "video" or "audio"
 * @caps: what is encoded, as a caps string
 * @clock_rate: of RTP
 * @channels: (nullable): the encoding parameters of its rtpmap
 * @payload_type: the static one, or else the first of ours
 * @formats: for our offers, fields of application/x-rtp; the first is what
 *   raw input is encoded to, all of them can be received. Each has a payload
 *   type of its own
 * @parse: (nullable): makes encoded input fit for the payloader
 * @convert: makes raw input fit for the encoders
 * @encoders: the best one first; each is preset for low latency, and the first
 *   of its elements decides whether it can be had
 * @payload: the payloader, without its payload type
 * @depay: the depayloader, which asks for a key frame after a loss where it
 *   can
 * @frame: (nullable): what makes its output fit for who takes it encoded
 * @reorders: whether frames may come in another order than that of display
 * @is_b_frame: (nullable): tells it from a frame without a time
 * @decoder: (nullable): the one to be preferred to the registry's first
 *
 * What makes something is a pipeline description.
 */
typedef struct {
  const char *name;
  const char *media;
  const char *caps;
  int clock_rate;
  const char *channels;
  guint payload_type;
  const char *formats[GST_PEER_CODEC_MAX_FORMATS];
  const char *parse;
  const char *convert;
  const char *encoders[GST_PEER_CODEC_MAX_ENCODERS];
  const char *payload;
  const char *depay;
  const char *frame;
  gboolean reorders;
  gboolean (*is_b_frame) (const guint8 *data, gsize size);
  const char *decoder;
} GstPeerCodec;

/* The table. */
const GstPeerCodec *gst_peer_codecs_get (guint index);
const GstPeerCodec *gst_peer_codec_from_caps (const GstCaps *encoded);
const GstPeerCodec *gst_peer_codec_from_rtp (const GstCaps *rtp);

/* What is installed. */
const char *gst_peer_codec_find_encoder (
    const GstPeerCodec *self, guint *index);
char *gst_peer_codec_describe_decoder (const GstPeerCodec *self);
gboolean gst_peer_codec_can_send (
    const GstPeerCodec *self, const GstCaps *input);
gboolean gst_peer_codec_can_receive (const GstPeerCodec *self);

/* The choice, in codec-choice.c. */
const GstPeerCodec *gst_peer_codecs_choose (const GstSDPMedia *media,
    const GstCaps *input, const GstCaps *preference, guint *payload_type);
const GstPeerCodec *gst_peer_codecs_choose_receive (const GstSDPMedia *media,
    const GstCaps *downstream, const GstCaps *preference, guint *payload_type);
GstCaps *gst_peer_codecs_make_offer (
    const char *media, const GstCaps *input, const GstCaps *preference);
GstCaps *gst_peer_codecs_make_receive (
    const char *media, const GstCaps *downstream, const GstCaps *preference);
char *gst_peer_codec_describe_receiver (
    const GstPeerCodec *self, const GstCaps *downstream);

/* What a format says beyond the codec, in codec-format.c. */
guint gst_peer_codec_rank_format (const GstPeerCodec *self,
    const GstStructure *offered, const GstCaps *input);
char *gst_peer_codec_dup_profile_level_id (const GstCaps *input);
gboolean gst_peer_codec_write_profile (
    GstSDPMedia *answer, guint payload_type, const GstCaps *input);

gboolean gst_peer_caps_are_raw (const GstCaps *caps);
gboolean gst_peer_caps_are_rtp (const GstCaps *caps);
gboolean gst_peer_caps_are_of (const GstCaps *caps, const char *media);

G_END_DECLS
