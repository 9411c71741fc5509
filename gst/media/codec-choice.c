/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which codec: of what a peer says, of what there is to be sent or of what is
 * wanted downstream, and of what the application prefers. */

#include "codecs.h"

#include <gst/gst.h>
#include <stdlib.h>

/* === preferences === */

static guint
count_preferences (const GstCaps *preference)
{
  return preference == NULL || gst_caps_is_any (preference)
             ? 1
             : gst_caps_get_size (preference);
}

static gboolean
is_preference (const GstPeerCodec *codec, const GstCaps *preference, guint i)
{
  g_autoptr (GstCaps) own = gst_caps_from_string (codec->caps);
  g_autoptr (GstCaps) one = NULL;

  if (preference == NULL || gst_caps_is_any (preference))
    return TRUE;
  one = gst_caps_copy_nth (preference, i);

  return gst_caps_can_intersect (one, own);
}

/* === what is wanted downstream === */

/* In the order of what is best: nothing is lost, nothing is left to do. */
typedef enum { TAKES_NOTHING, TAKES_RTP, TAKES_RAW, TAKES_ENCODED } Takes;

static gboolean
intersects (const GstCaps *downstream, const char *description)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (description);

  return gst_caps_can_intersect (downstream, caps);
}

static gboolean
has_decoder (const GstPeerCodec *codec)
{
  g_autofree char *decoder = gst_peer_codec_describe_decoder (codec);

  return decoder != NULL;
}

static Takes
find_form (const GstPeerCodec *codec, const GstCaps *downstream)
{
  g_autofree char *raw = g_strdup_printf ("%s/x-raw", codec->media);
  g_autofree char *rtp = g_strdup_printf (
      "application/x-rtp,media=%s,encoding-name=%s,clock-rate=%d", codec->media,
      codec->name, codec->clock_rate);

  if (gst_peer_codec_can_receive (codec)) {
    if (intersects (downstream, codec->caps))
      return TAKES_ENCODED;
    if (intersects (downstream, raw) && has_decoder (codec))
      return TAKES_RAW;
  }

  return intersects (downstream, rtp) ? TAKES_RTP : TAKES_NOTHING;
}

/**
 * gst_peer_codec_describe_receiver:
 * @downstream: what is taken
 *
 * Returns: (transfer full) (nullable): from RTP to the form that is taken, as a
 *   pipeline description; %NULL when there is no way to it
 */
char *
gst_peer_codec_describe_receiver (
    const GstPeerCodec *self, const GstCaps *downstream)
{
  g_autofree char *decoder = NULL;
  const char *frame = self->frame != NULL ? self->frame : "identity";

  switch (find_form (self, downstream)) {
  case TAKES_ENCODED:
    return g_strdup_printf ("%s ! %s", self->depay, frame);
  case TAKES_RAW:
    decoder = gst_peer_codec_describe_decoder (self);
    return g_strdup_printf ("%s ! %s ! %s", self->depay, frame, decoder);
  case TAKES_RTP:
    return g_strdup ("identity");
  case TAKES_NOTHING:
  default:
    return NULL;
  }
}

/* === what a peer says === */

/* More than anybody has; every one is looked up among all lines. */
#define MAX_FORMATS 128

#define MAX_CODECS 16

/* What a peer has to take or to send. */
typedef struct {
  gboolean sends;
  const GstCaps *input;   /* what is sent */
  guint fits[MAX_CODECS]; /* for each codec of the table, 0 when it cannot */
} Wish;

typedef struct {
  const GstPeerCodec *codec;
  guint payload_type;
  guint rank;
} Format;

static guint
get_fit (const Wish *wish, const GstPeerCodec *codec)
{
  return wish->fits[codec - gst_peer_codecs_get (0)];
}

static Wish
wish_to_send (const GstCaps *input)
{
  Wish wish = { .sends = TRUE, .input = input };
  const GstPeerCodec *codec;

  for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++)
    wish.fits[i] = gst_peer_codec_can_send (codec, input);

  return wish;
}

static Wish
wish_to_receive (const char *media, const GstCaps *downstream)
{
  Wish wish = { .sends = FALSE };
  const GstPeerCodec *codec;

  for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++) {
    if (g_str_equal (codec->media, media))
      wish.fits[i] = find_form (codec, downstream);
  }

  return wish;
}

/* 0 when it does not fit; the larger, the better. */
static guint
rank_format (
    const Wish *wish, const GstPeerCodec *codec, const GstStructure *offered)
{
  guint fit = get_fit (wish, codec);

  if (fit > 0 && wish->sends)
    return gst_peer_codec_rank_format (codec, offered, wish->input);

  /* We cannot put together what comes in another order than that of decoding
   * (RFC 6184, section 5.4). */
  if (g_str_equal (codec->name, "H264") &&
      g_strcmp0 (
          gst_structure_get_string (offered, "packetization-mode"), "2") == 0)
    return 0;

  return fit;
}

/* Offers with many formats go below 96 (RFC 5761, section 4), payloaders do
 * not. */
static gboolean
can_number (const GstPeerCodec *codec, guint payload_type)
{
  return payload_type == codec->payload_type ||
         (payload_type >= 96 && payload_type < 128);
}

static gboolean
read_format (
    const GstSDPMedia *media, guint i, const Wish *wish, Format *format)
{
  g_autoptr (GstCaps) caps = NULL;

  format->payload_type =
      strtoul (gst_sdp_media_get_format (media, i), NULL, 10);
  caps = gst_sdp_media_get_caps_from_media (media, format->payload_type);
  if (caps == NULL)
    return FALSE;
  format->codec = gst_peer_codec_from_rtp (caps);
  if (format->codec == NULL ||
      (wish->sends && !can_number (format->codec, format->payload_type)))
    return FALSE;
  format->rank =
      rank_format (wish, format->codec, gst_caps_get_structure (caps, 0));

  return format->rank > 0;
}

/* Those that fit, in the order of @media. */
static GArray *
list_formats (const GstSDPMedia *media, const Wish *wish)
{
  GArray *formats = g_array_new (FALSE, FALSE, sizeof (Format));
  guint n = MIN (gst_sdp_media_formats_len (media), MAX_FORMATS);

  for (guint i = 0; i < n; i++) {
    Format format;

    if (read_format (media, i, wish, &format))
      g_array_append_val (formats, format);
  }

  return formats;
}

/* The first codec of these that fits well enough. */
static const GstPeerCodec *
find_codec (const GArray *formats, guint enough, const GstCaps *preference)
{
  for (guint p = 0; p < count_preferences (preference); p++) {
    for (guint i = 0; i < formats->len; i++) {
      const Format *format = &g_array_index (formats, Format, i);

      if (format->rank >= enough &&
          is_preference (format->codec, preference, p))
        return format->codec;
    }
  }

  return NULL;
}

/* Of its formats, the one that fits best. */
static guint
find_payload_type (const GArray *formats, const GstPeerCodec *codec)
{
  const Format *best = NULL;

  for (guint i = 0; i < formats->len; i++) {
    const Format *format = &g_array_index (formats, Format, i);

    if (format->codec == codec && (best == NULL || format->rank > best->rank))
      best = format;
  }

  return best->payload_type;
}

static const GstPeerCodec *
choose (const GstSDPMedia *media, const Wish *wish, guint enough,
    const GstCaps *preference, guint *payload_type)
{
  g_autoptr (GArray) formats = list_formats (media, wish);
  const GstPeerCodec *codec = NULL;

  for (; enough > 0 && codec == NULL; enough--)
    codec = find_codec (formats, enough, preference);
  if (codec != NULL)
    *payload_type = find_payload_type (formats, codec);

  return codec;
}

/**
 * gst_peer_codecs_choose:
 * @media: of an offer, or of the answer to ours
 * @input: what is to be sent; fixed
 * @preference: (nullable): encoded caps that are allowed, best first; %NULL
 *   leaves the order to @media
 * @payload_type: (out): that @media gives it
 *
 * Returns: (nullable): the codec to send @input in
 */
const GstPeerCodec *
gst_peer_codecs_choose (const GstSDPMedia *media, const GstCaps *input,
    const GstCaps *preference, guint *payload_type)
{
  Wish wish = wish_to_send (input);

  return choose (media, &wish, 2, preference, payload_type);
}

/**
 * gst_peer_codecs_choose_receive:
 * @media: of an offer, or of the answer to ours
 * @downstream: what is wanted: encoded, raw, RTP or anything
 * @preference: (nullable): encoded caps that are allowed, best first
 * @payload_type: (out): that @media gives it
 *
 * What can be passed on as it is comes before what has to be decoded, and
 * RTP, which leaves the work to others, comes last.
 *
 * Returns: (nullable): the codec to receive
 */
const GstPeerCodec *
gst_peer_codecs_choose_receive (const GstSDPMedia *media,
    const GstCaps *downstream, const GstCaps *preference, guint *payload_type)
{
  Wish wish = wish_to_receive (gst_sdp_media_get_media (media), downstream);

  return choose (media, &wish, TAKES_ENCODED, preference, payload_type);
}

/* === what we say === */

/* The fields are those that become attributes of an SDP medium. */
static GstStructure *
make_format (const GstPeerCodec *codec, guint i)
{
  g_autofree char *text = g_strdup_printf ("application/x-rtp%s%s",
      codec->formats[i] != NULL ? "," : "",
      codec->formats[i] != NULL ? codec->formats[i] : "");
  GstStructure *structure = gst_structure_from_string (text, NULL);

  gst_structure_set (structure, "media", G_TYPE_STRING, codec->media,
      "encoding-name", G_TYPE_STRING, codec->name, "clock-rate", G_TYPE_INT,
      codec->clock_rate, "payload", G_TYPE_INT, (int)(codec->payload_type + i),
      NULL);
  if (codec->channels != NULL)
    gst_structure_set (
        structure, "encoding-params", G_TYPE_STRING, codec->channels, NULL);
  if (g_str_equal (codec->media, "video"))
    gst_structure_set (structure, "rtcp-fb-nack", G_TYPE_BOOLEAN, TRUE,
        "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, "rtcp-fb-ccm-fir",
        G_TYPE_BOOLEAN, TRUE, NULL);

  return structure;
}

/* One format: what is sent is in one. */
static void
add_sending (GstCaps *offer, const GstPeerCodec *codec, const GstCaps *input)
{
  GstStructure *structure = make_format (codec, 0);

  if (g_str_equal (codec->name, "H264")) {
    g_autofree char *profile = gst_peer_codec_dup_profile_level_id (input);

    if (profile != NULL)
      gst_structure_set (
          structure, "profile-level-id", G_TYPE_STRING, profile, NULL);
  }
  gst_caps_append_structure (offer, structure);
}

static void
add_receiving (GstCaps *offer, const GstPeerCodec *codec)
{
  gst_caps_append_structure (offer, make_format (codec, 0));
  for (guint i = 1;
       i < G_N_ELEMENTS (codec->formats) && codec->formats[i] != NULL; i++)
    gst_caps_append_structure (offer, make_format (codec, i));
}

static gboolean
has_codec (const GstCaps *offer, const GstPeerCodec *codec)
{
  for (guint i = 0; i < gst_caps_get_size (offer); i++) {
    if (g_strcmp0 (gst_structure_get_string (
                       gst_caps_get_structure (offer, i), "encoding-name"),
            codec->name) == 0)
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_codecs_make_offer:
 * @media: "video" or "audio"
 * @input: what is to be sent; fixed
 * @preference: (nullable): encoded caps that are allowed, best first
 *
 * Payload types are the same each time, and no two of a bundle collide.
 *
 * Returns: (transfer full): application/x-rtp for each codec that @input can
 *   be sent in, for the codec-preferences of a transceiver; empty when there
 *   is none
 */
GstCaps *
gst_peer_codecs_make_offer (
    const char *media, const GstCaps *input, const GstCaps *preference)
{
  GstCaps *offer = gst_caps_new_empty ();
  const GstPeerCodec *codec;

  for (guint p = 0; p < count_preferences (preference); p++) {
    for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++) {
      if (g_str_equal (codec->media, media) &&
          gst_peer_codec_can_send (codec, input) &&
          is_preference (codec, preference, p) && !has_codec (offer, codec))
        add_sending (offer, codec, input);
    }
  }

  return offer;
}

/**
 * gst_peer_codecs_make_receive:
 * @media: "video" or "audio"
 * @downstream: what is wanted: encoded, raw, RTP or anything
 * @preference: (nullable): encoded caps that are allowed, best first
 *
 * Returns: (transfer full): application/x-rtp for each codec that can be
 *   received for @downstream, in the order of
 *   gst_peer_codecs_choose_receive(); empty when there is none
 */
GstCaps *
gst_peer_codecs_make_receive (
    const char *media, const GstCaps *downstream, const GstCaps *preference)
{
  GstCaps *offer = gst_caps_new_empty ();
  const GstPeerCodec *codec;

  for (guint form = TAKES_ENCODED; form >= TAKES_RTP; form--) {
    for (guint p = 0; p < count_preferences (preference); p++) {
      for (guint i = 0; (codec = gst_peer_codecs_get (i)) != NULL; i++) {
        if (g_str_equal (codec->media, media) &&
            find_form (codec, downstream) == form &&
            is_preference (codec, preference, p) && !has_codec (offer, codec))
          add_receiving (offer, codec);
      }
    }
  }

  return offer;
}
