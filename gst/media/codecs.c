/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "codecs.h"

#include <gst/gst.h>
#include <stdlib.h>

/* Two seconds without a request are bridged by none: a key frame comes when a
 * peer asks, so that none is made for nobody. */
#define KEY_FRAME_DISTANCE "600"

static const GstPeerCodec codecs[] = {
  {
      .name = "VP8",
      .media = "video",
      .caps = "video/x-vp8",
      .convert = "videoconvert",
      .encoders = { "vp8enc deadline=1 cpu-used=4 threads=2 end-usage=cbr "
                    "target-bitrate=2000000 lag-in-frames=0 "
                    "keyframe-max-dist=" KEY_FRAME_DISTANCE },
      .payload = "rtpvp8pay picture-id-mode=15-bit",
  },
  {
      .name = "H264",
      .media = "video",
      .caps = "video/x-h264",
      .parse = "h264parse config-interval=-1",
      .convert = "videoconvert",
      .encoders = { "x264enc tune=zerolatency speed-preset=veryfast "
                    "bitrate=2000 key-int-max=" KEY_FRAME_DISTANCE
                    " ! video/x-h264,profile=constrained-baseline",
          "openh264enc complexity=low rate-control=bitrate bitrate=2000000 "
          "gop-size=" KEY_FRAME_DISTANCE
          " ! video/x-h264,profile=constrained-baseline" },
      .payload = "rtph264pay aggregate-mode=zero-latency config-interval=-1",
  },
  {
      .name = "VP9",
      .media = "video",
      .caps = "video/x-vp9",
      .convert = "videoconvert",
      .encoders = { "vp9enc deadline=1 cpu-used=8 threads=2 row-mt=true "
                    "end-usage=cbr target-bitrate=2000000 lag-in-frames=0 "
                    "keyframe-max-dist=" KEY_FRAME_DISTANCE },
      .payload = "rtpvp9pay picture-id-mode=15-bit",
  },
  {
      .name = "OPUS",
      .media = "audio",
      .caps = "audio/x-opus",
      .parse = "opusparse",
      .convert = "audioconvert ! audioresample ! audio/x-raw,channels=[1,2]",
      .encoders = { "opusenc" },
      .payload = "rtpopuspay",
  },
  {
      .name = "PCMU",
      .media = "audio",
      .caps = "audio/x-mulaw",
      .convert =
          "audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1",
      .encoders = { "mulawenc" },
      .payload = "rtppcmupay",
  },
  {
      .name = "PCMA",
      .media = "audio",
      .caps = "audio/x-alaw",
      .convert =
          "audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1",
      .encoders = { "alawenc" },
      .payload = "rtppcmapay",
  },
};

gboolean
gst_peer_caps_are_raw (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_has_name (structure, "video/x-raw") ||
         gst_structure_has_name (structure, "audio/x-raw");
}

/**
 * gst_peer_caps_are_of:
 * @media: "video" or "audio"
 */
gboolean
gst_peer_caps_are_of (const GstCaps *caps, const char *media)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  return g_str_has_prefix (name, media) && name[strlen (media)] == '/';
}

/**
 * gst_peer_codec_find_encoder:
 *
 * Returns: (nullable): the description of the first that is installed
 */
const char *
gst_peer_codec_find_encoder (const GstPeerCodec *self)
{
  for (guint i = 0;
       i < G_N_ELEMENTS (self->encoders) && self->encoders[i] != NULL; i++) {
    g_autofree char *factory =
        g_strndup (self->encoders[i], strcspn (self->encoders[i], " "));

    if (gst_registry_check_feature_version (
            gst_registry_get (), factory, 0, 0, 0))
      return self->encoders[i];
  }

  return NULL;
}

static gboolean
can_make (const GstPeerCodec *self, const GstCaps *input)
{
  g_autoptr (GstCaps) caps = NULL;

  if (gst_peer_caps_are_raw (input))
    return gst_peer_codec_find_encoder (self) != NULL;

  caps = gst_caps_from_string (self->caps);
  return gst_caps_is_subset (input, caps);
}

/* Without a packetization mode it is 0 (RFC 6184 section 8.1), which leaves no
 * room for frames that are larger than a packet. The profile is the decoder's
 * business, but for one that is sure not to take what is sent. */
static gboolean
takes_format (const GstPeerCodec *self, const GstCaps *offered)
{
  const GstStructure *structure = gst_caps_get_structure (offered, 0);

  return !g_str_equal (self->name, "H264") ||
         g_strcmp0 (gst_structure_get_string (structure, "packetization-mode"),
             "1") == 0;
}

static const GstPeerCodec *
find_codec (const char *media, const GstCaps *offered, const GstCaps *input)
{
  const char *name = gst_structure_get_string (
      gst_caps_get_structure (offered, 0), "encoding-name");

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (codecs); i++) {
    const GstPeerCodec *codec = &codecs[i];

    if (g_str_equal (codec->media, media) &&
        g_ascii_strcasecmp (codec->name, name) == 0 &&
        takes_format (codec, offered) && can_make (codec, input))
      return codec;
  }

  return NULL;
}

/**
 * gst_peer_codecs_choose:
 * @media: of an offer
 * @input: what is to be sent
 * @payload_type: (out): that the offer gives it
 *
 * Returns: (nullable): the first codec of the offer that can be sent
 */
const GstPeerCodec *
gst_peer_codecs_choose (
    const GstSDPMedia *media, const GstCaps *input, guint *payload_type)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++) {
    guint pt = strtoul (gst_sdp_media_get_format (media, i), NULL, 10);
    g_autoptr (GstCaps) offered = gst_sdp_media_get_caps_from_media (media, pt);
    const GstPeerCodec *codec = NULL;

    if (offered != NULL)
      codec = find_codec (gst_sdp_media_get_media (media), offered, input);
    if (codec != NULL) {
      *payload_type = pt;
      return codec;
    }
  }

  return NULL;
}
