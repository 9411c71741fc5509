/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Wrong input is named, and nothing else happens. */

#include "report.h"

#include <gst/sdp/sdp.h>
#include <string.h>

static GError *
expect_error (GstElement *element, const char *action,
    GstWebRTCSessionDescription *description)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();
  const GstStructure *reply;
  GError *error = NULL;

  g_signal_emit_by_name (element, action, description, promise);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  reply = gst_promise_get_reply (promise);
  ck_assert_msg (reply != NULL && gst_structure_get (reply, "error",
                                      G_TYPE_ERROR, &error, NULL),
      "%s has no error to reply", action);

  return error;
}

/* A pair that is negotiated and connected, to be found so afterwards. */
static void
assert_unharmed (Peers *peers)
{
  peer_assert_state (peers->offerer, "signaling-state", "stable");
  peer_assert_state (peers->offerer, "connection-state", "connected");
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "unharmed");
  peer_await (peers->answerer, "channel:on-message-string=unharmed");
  ck_assert_uint_eq (peer_count (peers->offerer, "bus:error=*"), 0);
}

static GstWebRTCSessionDescription *
parse (GstWebRTCSDPType type, const char *text)
{
  GstSDPMessage *sdp;

  gst_sdp_message_new (&sdp);
  gst_sdp_message_parse_buffer ((const guint8 *)text, strlen (text), sdp);

  return gst_webrtc_session_description_new (type, sdp);
}

GST_START_TEST (test_malformed_descriptions)
{
  static const struct {
    const char *text;
    const char *named; /* in the message */
  } rows[] = {
    { "nonsense", "v=" },
    { "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n",
        "" },
  };
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstWebRTCSessionDescription) description =
        parse (GST_WEBRTC_SDP_TYPE_OFFER, rows[i].text);
    g_autoptr (GError) error = expect_error (
        peers->offerer->element, "set-remote-description", description);

    ck_assert_msg (strstr (error->message, rows[i].named) != NULL, "row %u: %s",
        i, error->message);
    assert_unharmed (peers);
  }
}
GST_END_TEST

GST_START_TEST (test_no_description)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (GError) error =
      expect_error (peers->offerer->element, "set-remote-description", NULL);

  ck_assert (
      g_error_matches (error, GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_TYPE_ERROR));
  assert_unharmed (peers);
}
GST_END_TEST

GST_START_TEST (test_answer_in_stable)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  g_autoptr (GError) error = NULL;

  g_object_get (
      peers->offerer->element, "remote-description", &description, NULL);
  ck_assert_int_eq (description->type, GST_WEBRTC_SDP_TYPE_ANSWER);
  error = expect_error (
      peers->offerer->element, "set-remote-description", description);
  ck_assert_msg (
      g_error_matches (error, GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_INVALID_STATE),
      "%s", error->message);
  ck_assert_msg (
      strstr (error->message, "state") != NULL, "%s", error->message);
  assert_unharmed (peers);
}
GST_END_TEST

GST_START_TEST (test_candidate_for_no_mline)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);

  g_signal_emit_by_name (peers->offerer->element, "add-ice-candidate", 7,
      "candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host");
  peer_await (peers->offerer, "bus:warning=*7*");
  assert_unharmed (peers);
}
GST_END_TEST

GST_START_TEST (test_properties_out_of_range)
{
  g_autoptr (GstElement) element =
      gst_element_factory_make ("peerconnection", NULL);
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (element), "close-timeout");
  guint timeout;

  for (guint i = 0; i < 2; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_UINT);
    g_value_set_uint (&value, i == 0 ? 9 : 600001);
    ck_assert (g_param_value_validate (spec, &value));
  }
  g_object_get (element, "close-timeout", &timeout, NULL);
  ck_assert_uint_eq (timeout, 2000);
}
GST_END_TEST

static Suite *
bad_input_suite (void)
{
  Suite *suite = suite_create ("bad-input");
  TCase *input = peers_tcase_create ("input");

  suite_add_tcase (suite, input);
  tcase_add_test (input, test_malformed_descriptions);
  tcase_add_test (input, test_no_description);
  tcase_add_test (input, test_answer_in_stable);
  tcase_add_test (input, test_candidate_for_no_mline);
  tcase_add_test (input, test_properties_out_of_range);

  return suite;
}

GST_CHECK_MAIN (bad_input);
