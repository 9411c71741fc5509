/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Before, between and after connections: reuse, removal, errors. */

#include "report.h"
#include "stream-starts.h"

#include <gst/check/gsttestclock.h>

static void
reconnect (Peers *peers)
{
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);
  peers_play (peers);
  peer_assert_state (peers->offerer, "signaling-state", "stable");
  peer_assert_state (peers->offerer, "connection-state", "new");
  peer_assert_state (peers->offerer, "ice-connection-state", "new");
  peers_negotiate (peers, peers->offerer);
  peer_await (peers->offerer, "connection-state=connected");
  peer_await (peers->answerer, "connection-state=connected");
  peer_await (peers->answerer, "buffer=src_0");
}

/* After NULL the element is a new peer connection, with the same pads. */
GST_START_TEST (test_reuse)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO);
  guint latency;

  g_object_set (peers->offerer->element, "latency", 40, NULL);
  for (guint i = 0; i < 3; i++) {
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
    gst_element_set_state (peers->answerer->pipeline, GST_STATE_NULL);
    peer_assert_closed (peers->offerer);
    reconnect (peers);
  }
  g_object_get (peers->offerer->element, "latency", &latency, NULL);
  ck_assert_uint_eq (latency, 40);
}
GST_END_TEST

/* The same remote, at once: only this side starts anew. */
GST_START_TEST (test_reuse_after_signal)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO);

  close_peer (peers->offerer);
  peer_await (peers->answerer, "bus:element=peerconnection-closed");
  gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
  gst_element_set_state (peers->answerer->pipeline, GST_STATE_NULL);
  reconnect (peers);
  ck_assert_uint_eq (
      peer_count (peers->offerer, "bus:element=peerconnection-closed"), 0);
}
GST_END_TEST

/* Once in each life, whatever the sinks inside do. */
GST_START_TEST (test_streams_begin_once)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  gint both, none;

  bundle (peers);
  stream_starts_watch (peers->offerer->element, &both);
  stream_starts_watch (peers->answerer->element, &none);
  peer_add (peers->offerer, PEER_AUDIO | PEER_VIDEO);
  for (gint i = 1; i < 3; i++) {
    peers_play (peers);
    ck_assert_int_eq (g_atomic_int_get (&both), i);
    ck_assert_int_eq (g_atomic_int_get (&none), i);
    peers_negotiate (peers, peers->offerer);
    peer_await (peers->answerer, "buffer=src_0");
    peer_await (peers->answerer, "buffer=src_1");
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
    gst_element_set_state (peers->answerer->pipeline, GST_STATE_NULL);
    ck_assert_int_eq (g_atomic_int_get (&both), i);
    ck_assert_int_eq (g_atomic_int_get (&none), i);
    peer_mark (peers->offerer);
    peer_mark (peers->answerer);
  }
}
GST_END_TEST

/* A weak reference would say so before: when it is disposed of. */
static void
on_finalized (gpointer user_data)
{
  peer_log (user_data, "finalized");
}

/* The last reference of the application is dropped on an element that is still
 * PLAYING. A job of the element's own thread may have one for its time. */
GST_START_TEST (test_dispose)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  GstElement *element = peers->offerer->element;

  gst_bin_remove (GST_BIN (peers->offerer->pipeline), element);
  peers->offerer->element =
      gst_object_ref_sink (gst_element_factory_make ("peerconnection", NULL));
  g_object_set_data_full (
      G_OBJECT (element), "peer", peers->offerer, on_finalized);
  gst_object_unref (element);
  peer_await (peers->answerer, "channel:on-close");
  peer_await (peers->offerer, "finalized");
}
GST_END_TEST

/* Removed, it works on, for which rtpsession needs a clock. */
GST_START_TEST (test_removed)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO);
  Peer *peer = peers->offerer;
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (peer->element), "rtpbin");

  gst_bin_remove (GST_BIN (peer->pipeline), peer->element);
  ck_assert (GST_ELEMENT_CLOCK (rtpbin) != NULL);
  close_peer (peer);
  gst_element_set_state (peer->element, GST_STATE_NULL);
}
GST_END_TEST

/* An ERROR from inside is the end of the connection as well. */
GST_START_TEST (test_error)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (GstElement) child =
      gst_bin_get_by_name (GST_BIN (peers->offerer->element), "webrtcbin");

  GST_ELEMENT_ERROR (child, RESOURCE, FAILED, ("on purpose"), (NULL));
  peer_await (peers->offerer, "bus:error=*on purpose*");
  peer_await (peers->offerer, "bus:element=peerconnection-closed");
  assert_reason (peers->offerer, "error");
  peer_await (peers->answerer, "channel:on-close");
}
GST_END_TEST

/* PLAYING, PAUSED and back is no end. */
GST_START_TEST (test_pause)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

  for (guint i = 0; i < 5; i++) {
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_PAUSED);
    gst_element_set_state (peers->offerer->pipeline, GST_STATE_PLAYING);
  }
  gst_webrtc_data_channel_send_string (peers->offerer->channel, "back");
  peer_await (peers->answerer, "channel:on-message-string=back");
  peer_assert_state (peers->offerer, "connection-state", "connected");
}
GST_END_TEST

static void
stay_until_stopped (GstElement *element, GParamSpec *pspec, Peer *peer)
{
  peer_log (peer, "in-handler");
  peer_await (peer, "stopped");
}

/* A close that an application holds up has kept the webrtcbin playing, but NULL
 * is NULL. */
GST_START_TEST (test_null_in_spite_of_an_overdue_close)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  Peer *peer = peers->offerer;
  g_autoptr (GstElement) child =
      gst_bin_get_by_name (GST_BIN (peer->element), "webrtcbin");

  g_object_set (peer->element, "close-timeout", 100, NULL);
  g_signal_connect (peer->element, "notify::signaling-state",
      G_CALLBACK (stay_until_stopped), peer);
  gst_element_send_event (peer->element, gst_event_new_eos ());
  peer_await (peer, "in-handler");
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
  ck_assert_int_eq (GST_STATE (child), GST_STATE_NULL);
  peer_log (peer, "stopped");
}
GST_END_TEST

GST_START_TEST (test_release_pad)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstStructure) report = NULL;
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (peers->offerer->element, "sink_1");
  g_autoptr (GstPad) upstream = gst_pad_get_peer (pad);

  gst_pad_unlink (upstream, pad);
  gst_element_release_request_pad (peers->offerer->element, pad);
  report = peer_close (peers->offerer, NULL);
  assert_all_told (report);
}
GST_END_TEST

/* Nothing is left of a connection that has been: the element goes with its last
 * reference, the webrtcbin with what the close held of it. */
typedef struct {
  GMutex lock;
  GCond cond;
  guint left;
} Gone;

static void
on_gone (gpointer data)
{
  Gone *gone = data;

  g_mutex_lock (&gone->lock);
  gone->left--;
  g_cond_signal (&gone->cond);
  g_mutex_unlock (&gone->lock);
}

static void
watch (GstElement *element, Gone *gone)
{
  g_autoptr (GstElement) child =
      gst_bin_get_by_name (GST_BIN (element), "webrtcbin");

  g_object_set_data_full (G_OBJECT (element), "gone", gone, on_gone);
  g_object_set_data_full (G_OBJECT (child), "gone", gone, on_gone);
  gone->left += 2;
}

GST_START_TEST (test_nothing_is_left)
{
  Gone gone = { .left = 0 };
  gint64 end = g_get_monotonic_time () + PEERS_WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_init (&gone.lock);
  g_cond_init (&gone.cond);
  {
    g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

    watch (peers->offerer->element, &gone);
    watch (peers->answerer->element, &gone);
    if (__i__ == 0)
      close_peer (peers->offerer);
    else
      peer_send_eos (peers->offerer);
    peer_await (peers->answerer, "bus:element=peerconnection-closed");
  }
  g_mutex_lock (&gone.lock);
  while (gone.left > 0 && in_time)
    in_time = g_cond_wait_until (&gone.cond, &gone.lock, end);
  g_mutex_unlock (&gone.lock);
  ck_assert_msg (in_time, "%u of 4 objects are left", gone.left);
}
GST_END_TEST

/* === the thread that DTLS ends on === */

typedef struct {
  GMutex lock;
  GCond cond;
  GThread *clock;
  guint there; /* what was freed there */
  guint elsewhere;
} Freed;

static gboolean
on_clock (GstClock *clock, GstClockTime time, GstClockID id, gpointer data)
{
  Freed *self = data;

  g_mutex_lock (&self->lock);
  self->clock = g_thread_self ();
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

static void
find_clock_thread (Freed *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID id =
      gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock));

  gst_clock_id_wait_async (id, on_clock, self, NULL);
  g_mutex_lock (&self->lock);
  while (self->clock == NULL)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  gst_clock_id_unref (id);
}

static void
on_dtls_freed (gpointer data)
{
  Freed *self = data;

  g_mutex_lock (&self->lock);
  if (g_thread_self () == self->clock)
    self->there++;
  else
    self->elsewhere++;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static guint
watch_dtls (GstElement *element, const char *factory, Freed *freed)
{
  g_autoptr (GstIterator) elements =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (element), factory);
  g_auto (GValue) value = G_VALUE_INIT;
  guint n = 0;

  for (; gst_iterator_next (elements, &value) == GST_ITERATOR_OK; n++) {
    g_object_set_data_full (
        g_value_get_object (&value), "freed", freed, on_dtls_freed);
    g_value_reset (&value);
  }

  return n;
}

/* What has a handler of a DTLS connection is freed on the thread that may free
 * that: each would look into the other, without a lock. */
GST_START_TEST (test_dtls_is_freed_on_one_thread)
{
  Freed freed = { .there = 0 };
  guint n = 0;

  find_clock_thread (&freed);
  {
    g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

    n += watch_dtls (peers->offerer->element, "dtlsdec", &freed);
    n += watch_dtls (peers->offerer->element, "dtlsenc", &freed);
    close_peer (peers->offerer);
  }
  g_mutex_lock (&freed.lock);
  while (freed.there + freed.elsewhere < n)
    g_cond_wait (&freed.cond, &freed.lock);
  g_mutex_unlock (&freed.lock);
  ck_assert_uint_ge (n, 2);
  ck_assert_uint_eq (freed.elsewhere, 0);
}
GST_END_TEST

/* At the end of a process there is no such thread any more, and the clock drops
 * what it was to do. */
GST_START_TEST (test_dtls_is_freed_with_the_clock)
{
  Freed freed = { .there = 0 };
  g_autoptr (GstClock) clock = gst_test_clock_new ();
  guint n = 0;

  {
    g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);

    n += watch_dtls (peers->offerer->element, "dtlsdec", &freed);
    n += watch_dtls (peers->offerer->element, "dtlsenc", &freed);
    close_peer (peers->offerer);
    close_peer (peers->answerer);
    gst_system_clock_set_default (clock);
  }
  gst_test_clock_wait_for_multiple_pending_ids (
      GST_TEST_CLOCK (clock), 2, NULL);
  gst_system_clock_set_default (NULL);
  ck_assert_uint_ge (n, 2);
  ck_assert_uint_eq (freed.there + freed.elsewhere, 0);
  gst_clear_object (&clock);
  ck_assert_uint_eq (freed.there + freed.elsewhere, n);
}
GST_END_TEST

/* Gathering goes on for as long as its servers take: for UPnP, libnice waits
 * 200 ms. The ICE agent may say so when the rest is gone already, here for
 * certain, as an application holds the agent. */
GST_START_TEST (test_gathering_ends_late)
{
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;
  guint stream = 1;

  g_object_get (peers->offerer->element, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  close_peer (peers->offerer);
  g_clear_pointer (&peers, peers_free);
  g_signal_emit_by_name (agent, "candidate-gathering-done", stream);
}
GST_END_TEST

/* webrtcbin adds elements on a thread of its own, which may be when it goes to
 * NULL, and then does not stop them. Here that is done for it. */
static GstBusSyncReply
add_straggler (GstBus *bus, GstMessage *message, gpointer straggler)
{
  GstObject *source = GST_MESSAGE_SRC (message);
  GstState state;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STATE_CHANGED &&
      g_str_equal (GST_OBJECT_NAME (source), "webrtcbin")) {
    gst_message_parse_state_changed (message, NULL, &state, NULL);
    if (state == GST_STATE_NULL) {
      gst_bin_add (GST_BIN (source), straggler);
      gst_element_set_state (straggler, GST_STATE_PLAYING);
    }
  }
  gst_message_unref (message);

  return GST_BUS_DROP;
}

GST_START_TEST (test_nothing_plays_in_null)
{
  g_autoptr (GstElement) element =
      gst_object_ref_sink (gst_element_factory_make ("peerconnection", NULL));
  g_autoptr (GstElement) straggler =
      gst_object_ref_sink (gst_element_factory_make ("fakesrc", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (element, bus);
  gst_bus_set_sync_handler (bus, add_straggler, straggler, NULL);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_element_set_state (element, GST_STATE_NULL);
  ck_assert (GST_OBJECT_PARENT (straggler) != NULL);
  ck_assert_int_eq (GST_STATE (straggler), GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}
GST_END_TEST

static Suite *
life_suite (void)
{
  Suite *suite = suite_create ("life");
  TCase *lives = peers_tcase_create ("lives");

  suite_add_tcase (suite, lives);
  tcase_add_test (lives, test_reuse);
  tcase_add_test (lives, test_reuse_after_signal);
  tcase_add_test (lives, test_streams_begin_once);
  tcase_add_test (lives, test_dispose);
  tcase_add_test (lives, test_removed);
  tcase_add_test (lives, test_error);
  tcase_add_test (lives, test_pause);
  tcase_add_test (lives, test_null_in_spite_of_an_overdue_close);
  tcase_add_test (lives, test_release_pad);
  tcase_add_test (lives, test_gathering_ends_late);
  tcase_add_test (lives, test_nothing_plays_in_null);
  tcase_add_loop_test (lives, test_nothing_is_left, 0, 2);
  tcase_add_test (lives, test_dtls_is_freed_on_one_thread);
  tcase_add_test (lives, test_dtls_is_freed_with_the_clock);

  return suite;
}

GST_CHECK_MAIN (life);
