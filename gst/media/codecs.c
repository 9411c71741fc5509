/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "codecs.h"

#include "frame-order.h"

#include <gst/gst.h>
#include <string.h>

/* Key frames come when a peer asks, so that none is made for nobody; this is
 * for peers that do not ask. */
#define KEY_FRAME_DISTANCE "600"

/* Every browser decodes it. */
#define BASELINE " ! video/x-h264,profile=constrained-baseline"

#define TELEPHONE                                                              \
  "audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1"

/* Best first where the peer leaves the choice to us: for H.264 there are
 * encoders in hardware, what takes most to encode is last. The payload types
 * collide within no bundle, and leave room for those of RTX. */
static const GstPeerCodec codecs[] = {
  {
      .name = "H264",
      .media = "video",
      .caps = "video/x-h264",
      .clock_rate = 90000,
      .payload_type = 96,
      .formats = { "packetization-mode=(string)1,"
                   "profile-level-id=(string)42e01f,"
                   "level-asymmetry-allowed=(string)1",
          "packetization-mode=(string)1,profile-level-id=(string)64001f,"
          "level-asymmetry-allowed=(string)1" },
      .parse = "h264parse config-interval=-1 ! "
               "video/x-h264,stream-format=byte-stream,alignment=au",
      .convert = "videoconvert",
      .encoders = { "nvh264enc preset=low-latency-hq zerolatency=true "
                    "rc-mode=cbr bitrate=2000 gop-size=" KEY_FRAME_DISTANCE
                    " ! video/x-h264,profile={constrained-baseline,baseline}",
          "vah264enc rate-control=cbr bitrate=2000 b-frames=0 target-usage=6 "
          "key-int-max=" KEY_FRAME_DISTANCE BASELINE,
          "v4l2h264enc extra-controls=\"encode,repeat_sequence_header=1,"
          "video_bitrate=2000000,h264_i_frame_period=" KEY_FRAME_DISTANCE
          "\" ! video/x-h264,profile=constrained-baseline,level=(string)4",
          "x264enc tune=zerolatency speed-preset=veryfast bframes=0 "
          "bitrate=2000 key-int-max=" KEY_FRAME_DISTANCE BASELINE,
          "openh264enc complexity=low rate-control=bitrate bitrate=2000000 "
          "gop-size=" KEY_FRAME_DISTANCE BASELINE },
      .payload = "rtph264pay aggregate-mode=zero-latency config-interval=-1",
      .depay = "rtph264depay request-keyframe=true wait-for-keyframe=true",
      .frame = "h264parse",
      .reorders = TRUE,
      .is_b_frame = gst_peer_h264_is_b_frame,
  },
  {
      .name = "VP8",
      .media = "video",
      .caps = "video/x-vp8",
      .clock_rate = 90000,
      .payload_type = 98,
      .convert = "videoconvert",
      /* Two threads of libvpx's VP8 spin while they wait for each other. */
      .encoders = { "vp8enc deadline=1 cpu-used=4 threads=1 end-usage=cbr "
                    "target-bitrate=2000000 lag-in-frames=0 "
                    "keyframe-max-dist=" KEY_FRAME_DISTANCE },
      .payload = "rtpvp8pay picture-id-mode=15-bit",
      .depay = "rtpvp8depay request-keyframe=true wait-for-keyframe=true",
  },
  {
      .name = "VP9",
      .media = "video",
      .caps = "video/x-vp9",
      .clock_rate = 90000,
      .payload_type = 100,
      .formats = { "profile-id=(string)0" },
      .convert = "videoconvert ! video/x-raw,format=I420",
      .encoders = { "vp9enc deadline=1 cpu-used=8 threads=2 row-mt=true "
                    "end-usage=cbr target-bitrate=2000000 lag-in-frames=0 "
                    "keyframe-max-dist=" KEY_FRAME_DISTANCE },
      .payload = "rtpvp9pay picture-id-mode=15-bit",
      .depay = "rtpvp9depay request-keyframe=true wait-for-keyframe=true",
      .frame = "vp9parse",
  },
  {
      .name = "AV1",
      .media = "video",
      .caps = "video/x-av1",
      .clock_rate = 90000,
      .payload_type = 102,
      .formats = { "profile=(string)0,level-idx=(string)5,tier=(string)0" },
      .parse = "av1parse ! "
               "video/x-av1,stream-format=obu-stream,alignment=tu",
      .convert = "videoconvert ! video/x-raw,format=I420",
      .encoders = { "svtav1enc preset=12 target-bitrate=2000 "
                    "intra-period-length=" KEY_FRAME_DISTANCE
                    " parameters-string=pred-struct=1",
          "av1enc usage-profile=realtime cpu-used=10 lag-in-frames=0 "
          "end-usage=cbr target-bitrate=2000 threads=2 row-mt=true "
          "keyframe-max-dist=" KEY_FRAME_DISTANCE,
          "rav1enc low-latency=true speed-preset=10 bitrate=2000000 "
          "max-key-frame-interval=" KEY_FRAME_DISTANCE },
      .payload = "rtpav1pay",
      .depay = "rtpav1depay",
      .frame = "av1parse",
  },
  {
      .name = "H265",
      .media = "video",
      .caps = "video/x-h265",
      .clock_rate = 90000,
      .payload_type = 104,
      .parse = "h265parse config-interval=-1 ! "
               "video/x-h265,stream-format=byte-stream,alignment=au",
      .convert = "videoconvert ! video/x-raw,format={I420,NV12}",
      .encoders = { "nvh265enc preset=low-latency-hq zerolatency=true "
                    "rc-mode=cbr bitrate=2000 gop-size=" KEY_FRAME_DISTANCE,
          "vah265enc rate-control=cbr bitrate=2000 b-frames=0 target-usage=6 "
          "key-int-max=" KEY_FRAME_DISTANCE,
          "x265enc tune=zerolatency speed-preset=ultrafast bitrate=2000 "
          "key-int-max=" KEY_FRAME_DISTANCE },
      .payload = "rtph265pay aggregate-mode=zero-latency config-interval=-1",
      .depay = "rtph265depay",
      .frame = "h265parse",
      .reorders = TRUE,
  },
  {
      .name = "OPUS",
      .media = "audio",
      .caps = "audio/x-opus",
      .clock_rate = 48000,
      .channels = "2",
      .payload_type = 111,
      .formats = { "minptime=(string)10,useinbandfec=(string)1,"
                   "stereo=(string)1" },
      .parse = "opusparse",
      .convert = "audioconvert ! audioresample ! "
                 "audio/x-raw,rate=48000,channels=[1,2]",
      .encoders = { "opusenc frame-size=20 bitrate=96000 complexity=5 "
                    "inband-fec=true packet-loss-percentage=5" },
      .payload = "rtpopuspay",
      .depay = "rtpopusdepay",
      .frame = "opusparse",
      .decoder = "opusdec plc=true use-inband-fec=true",
  },
  {
      .name = "G722",
      .media = "audio",
      .caps = "audio/G722,rate=16000,channels=1",
      .clock_rate = 8000, /* as RFC 3551, section 4.5.2, has to have it */
      .payload_type = 9,
      .convert =
          "audioconvert ! audioresample ! audio/x-raw,rate=16000,channels=1",
      .encoders = { "avenc_g722" },
      .payload = "rtpg722pay",
      .depay = "rtpg722depay",
  },
  {
      .name = "PCMU",
      .media = "audio",
      .caps = "audio/x-mulaw,rate=8000,channels=1",
      .clock_rate = 8000,
      .payload_type = 0,
      .convert = TELEPHONE,
      .encoders = { "mulawenc" },
      .payload = "rtppcmupay",
      .depay = "rtppcmudepay",
  },
  {
      .name = "PCMA",
      .media = "audio",
      .caps = "audio/x-alaw,rate=8000,channels=1",
      .clock_rate = 8000,
      .payload_type = 8,
      .convert = TELEPHONE,
      .encoders = { "alawenc" },
      .payload = "rtppcmapay",
      .depay = "rtppcmadepay",
  },
};

/**
 * gst_peer_codecs_get:
 *
 * Returns: (nullable): %NULL behind the last
 */
const GstPeerCodec *
gst_peer_codecs_get (guint index)
{
  return index < G_N_ELEMENTS (codecs) ? &codecs[index] : NULL;
}

/* === caps === */

gboolean
gst_peer_caps_are_raw (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_has_name (structure, "video/x-raw") ||
         gst_structure_has_name (structure, "audio/x-raw");
}

gboolean
gst_peer_caps_are_rtp (const GstCaps *caps)
{
  return gst_structure_has_name (
      gst_caps_get_structure (caps, 0), "application/x-rtp");
}

/**
 * gst_peer_caps_are_of:
 * @caps: fixed; raw, encoded or RTP
 * @media: "video" or "audio"
 */
gboolean
gst_peer_caps_are_of (const GstCaps *caps, const char *media)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *name = gst_structure_get_name (structure);

  if (gst_peer_caps_are_rtp (caps))
    return g_strcmp0 (gst_structure_get_string (structure, "media"), media) ==
           0;

  return g_str_has_prefix (name, media) && name[strlen (media)] == '/';
}

static gboolean
is_in (const GstCaps *caps, const char *all)
{
  g_autoptr (GstCaps) superset = gst_caps_from_string (all);

  return gst_caps_is_subset (caps, superset);
}

/**
 * gst_peer_codec_from_caps:
 * @encoded: fixed
 *
 * Returns: (nullable): the codec that this is encoded with
 */
const GstPeerCodec *
gst_peer_codec_from_caps (const GstCaps *encoded)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (is_in (encoded, codecs[i].caps))
      return &codecs[i];
  }

  return NULL;
}

static gboolean
is_same_name (const GstPeerCodec *self, const GstStructure *rtp)
{
  const char *name = gst_structure_get_string (rtp, "encoding-name");
  int payload_type;

  if (name != NULL)
    return g_ascii_strcasecmp (self->name, name) == 0;

  /* What is static needs no rtpmap (RFC 8866, section 6.6). */
  return gst_structure_get_int (rtp, "payload", &payload_type) &&
         payload_type >= 0 && payload_type < 96 &&
         (guint)payload_type == self->payload_type;
}

static gboolean
is_same_format (const GstPeerCodec *self, const GstStructure *rtp)
{
  const char *media = gst_structure_get_string (rtp, "media");
  const char *channels = gst_structure_get_string (rtp, "encoding-params");
  int clock_rate;

  if (media != NULL && !g_str_equal (media, self->media))
    return FALSE;
  if (gst_structure_get_int (rtp, "clock-rate", &clock_rate) &&
      clock_rate != self->clock_rate)
    return FALSE;

  /* Senders of Opus from GStreamer leave it out. */
  return channels == NULL ||
         g_str_equal (channels, self->channels != NULL ? self->channels : "1");
}

/**
 * gst_peer_codec_from_rtp:
 * @rtp: application/x-rtp, by its encoding-name in any case, or by a static
 *   payload type where there is none
 *
 * Returns: (nullable): the codec that this is encoded with
 */
const GstPeerCodec *
gst_peer_codec_from_rtp (const GstCaps *rtp)
{
  const GstStructure *structure = gst_caps_get_structure (rtp, 0);

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (is_same_name (&codecs[i], structure) &&
        is_same_format (&codecs[i], structure))
      return &codecs[i];
  }

  return NULL;
}

/* === what is installed === */

static gboolean
is_installed (const char *factory)
{
  return gst_registry_check_feature_version (
      gst_registry_get (), factory, 0, 0, 0);
}

/* Every element of it; caps have a slash. */
static gboolean
are_installed (const char *description)
{
  g_auto (GStrv) elements = NULL;

  if (description == NULL)
    return TRUE;

  elements = g_strsplit (description, " ! ", -1);
  for (guint i = 0; elements[i] != NULL; i++) {
    elements[i][strcspn (elements[i], " ")] = '\0';
    if (strchr (elements[i], '/') == NULL && !is_installed (elements[i]))
      return FALSE;
  }

  return TRUE;
}

/**
 * gst_peer_codec_find_encoder:
 * @index: (inout) (optional): where to begin; then of the one behind it, so
 *   that a caller can go on when the encoder turns out not to work
 *
 * Returns: (nullable): the description of the first that is installed
 */
const char *
gst_peer_codec_find_encoder (const GstPeerCodec *self, guint *index)
{
  for (guint i = index != NULL ? *index : 0;
       i < G_N_ELEMENTS (self->encoders) && self->encoders[i] != NULL; i++) {
    if (!are_installed (self->encoders[i]))
      continue;
    if (index != NULL)
      *index = i + 1;
    return self->encoders[i];
  }

  return NULL;
}

/* Its memory is the system's, so that anything can be linked behind it. */
static gboolean
is_software (GstElementFactory *factory)
{
  return !gst_element_factory_list_is_type (
      factory, GST_ELEMENT_FACTORY_TYPE_HARDWARE);
}

static char *
find_decoder (const GstPeerCodec *self)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (self->caps);
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
  GList *fitting;
  char *name = NULL;

  /* Some are there for transparency alone. */
  gst_caps_set_simple (caps, "codec-alpha", G_TYPE_BOOLEAN, FALSE, NULL);
  fitting = gst_element_factory_list_filter (all, caps, GST_PAD_SINK, FALSE);

  for (GList *l = fitting; l != NULL && name == NULL; l = l->next) {
    if (is_software (l->data))
      name = g_strdup (gst_plugin_feature_get_name (l->data));
  }
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (all);

  return name;
}

/**
 * gst_peer_codec_describe_decoder:
 *
 * Returns: (transfer full) (nullable): the description of what makes raw media
 *   of it, in the system's memory; %NULL when none is installed
 */
char *
gst_peer_codec_describe_decoder (const GstPeerCodec *self)
{
  g_autofree char *decoder =
      self->decoder != NULL && are_installed (self->decoder)
          ? g_strdup (self->decoder)
          : find_decoder (self);

  if (decoder == NULL)
    return NULL;

  return g_str_equal (self->media, "video")
             ? g_strdup_printf ("%s ! videoconvert", decoder)
             : g_strdup_printf ("%s ! audioconvert ! audioresample", decoder);
}

/**
 * gst_peer_codec_can_send:
 * @input: fixed; raw, encoded or RTP
 *
 * Returns: whether what it takes to send @input is installed
 */
gboolean
gst_peer_codec_can_send (const GstPeerCodec *self, const GstCaps *input)
{
  if (!gst_peer_caps_are_of (input, self->media) ||
      !are_installed (self->payload) || !are_installed (self->parse))
    return FALSE;
  if (gst_peer_caps_are_raw (input))
    return are_installed (self->convert) &&
           gst_peer_codec_find_encoder (self, NULL) != NULL;
  if (gst_peer_caps_are_rtp (input))
    return gst_peer_codec_from_rtp (input) == self &&
           are_installed (self->depay);

  return is_in (input, self->caps);
}

/**
 * gst_peer_codec_can_receive:
 *
 * Returns: whether what it takes to receive it encoded is installed
 */
gboolean
gst_peer_codec_can_receive (const GstPeerCodec *self)
{
  return are_installed (self->depay) && are_installed (self->frame);
}
