/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptions as peers in the field write them, made fit for webrtcbin. */

#include "remote-description.h"

#include <gst/gst.h>
#include <string.h>

/**
 * gst_peer_remote_description_parse:
 * @data: from the network, not terminated
 *
 * Text in UTF-8 (RFC 8866 section 5), as what becomes of it in GStreamer has to
 * be.
 *
 * Returns: (transfer full) (nullable): a description of something
 */
GstSDPMessage *
gst_peer_remote_description_parse (const guint8 *data, gsize size)
{
  GstSDPMessage *sdp;

  if (size == 0 || !g_utf8_validate ((const char *)data, size, NULL))
    return NULL;

  gst_sdp_message_new (&sdp);
  if (gst_sdp_message_parse_buffer (data, size, sdp) != GST_SDP_OK ||
      gst_sdp_message_get_version (sdp) == NULL ||
      gst_sdp_message_medias_len (sdp) == 0) {
    gst_sdp_message_free (sdp);
    return NULL;
  }

  return sdp;
}

/**
 * gst_peer_remote_description_mend:
 *
 * Gives each m-line the mid that webrtcbin asserts on, where the peer has none
 * as it does not bundle.
 */
gboolean
gst_peer_remote_description_mend (GstSDPMessage *sdp, GError **error)
{
  guint n = gst_sdp_message_medias_len (sdp);

  if (n == 0 || n > GST_PEER_MAX_MLINES) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The description has %u media.", n);
    return FALSE;
  }

  for (guint i = 0; i < n; i++) {
    GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media (sdp, i);

    if (gst_sdp_media_get_attribute_val (media, "mid") == NULL) {
      g_autofree char *mid = g_strdup_printf ("%u", i);

      gst_sdp_media_add_attribute (media, "mid", mid);
    }
  }

  return TRUE;
}

#define PROFILE "profile-level-id="

/* The fmtp attribute of @format, or %NULL. */
static GstSDPAttribute *
find_fmtp (const GstSDPMedia *media, const char *format)
{
  gsize length = strlen (format);

  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, "fmtp") && attribute->value != NULL &&
        strncmp (attribute->value, format, length) == 0 &&
        attribute->value[length] == ' ')
      return (GstSDPAttribute *)attribute;
  }

  return NULL;
}

static void
keep_profile (GstSDPMedia *answer, const GstSDPMedia *offer, const char *format)
{
  GstSDPAttribute *ours = find_fmtp (answer, format);
  GstSDPAttribute *theirs = find_fmtp (offer, format);
  const char *profile = theirs != NULL ? strstr (theirs->value, PROFILE) : NULL;
  char *value;

  if (ours == NULL || profile == NULL || strstr (ours->value, PROFILE) != NULL)
    return;
  value = g_strdup_printf (
      "%s;%.*s", ours->value, (int)strcspn (profile, "; \r\n"), profile);
  g_free (ours->value);
  ours->value = value;
}

/**
 * gst_peer_answer_keep_profiles:
 *
 * An answer says the H.264 profile of the format that it takes; without it, it
 * is Baseline at level 1 (RFC 6184 section 8.2.2). webrtcbin reads it into other
 * words, which it does not write back.
 */
void
gst_peer_answer_keep_profiles (
    GstSDPMessage *answer, const GstSDPMessage *offer)
{
  guint n = MIN (
      gst_sdp_message_medias_len (answer), gst_sdp_message_medias_len (offer));

  for (guint i = 0; i < n; i++) {
    GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media (answer, i);

    for (guint k = 0; k < gst_sdp_media_formats_len (media); k++)
      keep_profile (media, gst_sdp_message_get_media (offer, i),
          gst_sdp_media_get_format (media, k));
  }
}

static gboolean
has_flag (const GstSDPMedia *media, const char *name)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    if (g_str_equal (gst_sdp_media_get_attribute (media, i)->key, name))
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_media_is_active:
 *
 * Returns: whether the m-line is neither rejected (RFC 3264 section 6), which
 *   in an offer to bundle port 0 alone does not say (RFC 8843 section 6), nor
 *   inactive
 */
gboolean
gst_peer_media_is_active (const GstSDPMedia *media)
{
  return (gst_sdp_media_get_port (media) != 0 ||
             has_flag (media, "bundle-only")) &&
         !has_flag (media, "inactive");
}

/**
 * gst_peer_media_receives:
 *
 * Returns: whether who wrote it receives there
 */
gboolean
gst_peer_media_receives (const GstSDPMedia *media)
{
  return gst_peer_media_is_active (media) && !has_flag (media, "sendonly");
}

/**
 * gst_peer_media_sends:
 *
 * Returns: whether who wrote it sends there
 */
gboolean
gst_peer_media_sends (const GstSDPMedia *media)
{
  return gst_peer_media_is_active (media) && !has_flag (media, "recvonly");
}

/**
 * gst_peer_description_has_data:
 *
 * Returns: whether there can be data channels
 */
gboolean
gst_peer_description_has_data (const GstSDPMessage *sdp)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);

    if (g_strcmp0 (gst_sdp_media_get_media (media), "application") == 0 &&
        gst_peer_media_is_active (media))
      return TRUE;
  }

  return FALSE;
}

static void
remove_attribute (GstSDPMedia *media, const char *key)
{
  for (guint i = gst_sdp_media_attributes_len (media); i-- > 0;) {
    if (g_str_equal (gst_sdp_media_get_attribute (media, i)->key, key))
      gst_sdp_media_remove_attribute (media, i);
  }
}

static gboolean
is_repair_of (const GstSDPMedia *media, guint pt, guint payload_type)
{
  g_autoptr (GstCaps) caps = gst_sdp_media_get_caps_from_media (media, pt);
  const char *name, *apt;

  if (caps == NULL)
    return FALSE;
  name = gst_structure_get_string (
      gst_caps_get_structure (caps, 0), "encoding-name");
  apt = gst_structure_get_string (gst_caps_get_structure (caps, 0), "apt");

  return g_strcmp0 (name, "RTX") == 0 && apt != NULL &&
         g_ascii_strtoull (apt, NULL, 10) == payload_type;
}

/**
 * gst_peer_media_reduce:
 * @media: of an offer
 *
 * Leaves one payload type, and its retransmissions: webrtcbin answers with the
 * first.
 */
void
gst_peer_media_reduce (GstSDPMedia *media, guint payload_type)
{
  for (guint i = gst_sdp_media_formats_len (media); i-- > 0;) {
    guint pt = g_ascii_strtoull (gst_sdp_media_get_format (media, i), NULL, 10);

    if (pt != payload_type && !is_repair_of (media, pt, payload_type))
      gst_sdp_media_remove_format (media, i);
  }
}

/**
 * gst_peer_media_reject:
 * @media: of an offer
 *
 * Has webrtcbin answer that nothing is taken.
 */
void
gst_peer_media_reject (GstSDPMedia *media)
{
  static const char *const directions[] = { "sendrecv", "sendonly", "recvonly",
    "inactive" };

  for (guint i = 0; i < G_N_ELEMENTS (directions); i++)
    remove_attribute (media, directions[i]);
  gst_sdp_media_add_attribute (media, "inactive", "");
}
