/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "codecs.h"
#include "remote-description.h"

#include <string.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static GstCaps *inputs[4];
static GstCaps *downstream;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  static const char *const texts[] = {
    "video/x-raw",
    "audio/x-raw",
    "video/x-h264,profile=(string)main,level=(string)3.1",
    "video/x-vp9,profile=(string)0",
  };

  gst_init (NULL, NULL);
  g_log_set_always_fatal (
      G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    inputs[i] = gst_caps_from_string (texts[i]);
  downstream = gst_caps_new_any ();

  return 0;
}

/* What is chosen is one of the formats of the m-line. */
static void
check_choice (GstSDPMedia *media, const GstPeerCodec *codec, guint payload_type)
{
  gboolean found = FALSE;

  if (codec == NULL)
    return;
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
    found |= g_ascii_strtoull (gst_sdp_media_get_format (media, i), NULL, 10) ==
             payload_type;
  g_assert (found);
}

static void
choose (GstSDPMedia *media, guint i)
{
  const GstPeerCodec *codec;
  guint payload_type;

  codec = gst_peer_codecs_choose (media, inputs[i], NULL, &payload_type);
  check_choice (media, codec, payload_type);
  if (codec != NULL && i == 2)
    gst_peer_codec_write_profile (media, payload_type, inputs[i]);
  codec =
      gst_peer_codecs_choose_receive (media, downstream, NULL, &payload_type);
  check_choice (media, codec, payload_type);
}

static void
look_at (GstSDPMedia *media, guint i)
{
  g_assert (gst_sdp_media_get_attribute_val (media, "mid") != NULL);
  gst_peer_media_sends (media);
  gst_peer_media_receives (media);
  choose (media, i);
  gst_peer_media_reduce (media, 96);
  gst_peer_media_reject (media);
  g_assert (!gst_peer_media_is_active (media));
}

/* A description that is taken can be worked with to its end, and is still one
 * when it is written. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  GstSDPMessage *sdp = gst_peer_remote_description_parse (data, size);
  GstSDPMessage *answer, *again;
  g_autofree char *text = NULL;

  if (sdp != NULL && gst_peer_remote_description_mend (sdp, NULL)) {
    gst_peer_description_has_data (sdp);
    gst_sdp_message_copy (sdp, &answer);
    for (guint i = 0; i < gst_sdp_message_medias_len (answer); i++)
      look_at ((GstSDPMedia *)gst_sdp_message_get_media (answer, i),
          (size + i) % G_N_ELEMENTS (inputs));
    gst_peer_answer_keep_profiles (answer, sdp);
    gst_peer_answer_keep_profiles (sdp, answer);
    text = gst_sdp_message_as_text (answer);
    again = gst_peer_remote_description_parse ((guint8 *)text, strlen (text));
    g_assert (again != NULL);
    gst_sdp_message_free (again);
    gst_sdp_message_free (answer);
  }
  g_clear_pointer (&sdp, gst_sdp_message_free);

  return 0;
}
