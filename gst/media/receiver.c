/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "receiver.h"

#include "codecs.h"
#include "data-outlet.h"
#include "outlet.h"
#include "remote-description.h"

#define NO_MLINE G_MAXUINT

/* Beyond the latency of the jitterbuffers, when the connection has closed. */
#define DRAIN_MARGIN 100 /* ms */

#define MAX_DRAIN 1000 /* ms */

typedef struct {
  GstPeerOutlet *outlet;
  guint mline;
  gboolean connected; /* the peer sends, guarded by the lock */
} Slot;

typedef struct {
  GstPeerSession *session; /* which this is a part of */
  GstPeerSrc *src;
  guint latency;       /* ms */
  guint media_timeout; /* ms; 0 when media is not waited for */
  gint64 opened;       /* monotonic time */

  GMutex lock;
  GArray *slots;   /* element-type Slot; grows before the connection has pads */
  GPtrArray *data; /* element-type GstPeerDataOutlet */
} Receiver;

static void
clear_slot (gpointer data)
{
  gst_peer_outlet_free (((Slot *)data)->outlet);
}

static Slot *
get_slot (Receiver *self, guint i)
{
  return &g_array_index (self->slots, Slot, i);
}

/* === what the connection has === */

static guint
get_mline (GstPad *pad)
{
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  guint mline = NO_MLINE;

  g_object_get (pad, "transceiver", &transceiver, NULL);
  if (transceiver != NULL)
    g_object_get (transceiver, "mlineindex", &mline, NULL);

  return mline;
}

/* webrtcbin knows the m-line by the SSRC, where the peer has named that, and
 * else takes the first one: then it is one of that medium that waits. */
static Slot *
take_connected (Receiver *self, GstPad *pad, const char *media)
{
  guint mline = get_mline (pad);
  Slot *found = NULL;

  for (guint i = 0; i < self->slots->len; i++) {
    Slot *slot = get_slot (self, i);

    if (slot->connected || slot->mline == NO_MLINE ||
        g_strcmp0 (gst_peer_outlet_get_media (slot->outlet), media) != 0)
      continue;
    if (found == NULL || slot->mline == mline)
      found = slot;
  }
  if (found != NULL)
    found->connected = TRUE;

  return found;
}

static void
connect_outlet (Receiver *self, GstPad *pad, const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstPeerOutlet *outlet = NULL;
  Slot *slot;

  g_mutex_lock (&self->lock);
  slot =
      take_connected (self, pad, gst_structure_get_string (structure, "media"));
  if (slot != NULL)
    outlet = slot->outlet;
  g_mutex_unlock (&self->lock);

  if (outlet != NULL)
    gst_peer_outlet_connect (outlet, gst_peer_session_get_bin (self->session),
        pad, gst_peer_codec_from_rtp (caps));
}

/* On a streaming thread. What comes is known when it comes. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  connect_outlet (user_data, pad, caps);

  return GST_PAD_PROBE_REMOVE;
}

/* On webrtcbin's thread. */
static void
on_pad_added (GstElement *connection, GstPad *pad, Receiver *self)
{
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

/* Retransmissions are asked for where they are offered. In create-answer, so
 * this has to be done on the spot. */
static void
on_new_transceiver (GstElement *connection,
    GstWebRTCRTPTransceiver *transceiver, Receiver *self)
{
  g_object_set (transceiver, "do-nack", TRUE, NULL);
}

/* On webrtcbin's thread. */
static void
on_data_channel (
    GstElement *connection, GstWebRTCDataChannel *channel, Receiver *self)
{
  GstPeerDataOutlet *outlet = gst_peer_data_outlet_new (self->src, channel);

  g_mutex_lock (&self->lock);
  for (guint i = self->data->len; i-- > 0;) {
    if (gst_peer_data_outlet_is_done (g_ptr_array_index (self->data, i)))
      g_ptr_array_remove_index_fast (self->data, i);
  }
  g_ptr_array_add (self->data, outlet);
  g_mutex_unlock (&self->lock);
}

static void
prepare_connection (Receiver *self)
{
  GstElement *connection = gst_peer_session_get_connection (self->session);

  g_object_set (connection, "latency", self->latency, NULL);
  g_signal_connect (connection, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (
      connection, "on-new-transceiver", G_CALLBACK (on_new_transceiver), self);
  g_signal_connect (
      connection, "on-data-channel", G_CALLBACK (on_data_channel), self);
}

/* === the end of all that it has === */

static gboolean
has_channels (Receiver *self)
{
  gboolean found = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->data->len && !found; i++)
    found = !gst_peer_data_outlet_is_done (g_ptr_array_index (self->data, i));
  g_mutex_unlock (&self->lock);

  return found;
}

static gboolean
has_media (Receiver *self)
{
  for (guint i = 0; i < self->slots->len; i++) {
    if (!gst_peer_outlet_has_ended (get_slot (self, i)->outlet))
      return TRUE;
  }

  return FALSE;
}

/* Who leaves may say no more than that each stream ends. */
static void
check_end (GstPeerSession *session)
{
  Receiver *self = gst_peer_session_get_media (session);

  if (!has_media (self) && !has_channels (self))
    gst_peer_session_close (session);
}

static void
on_outlet_ended (gpointer user_data)
{
  gst_peer_session_call (user_data, check_end);
}

static gint64
get_last (Receiver *self)
{
  gint64 last = self->opened;

  for (guint i = 0; i < self->slots->len; i++)
    last = MAX (last, gst_peer_outlet_get_last (get_slot (self, i)->outlet));

  return last;
}

/* Who plays from a server is not told by it that the publisher has gone. */
static void
check_media (GstPeerSession *session)
{
  Receiver *self = gst_peer_session_get_media (session);
  guint idle = (g_get_monotonic_time () - get_last (self)) / 1000;

  if (!has_media (self) || has_channels (self))
    idle = 0;
  if (idle < self->media_timeout) {
    gst_peer_session_set_timeout (
        session, self->media_timeout - idle, check_media);
    return;
  }

  GST_ELEMENT_WARNING (self->src, RESOURCE, READ,
      ("The peer has sent nothing for %u ms (media-timeout): its session ends.",
          self->media_timeout),
      (NULL));
  gst_peer_session_close (session);
}

static void
open_media (gpointer user_data)
{
  Receiver *self = user_data;

  self->opened = g_get_monotonic_time ();
  if (self->media_timeout > 0)
    gst_peer_session_set_timeout (
        self->session, self->media_timeout, check_media);
}

/* === slots === */

static gpointer
create (GstPeerSession *session, gpointer element)
{
  Receiver *self = g_new0 (Receiver, 1);

  self->session = session;
  self->src = GST_PEER_SRC (element);
  g_object_get (element, "latency", &self->latency, "media-timeout",
      &self->media_timeout, NULL);
  g_mutex_init (&self->lock);
  self->slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  g_array_set_clear_func (self->slots, clear_slot);
  self->data = g_ptr_array_new_with_free_func (
      (GDestroyNotify)gst_peer_data_outlet_free);
  prepare_connection (self);

  return self;
}

static void
receiver_free (gpointer user_data)
{
  Receiver *self = user_data;

  g_array_unref (self->slots);
  g_ptr_array_unref (self->data);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Slot *
add_slot (Receiver *self, const char *media, guint mline)
{
  Slot slot = {
    .outlet = gst_peer_outlet_new (
        self->src, media, self->latency, on_outlet_ended, self->session),
    .mline = mline,
  };

  g_array_append_val (self->slots, slot);

  return get_slot (self, self->slots->len - 1);
}

/* One that an offer of ours has had before, or a new one. */
static Slot *
take_slot (Receiver *self, const char *media, guint mline)
{
  for (guint i = 0; i < self->slots->len; i++) {
    Slot *slot = get_slot (self, i);

    if (slot->mline == NO_MLINE &&
        g_str_equal (gst_peer_outlet_get_media (slot->outlet), media)) {
      slot->mline = mline;
      return slot;
    }
  }

  return add_slot (self, media, mline);
}

/* === offers of ours === */

static gboolean
offer_medium (Receiver *self, const char *media, guint mline, GError **error)
{
  Slot *slot = add_slot (self, media, mline);
  g_autoptr (GstCaps) downstream =
      gst_peer_outlet_query_downstream (slot->outlet);
  g_autoptr (GstCaps) caps =
      gst_peer_codecs_make_receive (media, downstream, NULL);
  g_autofree char *mid = g_strdup_printf ("%u", mline);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  if (gst_caps_is_empty (caps)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "There is no %s codec that can be received in a form that is taken "
        "downstream.",
        media);
    return FALSE;
  }
  caps = gst_caps_make_writable (caps);
  gst_structure_set (
      gst_caps_get_structure (caps, 0), "a-mid", G_TYPE_STRING, mid, NULL);
  g_signal_emit_by_name (gst_peer_session_get_connection (self->session),
      "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps,
      &transceiver);
  g_object_set (transceiver, "do-nack", TRUE, NULL);

  return TRUE;
}

/* With a channel there can be those of the peer. This one is never opened, as it
 * is negotiated, and is far from their ids. */
static void
offer_data (Receiver *self)
{
  GstElement *connection = gst_peer_session_get_connection (self->session);
  g_autoptr (GstStructure) options = gst_structure_new ("options", "negotiated",
      G_TYPE_BOOLEAN, TRUE, "id", G_TYPE_INT, 1023, NULL);
  g_autoptr (GstWebRTCDataChannel) channel = NULL;

  gst_peer_session_prepare (self->session);
  g_signal_emit_by_name (
      connection, "create-data-channel", "", options, &channel);
}

static gboolean
offer (gpointer user_data, GError **error)
{
  Receiver *self = user_data;
  gboolean data_channels;

  if (!offer_medium (self, "video", 0, error) ||
      !offer_medium (self, "audio", 1, error))
    return FALSE;
  g_object_get (self->src, "data-channels", &data_channels, NULL);
  if (data_channels)
    offer_data (self);
  else
    gst_element_no_more_pads (GST_ELEMENT (self->src));

  return TRUE;
}

static gboolean
accept_answer (gpointer user_data, const GstSDPMessage *answer, GError **error)
{
  Receiver *self = user_data;
  guint n_active = 0;

  for (guint i = 0; i < self->slots->len; i++) {
    Slot *slot = get_slot (self, i);

    if (slot->mline < gst_sdp_message_medias_len (answer) &&
        gst_peer_media_sends (gst_sdp_message_get_media (answer, slot->mline)))
      n_active++;
    else
      gst_peer_outlet_end_unused (slot->outlet);
  }
  if (n_active > 0 || gst_peer_description_has_data (answer))
    return TRUE;

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "The endpoint sends nothing: there may be no codec that both sides "
      "have.");
  return FALSE;
}

/* === offers of the peer === */

static gboolean
answer_medium (Receiver *self, GstSDPMedia *media, guint mline)
{
  const char *kind = gst_sdp_media_get_media (media);
  gboolean is_video = g_strcmp0 (kind, "video") == 0;
  g_autoptr (GstCaps) downstream = NULL;
  guint payload_type;
  Slot *slot;

  if ((!is_video && g_strcmp0 (kind, "audio") != 0) ||
      !gst_peer_media_sends (media))
    return FALSE;
  slot = take_slot (self, is_video ? "video" : "audio", mline);
  downstream = gst_peer_outlet_query_downstream (slot->outlet);
  if (gst_peer_codecs_choose_receive (media, downstream, NULL, &payload_type) ==
      NULL) {
    gst_peer_media_reject (media);
    gst_peer_outlet_end_unused (slot->outlet);
    return FALSE;
  }
  gst_peer_media_reduce (media, payload_type);

  return TRUE;
}

/* A pad for each medium, whatever the peer has: a pipeline that is written for
 * both waits for both. */
static void
end_unused (Receiver *self)
{
  static const char *const media[] = { "video", "audio" };

  for (guint i = 0; i < G_N_ELEMENTS (media); i++) {
    gboolean used = FALSE;

    for (guint j = 0; j < self->slots->len; j++)
      used |=
          get_slot (self, j)->mline != NO_MLINE &&
          g_str_equal (
              gst_peer_outlet_get_media (get_slot (self, j)->outlet), media[i]);
    if (!used)
      gst_peer_outlet_end_unused (take_slot (self, media[i], NO_MLINE)->outlet);
  }
}

static gboolean
answer (gpointer user_data, GstSDPMessage *offer, GError **error)
{
  Receiver *self = user_data;
  guint n_taken = 0;

  /* When an offer of ours was turned down. */
  for (guint i = 0; i < self->slots->len; i++) {
    get_slot (self, i)->mline = NO_MLINE;
    get_slot (self, i)->connected = FALSE;
    gst_peer_outlet_disconnect (get_slot (self, i)->outlet);
  }
  if (self->slots->len > 0)
    prepare_connection (self);

  for (guint i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    if (answer_medium (
            self, (GstSDPMedia *)gst_sdp_message_get_media (offer, i), i))
      n_taken++;
  }
  if (n_taken > 0)
    end_unused (self);
  /* Else there is one more with each data channel. */
  if (!gst_peer_description_has_data (offer))
    gst_element_no_more_pads (GST_ELEMENT (self->src));
  if (n_taken > 0 || gst_peer_description_has_data (offer))
    return TRUE;

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "There is no codec that both sides have.");
  return FALSE;
}

/* === the connection === */

static void
close_media (gpointer user_data)
{
  Receiver *self = user_data;

  g_signal_handlers_disconnect_by_data (
      gst_peer_session_get_connection (self->session), self);
}

/* What has come is taken, and then the end of each pad: there are those
 * downstream who hold up one stream until all have ended (playbin), and whose
 * thread is held up cannot be stopped. */
static void
drain (gpointer user_data)
{
  Receiver *self = user_data;
  gint64 until =
      g_get_monotonic_time () +
      MIN (self->latency + DRAIN_MARGIN, MAX_DRAIN) * G_TIME_SPAN_MILLISECOND;

  for (guint i = 0; i < self->slots->len; i++)
    gst_peer_outlet_wait (get_slot (self, i)->outlet, until);
  for (guint i = 0; i < self->slots->len; i++)
    gst_peer_outlet_end (get_slot (self, i)->outlet);
}

static void
end (gpointer user_data)
{
  Receiver *self = user_data;

  for (guint i = 0; i < self->slots->len; i++)
    gst_peer_outlet_end (get_slot (self, i)->outlet);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->data->len; i++)
    gst_peer_data_outlet_end (g_ptr_array_index (self->data, i));
  g_mutex_unlock (&self->lock);
}

const GstPeerMedia gst_peer_receiver_media = {
  .create = create,
  .offer = offer,
  .answer = answer,
  .accept = accept_answer,
  .open = open_media,
  .close = close_media,
  .drain = drain,
  .end = end,
  .free = receiver_free,
};
