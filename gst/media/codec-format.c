/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Profiles, levels and packetization modes: whether a format of a description
 * can take what is sent, and what we say of that. */

#include "codecs.h"

#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

#define IS_CONSTRAINED 0x40 /* constraint_set1_flag */

/* Each decodes what is above it, as far as encoders make use of it. */
static const struct {
  const char *name;
  guint8 idc;
  guint8 flags;
} h264_profiles[] = {
  { "constrained-baseline", 66, 0xe0 },
  { "baseline", 66, 0x00 },
  { "main", 77, 0x00 },
  { "extended", 88, 0x00 },
  { "constrained-high", 100, 0x0c },
  { "progressive-high", 100, 0x08 },
  { "high", 100, 0x00 },
  { "high-10", 110, 0x00 },
  { "high-4:2:2", 122, 0x00 },
  { "high-4:4:4", 244, 0x00 },
};

/* === profile-level-id (RFC 6184, section 8.1) === */

static gboolean
parse_profile_level_id (const char *text, guint8 bytes[3])
{
  guint32 value = 0;

  if (text == NULL || strlen (text) != 6)
    return FALSE;
  for (guint i = 0; i < 6; i++) {
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
    value = value << 4 | g_ascii_xdigit_value (text[i]);
  }
  bytes[0] = value >> 16;
  bytes[1] = value >> 8 & 0xff;
  bytes[2] = value & 0xff;

  return TRUE;
}

static gboolean
read_codec_data (const GstStructure *h264, guint8 bytes[3])
{
  const GValue *value = gst_structure_get_value (h264, "codec_data");
  GstBuffer *buffer = value != NULL ? gst_value_get_buffer (value) : NULL;

  /* configurationVersion, then the three (ISO/IEC 14496-15, 5.3.3.1). */
  return buffer != NULL && gst_buffer_extract (buffer, 1, bytes, 3) == 3;
}

static gboolean
read_profile (const GstStructure *h264, guint8 bytes[3])
{
  const char *profile = gst_structure_get_string (h264, "profile");
  const char *level = gst_structure_get_string (h264, "level");

  for (guint i = 0; i < G_N_ELEMENTS (h264_profiles); i++) {
    if (g_strcmp0 (profile, h264_profiles[i].name) != 0)
      continue;
    bytes[0] = h264_profiles[i].idc;
    bytes[1] = h264_profiles[i].flags;
    bytes[2] =
        level != NULL ? (guint8)(g_ascii_strtod (level, NULL) * 10 + 0.5) : 31;
    return TRUE;
  }

  return FALSE;
}

/* GStreamer has put a profile in its place where levels are asymmetric. */
static gboolean
read_offered (const GstStructure *rtp, guint8 bytes[3])
{
  return parse_profile_level_id (
             gst_structure_get_string (rtp, "profile-level-id"), bytes) ||
         read_profile (rtp, bytes);
}

/* Raw input is encoded to constrained baseline. */
static gboolean
get_profile (const GstCaps *input, guint8 bytes[3])
{
  const GstStructure *structure = gst_caps_get_structure (input, 0);

  if (gst_peer_caps_are_raw (input))
    return parse_profile_level_id ("42e01f", bytes);
  if (gst_peer_caps_are_rtp (input))
    return read_offered (structure, bytes);

  return read_codec_data (structure, bytes) || read_profile (structure, bytes);
}

/**
 * gst_peer_codec_dup_profile_level_id:
 * @input: of H.264
 *
 * Returns: (transfer full) (nullable): that of the stream itself; %NULL when
 *   the caps do not tell
 */
char *
gst_peer_codec_dup_profile_level_id (const GstCaps *input)
{
  guint8 bytes[3];

  return get_profile (input, bytes)
             ? g_strdup_printf ("%02x%02x%02x", bytes[0], bytes[1], bytes[2])
             : NULL;
}

/* === whether an offered format can take it === */

static gboolean
is_same_profile (const guint8 a[3], const guint8 b[3])
{
  if (a[0] != b[0])
    return FALSE;

  return a[0] != 66 || (a[1] & IS_CONSTRAINED) == (b[1] & IS_CONSTRAINED);
}

/* The numbers grow with what has to be decoded; only what is constrained is
 * decoded by all. */
static gboolean
can_decode (const guint8 decoder[3], const guint8 stream[3])
{
  return decoder[0] >= stream[0] &&
         (stream[0] != 66 || (stream[1] & IS_CONSTRAINED) || decoder[0] == 66);
}

/* Without a packetization mode it is 0 (RFC 6184, section 8.1), which leaves no
 * room for frames that are larger than a packet. Who does not say it at all
 * has mostly forgotten it, and depayloaders take what comes; who says 0 offers
 * 1 beside it or means it. The profile is the decoder's business: senders
 * have always claimed 42e01f, so that no peer can rely on it. */
static guint
rank_h264 (const GstStructure *offered, const GstCaps *input)
{
  const char *mode = gst_structure_get_string (offered, "packetization-mode");
  guint8 decoder[3], stream[3];

  if (mode == NULL)
    return 1;
  if (!g_str_equal (mode, "1"))
    return 0;
  if (!get_profile (input, stream))
    return 2;
  if (!read_offered (offered, decoder))
    parse_profile_level_id ("42000a", decoder);
  if (is_same_profile (decoder, stream))
    return 4;

  return can_decode (decoder, stream) ? 3 : 2;
}

/* Profiles of VP9 and AV1 are other pixel formats, which who did not offer them
 * cannot show. */
static guint
rank_profile (const char *offered, const char *own)
{
  if (offered == NULL)
    offered = "0";

  return g_str_equal (offered, own) ? 2 : 0;
}

static const char *
get_av1_profile (const char *name)
{
  if (g_strcmp0 (name, "high") == 0)
    return "1";

  return g_strcmp0 (name, "professional") == 0 ? "2" : "0";
}

/**
 * gst_peer_codec_rank_format:
 * @offered: application/x-rtp of this codec
 * @input: what is to be sent
 *
 * Returns: 0 when the peer cannot take it, 1 when it can if it says less than
 *   it means, and from 2 on how well it fits
 */
guint
gst_peer_codec_rank_format (
    const GstPeerCodec *self, const GstStructure *offered, const GstCaps *input)
{
  const GstStructure *own = gst_caps_get_structure (input, 0);
  const char *profile = gst_peer_caps_are_rtp (input)
                            ? NULL
                            : gst_structure_get_string (own, "profile");

  if (g_str_equal (self->name, "H264"))
    return rank_h264 (offered, input);
  if (g_str_equal (self->name, "VP9"))
    return rank_profile (gst_structure_get_string (offered, "profile-id"),
        profile != NULL ? profile : "0");
  if (g_str_equal (self->name, "AV1"))
    return rank_profile (gst_structure_get_string (offered, "profile"),
        get_av1_profile (profile));

  return 2;
}

/* === what an answer says === */

static char *
replace_profile (const char *fmtp, const char *profile_level_id)
{
  const char *fields = strchr (fmtp, ' ');
  g_auto (GStrv) parts = NULL;

  if (fields == NULL)
    return NULL;
  parts = g_strsplit (fields + 1, ";", -1);
  for (guint i = 0; parts[i] != NULL; i++) {
    if (g_ascii_strncasecmp (g_strchug (parts[i]), "profile-level-id=", 17) !=
        0)
      continue;
    g_free (parts[i]);
    parts[i] = g_strdup_printf ("profile-level-id=%s", profile_level_id);
  }

  {
    g_autofree char *joined = g_strjoinv (";", parts);

    return g_strdup_printf ("%.*s %s", (int)(fields - fmtp), fmtp, joined);
  }
}

static guint
find_fmtp (const GstSDPMedia *media, guint payload_type)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, "fmtp") && attribute->value != NULL &&
        strtoul (attribute->value, NULL, 10) == payload_type)
      return i;
  }

  return G_MAXUINT;
}

/**
 * gst_peer_codec_write_profile:
 * @answer: a medium of our answer
 * @payload_type: the one that was chosen
 * @input: H.264
 *
 * Has the answer say the profile and level of what is sent instead of what was
 * offered. A profile other than the offered one cannot be said: the format
 * would be another one then (RFC 6184, section 8.2.2).
 *
 * Returns: whether the answer says it
 */
gboolean
gst_peer_codec_write_profile (
    GstSDPMedia *answer, guint payload_type, const GstCaps *input)
{
  g_autoptr (GstCaps) caps =
      gst_sdp_media_get_caps_from_media (answer, payload_type);
  guint index = find_fmtp (answer, payload_type);
  g_autofree char *own = NULL;
  g_autofree char *fmtp = NULL;
  GstSDPAttribute attribute = { NULL, NULL };
  guint8 said[3], stream[3];

  if (caps == NULL || index == G_MAXUINT || gst_peer_caps_are_raw (input) ||
      !get_profile (input, stream) ||
      !read_offered (gst_caps_get_structure (caps, 0), said) ||
      !is_same_profile (said, stream))
    return FALSE;

  own = gst_peer_codec_dup_profile_level_id (input);
  fmtp =
      replace_profile (gst_sdp_media_get_attribute (answer, index)->value, own);
  gst_sdp_attribute_set (&attribute, "fmtp", fmtp);
  gst_sdp_media_replace_attribute (answer, index, &attribute);

  return TRUE;
}
