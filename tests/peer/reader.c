/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* nicesrc, which reads what comes in for all streams and for the ICE agent. */

#include "inside.h"
#include "report.h"

#include <dlfcn.h>
#include <nice/agent.h>
#include <string.h>

#define EXPORT __attribute__ ((visibility ("default")))

typedef struct {
  NiceAgentRecvFunc func;
  GstElement *nicesrc;
} Reader;

static GMutex lock;
static GCond cond;
static GstElement *held; /* the nicesrc that is to be held up with a packet */
static NiceAgent *inside;
static gboolean stays;  /* whatever happens */
static gboolean may_go; /* its agent has been closed, or it is waited for */
static gboolean intact;

static void
let_go_if (gboolean condition)
{
  may_go |= condition && !stays;
  g_cond_broadcast (&cond);
}

/* On a nicesrc's thread. */
static void
hold_up (NiceAgent *agent, const char *packet, guint size)
{
  g_autofree char *copy = g_memdup2 (packet, size);

  inside = agent;
  g_cond_broadcast (&cond);
  while (!may_go)
    g_cond_wait (&cond, &lock);
  intact = memcmp (copy, packet, size) == 0;
  inside = NULL;
  held = NULL;
  g_cond_broadcast (&cond);
}

static void
on_packet (NiceAgent *agent, guint stream, guint component, guint size,
    char *packet, gpointer user_data)
{
  Reader *self = user_data;

  g_mutex_lock (&lock);
  if (held == self->nicesrc)
    hold_up (agent, packet, size);
  g_mutex_unlock (&lock);
  self->func (agent, stream, component, size, packet, self->nicesrc);
}

/* === the test's, for GStreamer and the plugin too === */

static void *
find_real (const char *name)
{
  void *real;

  /* Has the test itself linked with libnice. */
  g_type_ensure (NICE_TYPE_AGENT);
  real = dlsym (RTLD_NEXT, name);
  g_assert (real != NULL);

  return real;
}

EXPORT gboolean
nice_agent_attach_recv (NiceAgent *agent, guint stream, guint component,
    GMainContext *context, NiceAgentRecvFunc func, gpointer data)
{
  __typeof__ (nice_agent_attach_recv) *real =
      find_real ("nice_agent_attach_recv");
  Reader *reader;

  if (data == NULL)
    return real (agent, stream, component, context, func, data);

  reader = g_new0 (Reader, 1);
  reader->func = func;
  reader->nicesrc = data;
  g_object_set_data_full (data, "reader", reader, g_free);

  return real (agent, stream, component, context, on_packet, reader);
}

EXPORT GstStateChangeReturn
gst_element_set_state (GstElement *element, GstState state)
{
  __typeof__ (gst_element_set_state) *real =
      find_real ("gst_element_set_state");

  g_mutex_lock (&lock);
  let_go_if (element == held && state <= GST_STATE_READY);
  g_mutex_unlock (&lock);

  return real (element, state);
}

EXPORT void
nice_agent_close_async (
    NiceAgent *agent, GAsyncReadyCallback callback, gpointer data)
{
  __typeof__ (nice_agent_close_async) *real =
      find_real ("nice_agent_close_async");

  real (agent, callback, data);
  g_mutex_lock (&lock);
  let_go_if (agent == inside);
  g_mutex_unlock (&lock);
}

/* === a close while a packet is handed over: libnice calls without its lock, with
 * a buffer that belongs to the component === */

static void
hold (GstElement *nicesrc)
{
  g_mutex_lock (&lock);
  held = nicesrc;
  while (inside == NULL)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
}

static void
await_departure (void)
{
  g_mutex_lock (&lock);
  while (held != NULL)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
  ck_assert (intact);
}

GST_START_TEST (test_its_packet_outlasts_the_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstElement) nicesrc =
      dup_inside (peers->offerer->element, "nicesrc");
  g_autoptr (GstStructure) report = NULL;

  hold (nicesrc);
  report = peer_close (peers->offerer, NULL);
  assert_step (report, "ice", "done");
  await_departure ();
}
GST_END_TEST

/* As one does that is in an application's handler, which waits for the close. */
GST_START_TEST (test_one_that_stays_does_not_hold_the_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstElement) nicesrc =
      dup_inside (peers->offerer->element, "nicesrc");
  g_autoptr (GstStructure) report = NULL;

  stays = TRUE;
  hold (nicesrc);
  report = peer_close (peers->offerer, NULL);
  peer_assert_closed (peers->offerer);
  g_mutex_lock (&lock);
  ck_assert (held != NULL);
  stays = FALSE;
  let_go_if (TRUE);
  g_mutex_unlock (&lock);
  await_departure ();
}
GST_END_TEST

/* === a stream that nobody wants: what is behind a source pad has got enough, is
 * stopped before the element, or not there === */

static const GstFlowReturn refusals[] = { GST_FLOW_EOS, GST_FLOW_FLUSHING,
  GST_FLOW_NOT_LINKED };

static GstPadProbeReturn
refuse (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Peer *peer = user_data;

  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) =
      GPOINTER_TO_INT (g_object_get_data (G_OBJECT (pad), "refusal"));
  peer_log (peer, "refused");

  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
count (GstPad *pad, GstPadProbeInfo *info, gpointer peer)
{
  peer_log (peer, "packet");

  return GST_PAD_PROBE_OK;
}

static void
await_packets (Peer *peer)
{
  g_autoptr (GstElement) nicesrc = dup_inside (peer->element, "nicesrc");
  g_autoptr (GstPad) entrance = gst_element_get_static_pad (nicesrc, "src");

  peer_mark (peer);
  gst_pad_add_probe (entrance,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, count, peer,
      NULL);
  peer_await_nth (peer, "packet", 50);
}

GST_START_TEST (test_it_reads_on_for_the_others)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO | PEER_CHANNEL);
  Peer *peer = peers->answerer;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->element, "src_0");

  g_object_set_data (
      G_OBJECT (pad), "refusal", GINT_TO_POINTER (refusals[__i__]));
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, refuse, peer,
      NULL);
  peer_await (peer, "refused");
  await_packets (peer);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "there?");
  peer_await (peer, "channel:on-message-string=there?");
}
GST_END_TEST

static GstPadProbeReturn
tell_arrival (GstPad *pad, GstPadProbeInfo *info, gpointer peer)
{
  peer_log (peer, "arrived");

  return GST_PAD_PROBE_REMOVE;
}

GST_START_TEST (test_one_may_be_linked_later)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO | PEER_CHANNEL);
  Peer *peer = peers->answerer;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->element, "src_0");
  g_autoptr (GstPad) sink = gst_pad_get_peer (pad);

  gst_pad_unlink (pad, sink);
  await_packets (peer);
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "there?");
  peer_await (peer, "channel:on-message-string=there?");
  gst_pad_add_probe (sink,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, tell_arrival,
      peer, NULL);
  ck_assert_int_eq (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
  peer_await (peer, "arrived");
}
GST_END_TEST

static Suite *
reader_suite (void)
{
  Suite *suite = suite_create ("reader");
  TCase *reader = peers_tcase_create ("reader");

  suite_add_tcase (suite, reader);
  tcase_add_test (reader, test_its_packet_outlasts_the_close);
  tcase_add_test (reader, test_one_that_stays_does_not_hold_the_close);
  tcase_add_loop_test (
      reader, test_it_reads_on_for_the_others, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (reader, test_one_may_be_linked_later);

  return suite;
}

GST_CHECK_MAIN (reader);
