/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "remote-description.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"

#define DATA(port) "m=application " port " UDP/DTLS/SCTP webrtc-datachannel\r\n"

static GstSDPMessage *
parse (const char *text)
{
  GstSDPMessage *sdp;

  gst_sdp_message_new (&sdp);
  ck_assert_int_eq (
      gst_sdp_message_parse_buffer ((const guint8 *)text, strlen (text), sdp),
      GST_SDP_OK);

  return sdp;
}

static const char *
get_mid (const GstSDPMessage *sdp, guint i)
{
  return gst_sdp_media_get_attribute_val (
      gst_sdp_message_get_media (sdp, i), "mid");
}

static const struct {
  const char *text;
  gsize size; /* 0: all of it */
  gboolean is;
} texts[] = {
  { HEAD VIDEO, 0, TRUE },
  { HEAD "a=x:\xc3\xa4\r\n" VIDEO, 0, TRUE },
  { "", 0, FALSE },
  { "v=nothing", 0, FALSE },
  { HEAD, 0, FALSE },
  { HEAD "a=x:\xe4\r\n" VIDEO, 0, FALSE },
  { HEAD "m=vid\xff 9 UDP/TLS/RTP/SAVPF 96\r\n", 0, FALSE },
  { HEAD VIDEO "\0", sizeof (HEAD VIDEO), FALSE },
};

GST_START_TEST (test_texts)
{
  const char *text = texts[__i__].text;
  gsize size = texts[__i__].size > 0 ? texts[__i__].size : strlen (text);
  GstSDPMessage *sdp =
      gst_peer_remote_description_parse ((const guint8 *)text, size);

  ck_assert_msg ((sdp != NULL) == texts[__i__].is, "%s", text);
  g_clear_pointer (&sdp, gst_sdp_message_free);
}
GST_END_TEST

GST_START_TEST (test_missing_mids_are_given)
{
  GstSDPMessage *sdp = parse (HEAD VIDEO "a=mid:v\r\n" VIDEO);

  ck_assert (gst_peer_remote_description_mend (sdp, NULL));
  ck_assert_str_eq (get_mid (sdp, 0), "v");
  ck_assert_str_eq (get_mid (sdp, 1), "1");
  gst_sdp_message_free (sdp);
}
GST_END_TEST

GST_START_TEST (test_no_media_and_too_many_are_refused)
{
  g_autoptr (GString) text = g_string_new (HEAD);
  g_autoptr (GError) none = NULL;
  g_autoptr (GError) many = NULL;
  GstSDPMessage *sdp = parse (text->str);

  ck_assert (!gst_peer_remote_description_mend (sdp, &none));
  ck_assert (none != NULL);
  gst_sdp_message_free (sdp);

  for (guint i = 0; i <= GST_PEER_MAX_MLINES; i++)
    g_string_append (text, VIDEO);
  sdp = parse (text->str);
  ck_assert (!gst_peer_remote_description_mend (sdp, &many));
  ck_assert (many != NULL);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

static const struct {
  const char *media;
  gboolean is_active;
  gboolean sends;
  gboolean receives;
} media[] = {
  { VIDEO, TRUE, TRUE, TRUE },
  { VIDEO "a=sendrecv\r\n", TRUE, TRUE, TRUE },
  { VIDEO "a=sendonly\r\n", TRUE, TRUE, FALSE },
  { VIDEO "a=recvonly\r\n", TRUE, FALSE, TRUE },
  { VIDEO "a=inactive\r\n", FALSE, FALSE, FALSE },
  { "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", FALSE, FALSE, FALSE },
  { "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\n", TRUE, TRUE, TRUE },
};

GST_START_TEST (test_what_a_medium_says_of_itself)
{
  g_autofree char *text = g_strconcat (HEAD, media[__i__].media, NULL);
  GstSDPMessage *sdp = parse (text);
  const GstSDPMedia *first = gst_sdp_message_get_media (sdp, 0);

  ck_assert_int_eq (gst_peer_media_is_active (first), media[__i__].is_active);
  ck_assert_int_eq (gst_peer_media_sends (first), media[__i__].sends);
  ck_assert_int_eq (gst_peer_media_receives (first), media[__i__].receives);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

static const struct {
  const char *offered;
  const char *answered;
  const char *said;
} profiles[] = {
  { "packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1",
      "96 packetization-mode=1;profile-level-id=42e01f" },
  { "profile-level-id=42e01f;packetization-mode=1", "packetization-mode=1",
      "96 packetization-mode=1;profile-level-id=42e01f" },
  { "profile-level-id=42e01f", "profile-level-id=42001f",
      "96 profile-level-id=42001f" },
  { "packetization-mode=1", "packetization-mode=1", "96 packetization-mode=1" },
};

static const struct {
  const char *text;
  gboolean has_data;
} descriptions[] = {
  { HEAD VIDEO, FALSE },
  { HEAD VIDEO DATA ("9"), TRUE },
  { HEAD DATA ("0"), FALSE },
  { HEAD DATA ("0") "a=bundle-only\r\n", TRUE },
};

GST_START_TEST (test_where_there_can_be_data_channels)
{
  GstSDPMessage *sdp = parse (descriptions[__i__].text);

  ck_assert_int_eq (
      gst_peer_description_has_data (sdp), descriptions[__i__].has_data);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

GST_START_TEST (test_an_answer_keeps_the_profile)
{
  g_autofree char *offer = g_strconcat (HEAD VIDEO "a=fmtp:97 apt=96\r\n"
                                                   "a=fmtp:96 ",
      profiles[__i__].offered, "\r\n", NULL);
  g_autofree char *answer = g_strconcat (
      HEAD VIDEO "a=fmtp:96 ", profiles[__i__].answered, "\r\n", NULL);
  GstSDPMessage *ours = parse (answer);
  GstSDPMessage *theirs = parse (offer);

  gst_peer_answer_keep_profiles (ours, theirs);
  ck_assert_str_eq (gst_sdp_media_get_attribute_val (
                        gst_sdp_message_get_media (ours, 0), "fmtp"),
      profiles[__i__].said);
  gst_sdp_message_free (ours);
  gst_sdp_message_free (theirs);
}
GST_END_TEST

static const struct {
  guint taken;
  const char *left; /* as text of the m-line */
} reductions[] = {
  { 96, "96 97" },
  { 98, "98" },
  { 0, "0 100" },
};

GST_START_TEST (test_one_payload_type_is_left)
{
  GstSDPMessage *sdp =
      parse (HEAD "m=video 9 UDP/TLS/RTP/SAVPF 0 98 96 97 99 100\r\n"
                  "a=rtpmap:96 VP8/90000\r\n"
                  "a=rtpmap:97 RTX/90000\r\na=fmtp:97 apt=96\r\n"
                  "a=rtpmap:98 H264/90000\r\n"
                  "a=rtpmap:99 RTX/90000\r\na=fmtp:99 apt=1\r\n"
                  "a=rtpmap:100 RTX/90000\r\na=fmtp:100 apt=0\r\n");
  GstSDPMedia *video = (GstSDPMedia *)gst_sdp_message_get_media (sdp, 0);
  g_autoptr (GString) left = g_string_new (NULL);

  gst_peer_media_reduce (video, reductions[__i__].taken);
  for (guint i = 0; i < gst_sdp_media_formats_len (video); i++)
    g_string_append_printf (
        left, "%s%s", i > 0 ? " " : "", gst_sdp_media_get_format (video, i));
  ck_assert_str_eq (left->str, reductions[__i__].left);
  gst_sdp_message_free (sdp);
}
GST_END_TEST

GST_START_TEST (test_what_is_rejected_sends_nothing)
{
  GstSDPMessage *sdp = parse (HEAD VIDEO "a=sendonly\r\na=sendrecv\r\n");
  GstSDPMedia *video = (GstSDPMedia *)gst_sdp_message_get_media (sdp, 0);

  ck_assert (gst_peer_media_sends (video));
  gst_peer_media_reject (video);
  ck_assert (!gst_peer_media_sends (video));
  ck_assert (!gst_peer_media_receives (video));
  gst_sdp_message_free (sdp);
}
GST_END_TEST

static Suite *
remote_description_suite (void)
{
  Suite *suite = suite_create ("remote-description");
  TCase *tcase = tcase_create ("remote-description");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_texts, 0, G_N_ELEMENTS (texts));
  tcase_add_test (tcase, test_missing_mids_are_given);
  tcase_add_test (tcase, test_no_media_and_too_many_are_refused);
  tcase_add_loop_test (
      tcase, test_what_a_medium_says_of_itself, 0, G_N_ELEMENTS (media));
  tcase_add_loop_test (tcase, test_where_there_can_be_data_channels, 0,
      G_N_ELEMENTS (descriptions));
  tcase_add_loop_test (
      tcase, test_an_answer_keeps_the_profile, 0, G_N_ELEMENTS (profiles));
  tcase_add_loop_test (
      tcase, test_one_payload_type_is_left, 0, G_N_ELEMENTS (reductions));
  tcase_add_test (tcase, test_what_is_rejected_sends_nothing);

  return suite;
}

GST_CHECK_MAIN (remote_description);
