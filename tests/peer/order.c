/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The order of the close as the other side receives it: in front of its DTLS
 * decoders, in its RTP sessions, and in its SCTP association. */

#include "report.h"

#define MAX_SOCKETS 2
#define ANY_DATA (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)

/* What a peer has received through each of its sockets, a letter for a packet:
 * m RTP, c RTCP, d DTLS application data, which is SCTP, a DTLS alert. */
typedef struct {
  GMutex lock;
  Peer *peer;
  guint n_sockets;
  GString *received[MAX_SOCKETS];
} Wire;

typedef struct {
  Wire *wire;
  guint socket;
} Tap;

/* RFC 7983; 0 for what is no part of a close. */
static char
get_letter (guint8 first, guint8 second)
{
  if (first == 21)
    return 'a';
  if (first == 23)
    return 'd';
  if (first >= 128 && first <= 191)
    return second >= 192 && second <= 223 ? 'c' : 'm';
  return 0;
}

static gboolean
note_packet (GstBuffer **buffer, guint index, gpointer user_data)
{
  Tap *tap = user_data;
  guint8 head[2] = { 0, 0 };
  char letter;

  gst_buffer_extract (*buffer, 0, head, 2);
  letter = get_letter (head[0], head[1]);
  if (letter == 0)
    return TRUE;

  g_mutex_lock (&tap->wire->lock);
  g_string_append_c (tap->wire->received[tap->socket], letter);
  g_mutex_unlock (&tap->wire->lock);
  if (letter == 'a')
    peer_log (tap->wire->peer, "alert=%u", tap->socket);

  return TRUE;
}

/* RFC 9260, 3.1, 3.3.7, 3.3.10.12 */
static gboolean
note_sctp_packet (GstBuffer **buffer, guint index, gpointer user_data)
{
  Peer *peer = user_data;
  GstMapInfo map;

  gst_buffer_map (*buffer, &map, GST_MAP_READ);
  if (map.size >= 20 && map.data[12] == 6)
    peer_log (peer, "sctp=abort:%u:%.*s", GST_READ_UINT16_BE (map.data + 16),
        GST_READ_UINT16_BE (map.data + 18) - 4, map.data + 20);
  else
    peer_log (peer, "sctp=other");
  gst_buffer_unmap (*buffer, &map);

  return TRUE;
}

/* nicesrc has lists from libnice 0.1.22 on. */
static void
for_each_packet (
    GstPadProbeInfo *info, GstBufferListFunc func, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_DATA (info);

  if (GST_IS_BUFFER_LIST (buffer))
    gst_buffer_list_foreach ((GstBufferList *)buffer, func, user_data);
  else
    func (&buffer, 0, user_data);
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer tap)
{
  for_each_packet (info, note_packet, tap);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sctp_packet (GstPad *pad, GstPadProbeInfo *info, gpointer peer)
{
  for_each_packet (info, note_sctp_packet, peer);
  return GST_PAD_PROBE_OK;
}

static void
on_bye_ssrc (GstElement *rtpbin, guint session, guint ssrc, Peer *peer)
{
  peer_log (peer, "bye=%08x", ssrc);
}

static void
tap_socket (const GValue *item, gpointer user_data)
{
  Wire *self = user_data;
  g_autoptr (GstPad) src =
      gst_element_get_static_pad (g_value_get_object (item), "src");
  Tap *tap = g_new (Tap, 1);

  ck_assert_uint_lt (self->n_sockets, MAX_SOCKETS);
  *tap = (Tap){ self, self->n_sockets };
  self->received[self->n_sockets++] = g_string_new (NULL);
  gst_pad_add_probe (src, ANY_DATA, on_packet, tap, g_free);
}

/* Behind this pad is a queue, which a close of this side may cut. */
static void
tap_association (const GValue *item, gpointer peer)
{
  g_autoptr (GstPad) src =
      gst_element_get_static_pad (g_value_get_object (item), "data_src");

  gst_pad_add_probe (src, ANY_DATA, on_sctp_packet, peer, NULL);
}

static void
for_each (Peer *peer, const char *factory, GstIteratorForeachFunction func,
    gpointer data)
{
  GstIterator *iter = gst_bin_iterate_all_by_element_factory_name (
      GST_BIN (peer->element), factory);

  ck_assert_int_eq (gst_iterator_foreach (iter, func, data), GST_ITERATOR_DONE);
  gst_iterator_free (iter);
}

static Wire *
wire_new (Peer *peer)
{
  Wire *self = g_new0 (Wire, 1);
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (peer->element), "rtpbin");

  g_mutex_init (&self->lock);
  self->peer = peer;
  for_each (peer, "nicesrc", tap_socket, self);
  for_each (peer, "dtlssrtpdec", tap_association, peer);
  g_signal_connect (rtpbin, "on-bye-ssrc", G_CALLBACK (on_bye_ssrc), peer);

  return self;
}

/* To be freed after the peers, whose threads write to it. */
static void
wire_free (Wire *self)
{
  for (guint i = 0; i < self->n_sockets; i++)
    g_string_free (self->received[i], TRUE);
  g_mutex_clear (&self->lock);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wire, wire_free)

static void
assert_received (Wire *self, guint socket, const char *pattern)
{
  g_autofree char *received = NULL;

  g_mutex_lock (&self->lock);
  received = g_strdup (self->received[socket]->str);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (g_regex_match_simple (pattern, received, 0, 0),
      "socket %u: \"%s\" is not %s", socket, received, pattern);
}

/* What is sent through the sink pads; valid until the sender stops. */
static GArray *
get_sent_ssrcs (Peer *sender, guint n_streams)
{
  GArray *ssrcs = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < n_streams; i++) {
    g_autofree char *name = g_strdup_printf ("sink_%u", i);
    g_autoptr (GstPad) sink =
        gst_element_get_static_pad (sender->element, name);
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (sink);
    guint ssrc;

    ck_assert (gst_structure_get_uint (
        gst_caps_get_structure (caps, 0), "ssrc", &ssrc));
    g_array_append_val (ssrcs, ssrc);
  }

  return ssrcs;
}

/* Returns how many there were for one stream, at most. */
static guint
await_byes (Peer *peer, GArray *ssrcs)
{
  guint n_byes = 0;

  for (guint i = 0; i < ssrcs->len; i++) {
    g_autofree char *bye =
        g_strdup_printf ("bye=%08x", g_array_index (ssrcs, guint, i));

    peer_await (peer, bye);
    n_byes = MAX (n_byes, peer_count (peer, bye));
  }

  return n_byes;
}

/* What a step may take is a share of this, in ms: enough for a busy machine. */
#define TIMEOUT 10000

static void
end (Peers *peers, void (*how) (Peer *))
{
  g_object_set (peers->offerer->element, "close-timeout", TIMEOUT, NULL);
  how (peers->offerer);
}

/* Awaits the end of both sides. */
static void
await_end (Peers *peers)
{
  peer_await (peers->answerer, "bus:eos");
  gst_element_set_state (peers->offerer->pipeline, GST_STATE_NULL);
}

/* === ways to end === */

static void
end_by_close (Peer *peer)
{
  g_signal_emit_by_name (peer->element, "close", NULL);
}

static void
end_by_null (Peer *peer)
{
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
}

static void (*const ends[]) (
    Peer *) = { end_by_close, peer_send_eos, end_by_null };

/* An RTCP BYE for each stream and no RTP after the first one, the ABORT, the
 * alert, again if the answer takes long, and nothing after that. */
GST_START_TEST (test_bundled)
{
  g_autoptr (Wire) wire = NULL;
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GArray) ssrcs = NULL;
  Peer *other = peers->answerer;
  guint n_sctp, n_byes;

  wire = wire_new (other);
  ck_assert_uint_eq (wire->n_sockets, 1);
  ssrcs = get_sent_ssrcs (peers->offerer, 2);
  end (peers, ends[__i__]);
  peer_await (other, "alert=0");
  n_byes = await_byes (other, ssrcs);
  await_end (peers);
  assert_received (wire, 0, "^[mcd]*cd*cd+a+$");
  /* EOS on the first of two pads has ended that sender before. */
  ck_assert_uint_le (n_byes, ends[__i__] == peer_send_eos ? 2 : 1);

  /* The last of the data is the ABORT. */
  ck_assert_uint_eq (peer_count (other, "sctp=abort:12:close"), 1);
  n_sctp = peer_count (other, "sctp=*");
  ck_assert_int_eq (peer_await (other, "sctp=abort:*"),
      peer_await_nth (other, "sctp=*", n_sctp));
}
GST_END_TEST

/* As upstream does when its pads take nothing any more; until all that follows
 * from it is over. */
static void
send_eos (GstElement *element, GParamSpec *spec, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink_0");
  int n_refs = g_atomic_int_get (&G_OBJECT (pad)->ref_count);

  gst_pad_send_event (pad, gst_event_new_eos ());
  while (g_atomic_int_get (&G_OBJECT (pad)->ref_count) > n_refs)
    g_thread_yield ();
}

/* Each stream has one BYE all the same. */
GST_START_TEST (test_eos_of_one_pad_behind_the_close)
{
  g_autoptr (Wire) wire = NULL;
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GArray) ssrcs = NULL;
  Peer *other = peers->answerer;

  wire = wire_new (other);
  ssrcs = get_sent_ssrcs (peers->offerer, 2);
  g_signal_connect (peers->offerer->element, "notify::signaling-state",
      G_CALLBACK (send_eos), NULL);
  end (peers, end_by_close);
  peer_await (other, "alert=0");
  ck_assert_uint_eq (await_byes (other, ssrcs), 1);
  await_end (peers);
}
GST_END_TEST

/* Nor is the pipeline told the end before it has come. */
GST_START_TEST (test_eos_of_the_last_pad_behind_the_close)
{
  g_autoptr (Peers) peers = connect_peers (PEER_AUDIO | PEER_CHANNEL);
  Peer *peer = peers->offerer;

  g_object_set (peer->element, "close-on-eos", FALSE, NULL);
  g_signal_connect (
      peer->element, "notify::signaling-state", G_CALLBACK (send_eos), NULL);
  end (peers, end_by_close);
  ck_assert_int_ge (peer_await (peer, "bus:eos"),
      peer_await (peer, "bus:element=peerconnection-closed"));
  await_end (peers);
}
GST_END_TEST

GST_START_TEST (test_unbundled)
{
  g_autoptr (Wire) wire = NULL;
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  g_autoptr (GArray) ssrcs = NULL;
  Peer *other = peers->answerer;

  peers_add (peers, PEER_AUDIO | PEER_VIDEO);
  peers_connect (peers);
  wire = wire_new (other);
  ck_assert_uint_eq (wire->n_sockets, 2);
  ssrcs = get_sent_ssrcs (peers->offerer, 2);
  end (peers, ends[__i__]);
  peer_await (other, "alert=0");
  peer_await (other, "alert=1");
  await_byes (other, ssrcs);
  await_end (peers);
  assert_received (wire, 0, "^[mc]*ca+$");
  assert_received (wire, 1, "^[mc]*ca+$");
}
GST_END_TEST

GST_START_TEST (test_channel_only)
{
  g_autoptr (Wire) wire = NULL;
  g_autoptr (Peers) peers = connect_peers (PEER_CHANNEL);
  Peer *other = peers->answerer;

  wire = wire_new (other);
  end (peers, ends[__i__]);
  peer_await (other, "alert=0");
  await_end (peers);
  /* An RTP session has its reports even when it has no streams. */
  assert_received (wire, 0, "^[cd]*da+$");
  ck_assert_uint_eq (peer_count (other, "sctp=abort:12:close"), 1);
}
GST_END_TEST

/* A peer that is told says that it was, on each transport. */
GST_START_TEST (test_close_notify_is_answered)
{
  g_autoptr (Wire) wire = NULL;
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");

  peers_add (peers, PEER_AUDIO | PEER_VIDEO);
  peers_connect (peers);
  wire = wire_new (peers->offerer);
  end_by_close (peers->offerer);
  peer_await (peers->offerer, "alert=0");
  peer_await (peers->offerer, "alert=1");
}
GST_END_TEST

static Suite *
order_suite (void)
{
  Suite *suite = suite_create ("order");
  TCase *wire = peers_tcase_create ("wire");

  suite_add_tcase (suite, wire);
  tcase_add_loop_test (wire, test_bundled, 0, G_N_ELEMENTS (ends));
  tcase_add_test (wire, test_eos_of_one_pad_behind_the_close);
  tcase_add_test (wire, test_eos_of_the_last_pad_behind_the_close);
  tcase_add_loop_test (wire, test_unbundled, 0, G_N_ELEMENTS (ends));
  tcase_add_loop_test (wire, test_channel_only, 0, G_N_ELEMENTS (ends));
  tcase_add_test (wire, test_close_notify_is_answered);

  return suite;
}

GST_CHECK_MAIN (order);
