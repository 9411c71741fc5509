/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Being closed on: the signs of it inside webrtcbin, which webrtcbin itself
 * does not follow up. Each sign comes on a streaming thread and is handled on
 * the element's loop. */

#include "remote.h"

#include "channels.h"
#include "child.h"
#include "close.h"
#include "delivery.h"
#include "insides.h"
#include "pads.h"
#include "peerconnection-private.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

typedef struct {
  GstPeerConnection *element;
  GstElement *child; /* the one that showed the sign */
  guint32 ssrc;
} Sign;

static void
sign_free (gpointer data)
{
  Sign *sign = data;

  gst_object_unref (sign->element);
  gst_object_unref (sign->child);
  g_free (sign);
}

/* Posts @func to the loop. Nothing that a closed connection hears matters. */
static void
follow_up (GstPeerConnection *element, GSourceFunc func, guint32 ssrc)
{
  Sign *sign;

  if (gst_peer_states_is_closed (element))
    return;

  sign = g_new0 (Sign, 1);
  sign->element = gst_object_ref (element);
  sign->child = gst_peer_child_dup (element);
  sign->ssrc = ssrc;
  gst_peer_loop_call (element->loop, func, sign, sign_free);
}

static gboolean
is_stale (Sign *sign)
{
  return gst_peer_states_is_closed (sign->element) ||
         g_atomic_pointer_get (&sign->element->child) != sign->child;
}

static void
fail_channels (GstPeerConnection *element, const char *what)
{
  g_autoptr (GError) error =
      g_error_new (GST_WEBRTC_ERROR, GST_WEBRTC_ERROR_SCTP_FAILURE, "%s", what);

  gst_peer_channels_fail (element, error);
}

/* A close_notify is the end of the connection: its keys are gone. */
static gboolean
end_connection (gpointer data)
{
  Sign *sign = data;
  g_autoptr (GPtrArray) transports = NULL;

  if (is_stale (sign))
    return G_SOURCE_REMOVE;

  transports = gst_peer_insides_transports (sign->child);
  for (guint i = 0; i < transports->len; i++) {
    if (gst_peer_transport_is_connected (g_ptr_array_index (transports, i)))
      return G_SOURCE_REMOVE;
  }

  GST_INFO_OBJECT (sign->element, "the peer has closed the connection");
  fail_channels (sign->element, "the peer has closed the connection");
  gst_peer_close (sign->element, GST_PEER_CLOSE_REMOTE, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
end_channels (gpointer data)
{
  Sign *sign = data;

  if (!is_stale (sign)) {
    GST_INFO_OBJECT (sign->element, "the peer has aborted the association");
    fail_channels (sign->element, "the peer has aborted the association");
  }

  return G_SOURCE_REMOVE;
}

static gboolean
end_stream (gpointer data)
{
  Sign *sign = data;

  if (!is_stale (sign)) {
    GST_INFO_OBJECT (sign->element, "BYE of %08x", sign->ssrc);
    gst_peer_pads_end_ssrc (sign->element, sign->ssrc);
  }

  return G_SOURCE_REMOVE;
}

static void
on_dtls_state (
    GstElement *decoder, GParamSpec *pspec, GstPeerConnection *element)
{
  g_auto (GValue) state = G_VALUE_INIT;
  const GEnumValue *value;

  g_object_get_property (G_OBJECT (decoder), "connection-state", &state);
  value = g_enum_get_value (
      g_type_class_peek (G_VALUE_TYPE (&state)), g_value_get_enum (&state));
  if (value != NULL && g_str_equal (value->value_nick, "closed"))
    follow_up (element, end_connection, 0);
  gst_peer_close_on_dtls (element);
}

static void
on_bye_ssrc (
    GstElement *rtpbin, guint session, guint ssrc, GstPeerConnection *element)
{
  follow_up (element, end_stream, ssrc);
}

static void
on_association (
    GstElement *encoder, gboolean established, GstPeerConnection *element)
{
  if (established) {
    gst_peer_insides_keep_association (encoder);
    gst_peer_delivery_watch (encoder);
  }
  g_atomic_int_set (&element->sctp_established, established);
}

/* Under webrtcbin's lock, on whichever thread adds the element. An association's
 * decoder comes before its encoder, and neither starts before there is DTLS. */
static void
on_deep_element_added (
    GstBin *child, GstBin *bin, GstElement *added, GstPeerConnection *element)
{
  if (gst_peer_insides_is (GST_OBJECT (added), "dtlsdec")) {
    gst_peer_insides_keep_dtls (GST_ELEMENT (child), added);
    g_signal_connect_object (added, "notify::connection-state",
        G_CALLBACK (on_dtls_state), element, 0);
  } else if (gst_peer_insides_is (GST_OBJECT (added), "dtlsenc"))
    gst_peer_insides_keep_dtls (GST_ELEMENT (child), added);
  else if (gst_peer_insides_is (GST_OBJECT (added), "nicesink") ||
           gst_peer_insides_is (GST_OBJECT (added), "dtlssrtpdemux"))
    gst_peer_insides_mend_flow (added);
  else if (gst_peer_insides_is (GST_OBJECT (added), "rtpjitterbuffer"))
    gst_peer_insides_mend_jitterbuffer (added);
  else if (gst_peer_insides_is (GST_OBJECT (added), "sctpenc")) {
    gst_peer_insides_number_association (added, &element->association);
    g_signal_connect_object (added, "sctp-association-established",
        G_CALLBACK (on_association), element, 0);
  } else if (gst_peer_insides_is (GST_OBJECT (added), "sctpdec"))
    gst_peer_insides_number_association (added, &element->association);
}

void
gst_peer_remote_watch (GstPeerConnection *element, GstElement *child)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (child), "rtpbin");

  g_signal_connect_object (child, "deep-element-added",
      G_CALLBACK (on_deep_element_added), element, 0);
  if (rtpbin != NULL)
    g_signal_connect_object (
        rtpbin, "on-bye-ssrc", G_CALLBACK (on_bye_ssrc), element, 0);
}

/**
 * gst_peer_remote_unwatch:
 *
 * To be called while @child is there: g_signal_connect_object() has no lock for
 * two that are freed at the same time, and what is inside of @child may be freed
 * on any thread.
 */
void
gst_peer_remote_unwatch (GstPeerConnection *element, GstElement *child)
{
  static const char *const factories[] = { "rtpbin", "dtlsdec", "sctpenc" };

  g_signal_handlers_disconnect_by_data (child, element);
  for (guint i = 0; i < G_N_ELEMENTS (factories); i++) {
    g_autoptr (GPtrArray) watched =
        gst_peer_insides_find_all (child, factories[i]);

    for (guint j = 0; j < watched->len; j++)
      g_signal_handlers_disconnect_by_data (
          g_ptr_array_index (watched, j), element);
  }
}

/**
 * gst_peer_remote_take_message:
 *
 * The encoder of an association that was aborted by the peer posts an ERROR
 * (ext/sctp/gstsctpenc.c, on_sctp_association_state_changed) where webrtc-pc
 * has an event at the channels.
 *
 * Returns: whether @message was meant for here
 */
gboolean
gst_peer_remote_take_message (GstPeerConnection *element, GstMessage *message)
{
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR ||
      !gst_peer_insides_is (GST_MESSAGE_SRC (message), "sctpenc"))
    return FALSE;

  g_atomic_int_set (&element->sctp_established, FALSE);
  gst_peer_close_on_association_lost (element);
  follow_up (element, end_channels, 0);
  return TRUE;
}
