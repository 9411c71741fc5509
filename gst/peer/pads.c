/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ghost pads that look like webrtcbin's own, and the two things that they know
 * better: what an EOS on one of several sink pads means, and how the source
 * pads end. */

#include "pads.h"

#include <stdio.h>

#include "child.h"
#include "insides.h"
#include "peerconnection-private.h"
#include "stream-start.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

/* A peer may end as many streams as it likes; so many are remembered. */
#define MAX_ENDED_SSRCS 1024

enum {
  PROP_0,
  PROP_TRANSCEIVER,
  PROP_MSID,
};

struct _GstPeerSinkPad {
  GstGhostPad parent;

  /* How it was requested, to request it again from the next webrtcbin. */
  char *requested_name;
  GstCaps *requested_caps;
  char *msid;

  gboolean eos; /* guarded by the object lock */
  gulong gate;  /* likewise: the probe that refuses buffers */
};

struct _GstPeerSrcPad {
  GstGhostPad parent;

  gboolean ended; /* guarded by the object lock */
};

G_DEFINE_FINAL_TYPE (GstPeerSinkPad, gst_peer_sink_pad, GST_TYPE_GHOST_PAD)
G_DEFINE_FINAL_TYPE (GstPeerSrcPad, gst_peer_src_pad, GST_TYPE_GHOST_PAD)

/**
 * gst_peer_pads_get_inner:
 * @pad: a pad of the element
 *
 * Returns: (transfer full) (nullable): webrtcbin's pad behind it
 */
GstPad *
gst_peer_pads_get_inner (GstPad *pad)
{
  return gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
}

static void
pad_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (GST_PAD (object));

  if (inner != NULL)
    g_object_get_property (G_OBJECT (inner), pspec->name, value);
}

static void
pad_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (GST_PAD (object));

  if (inner != NULL)
    g_object_set_property (G_OBJECT (inner), pspec->name, value);
  g_free (GST_PEER_SINK_PAD (object)->msid);
  GST_PEER_SINK_PAD (object)->msid = g_value_dup_string (value);
}

static void
install_transceiver (GObjectClass *klass)
{
  klass->get_property = pad_get_property;
  g_object_class_install_property (klass, PROP_TRANSCEIVER,
      g_param_spec_object ("transceiver", "Transceiver",
          "Transceiver associated with this pad",
          GST_TYPE_WEBRTC_RTP_TRANSCEIVER,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_sink_pad_finalize (GObject *object)
{
  GstPeerSinkPad *self = GST_PEER_SINK_PAD (object);

  g_free (self->requested_name);
  g_free (self->msid);
  gst_clear_caps (&self->requested_caps);
  G_OBJECT_CLASS (gst_peer_sink_pad_parent_class)->finalize (object);
}

static void
gst_peer_sink_pad_class_init (GstPeerSinkPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  install_transceiver (object_class);
  object_class->set_property = pad_set_property;
  object_class->finalize = gst_peer_sink_pad_finalize;
  g_object_class_install_property (object_class, PROP_MSID,
      g_param_spec_string ("msid", "MSID",
          "Local MediaStream ID to use for this pad (NULL = unset)", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_sink_pad_init (GstPeerSinkPad *self)
{
}

static void
gst_peer_src_pad_class_init (GstPeerSrcPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  install_transceiver (object_class);
  g_object_class_install_property (object_class, PROP_MSID,
      g_param_spec_string ("msid", "MSID",
          "Remote MediaStream ID in use for this pad (NULL = not advertised)",
          NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_src_pad_init (GstPeerSrcPad *self)
{
}

/* The pads of @direction, with a reference each. */
static GPtrArray *
list_pads (GstPeerConnection *element, GstPadDirection direction)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);

  GST_OBJECT_LOCK (element);
  for (GList *l = GST_ELEMENT (element)->pads; l != NULL; l = l->next) {
    if (GST_PAD_DIRECTION (l->data) == direction)
      g_ptr_array_add (pads, gst_object_ref (l->data));
  }
  GST_OBJECT_UNLOCK (element);

  return pads;
}

/* === sink pads === */

static gboolean
sink_has_eos (GstPeerSinkPad *pad)
{
  gboolean eos;

  GST_OBJECT_LOCK (pad);
  eos = pad->eos;
  GST_OBJECT_UNLOCK (pad);

  return eos;
}

/**
 * gst_peer_pads_await_eos:
 *
 * Returns: whether there are linked sink pads, and one had no EOS yet
 */
gboolean
gst_peer_pads_await_eos (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) sinks = list_pads (element, GST_PAD_SINK);

  for (guint i = 0; i < sinks->len; i++) {
    GstPad *pad = g_ptr_array_index (sinks, i);

    if (gst_pad_is_linked (pad) && !sink_has_eos (GST_PEER_SINK_PAD (pad)))
      return TRUE;
  }

  return FALSE;
}

static GstPadProbeReturn
refuse_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;

  return GST_PAD_PROBE_HANDLED;
}

static void
refuse_buffers (GstPeerSinkPad *pad)
{
  gulong gate = gst_pad_add_probe (GST_PAD (pad),
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, refuse_buffer,
      NULL, NULL);

  GST_OBJECT_LOCK (pad);
  if (pad->gate == 0) {
    pad->gate = gate;
    gate = 0;
  }
  GST_OBJECT_UNLOCK (pad);
  if (gate != 0)
    gst_pad_remove_probe (GST_PAD (pad), gate);
}

static void
accept_buffers (GstPeerSinkPad *pad)
{
  gulong gate;

  GST_OBJECT_LOCK (pad);
  pad->eos = FALSE;
  gate = pad->gate;
  pad->gate = 0;
  GST_OBJECT_UNLOCK (pad);
  if (gate != 0)
    gst_pad_remove_probe (GST_PAD (pad), gate);
}

/**
 * gst_peer_pads_gate:
 *
 * Upstream is told EOS for whatever it pushes from now on.
 */
void
gst_peer_pads_gate (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) sinks = list_pads (element, GST_PAD_SINK);

  for (guint i = 0; i < sinks->len; i++)
    refuse_buffers (g_ptr_array_index (sinks, i));
}

/* On a streaming thread. EOS goes no further: inside a bundle it would stop
 * every stream, at the funnel they share. */
static GstPadProbeReturn
on_sink_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerConnection *element = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  gboolean was_eos;

  gst_peer_stream_start_take (GST_ELEMENT (element), pad, event);
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;

  GST_OBJECT_LOCK (pad);
  was_eos = GST_PEER_SINK_PAD (pad)->eos;
  GST_PEER_SINK_PAD (pad)->eos = TRUE;
  GST_OBJECT_UNLOCK (pad);

  if (!was_eos) {
    GST_INFO_OBJECT (pad, "EOS");
    refuse_buffers (GST_PEER_SINK_PAD (pad));
    gst_peer_close_on_sink_eos (element, pad, gst_event_get_seqnum (event));
  }

  return GST_PAD_PROBE_DROP;
}

static GstPad *
request_inner (GstElement *child, const char *name, const GstCaps *caps)
{
  GstPadTemplate *templ = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (child), "sink_%u");

  return gst_element_request_pad (child, templ, name, caps);
}

GstPad *
gst_peer_pads_request (GstPeerConnection *element, GstPadTemplate *templ,
    const char *name, const GstCaps *caps)
{
  g_autoptr (GstElement) child = gst_peer_child_dup (element);
  g_autoptr (GstPad) inner =
      child != NULL ? request_inner (child, name, caps) : NULL;
  GstPeerSinkPad *pad;

  if (inner == NULL)
    return NULL;

  pad = g_object_new (GST_TYPE_PEER_SINK_PAD, "name", GST_PAD_NAME (inner),
      "direction", GST_PAD_SINK, "template", templ, NULL);
  pad->requested_name = g_strdup (name);
  pad->requested_caps = caps != NULL ? gst_caps_copy (caps) : NULL;
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), inner);
  gst_pad_add_probe (GST_PAD (pad), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_sink_event, element, NULL);
  if (GST_STATE (element) > GST_STATE_READY)
    gst_pad_set_active (GST_PAD (pad), TRUE);
  gst_element_add_pad (GST_ELEMENT (element), GST_PAD (pad));

  return GST_PAD (pad);
}

void
gst_peer_pads_release (GstPeerConnection *element, GstPad *pad)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (pad);
  g_autoptr (GstElement) child =
      inner != NULL ? gst_pad_get_parent_element (inner) : NULL;

  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
  if (child != NULL)
    gst_element_release_request_pad (child, inner);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (element), pad);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  GstPad *const *pad_a = a;
  GstPad *const *pad_b = b;
  guint index_a = 0, index_b = 0;

  sscanf (GST_PAD_NAME (*pad_a), "sink_%u", &index_a);
  sscanf (GST_PAD_NAME (*pad_b), "sink_%u", &index_b);

  return index_a < index_b ? -1 : index_a > index_b;
}

/**
 * gst_peer_pads_adopt:
 * @child: a new webrtcbin
 *
 * Requests the pads that exist from @child, in their order and in the way they
 * were requested first.
 */
void
gst_peer_pads_adopt (GstPeerConnection *element, GstElement *child)
{
  g_autoptr (GPtrArray) sinks = list_pads (element, GST_PAD_SINK);

  g_ptr_array_sort (sinks, compare_names);
  for (guint i = 0; i < sinks->len; i++) {
    GstPeerSinkPad *pad = g_ptr_array_index (sinks, i);
    g_autoptr (GstPad) inner =
        request_inner (child, pad->requested_name, pad->requested_caps);

    gst_ghost_pad_set_target (GST_GHOST_PAD (pad), inner);
    if (inner != NULL && pad->msid != NULL)
      g_object_set (inner, "msid", pad->msid, NULL);

    accept_buffers (pad);
  }
}

/* === source pads === */

static void
remove_src (GstPeerConnection *element, GstPad *pad)
{
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (element), pad);
}

void
gst_peer_pads_remove_src (GstPeerConnection *element, GstPad *inner)
{
  g_autoptr (GPtrArray) sources = list_pads (element, GST_PAD_SRC);

  for (guint i = 0; i < sources->len; i++) {
    GstPad *pad = g_ptr_array_index (sources, i);
    g_autoptr (GstPad) target = gst_peer_pads_get_inner (pad);

    if (target == inner)
      remove_src (element, pad);
  }
}

void
gst_peer_pads_remove_all_src (GstPeerConnection *element)
{
  g_autoptr (GPtrArray) sources = list_pads (element, GST_PAD_SRC);

  for (guint i = 0; i < sources->len; i++)
    remove_src (element, g_ptr_array_index (sources, i));

  GST_OBJECT_LOCK (element);
  element->sources_ended = FALSE;
  g_hash_table_remove_all (element->ended_ssrcs);
  GST_OBJECT_UNLOCK (element);
}

static gboolean
end_once (GstPeerSrcPad *pad)
{
  gboolean first;

  GST_OBJECT_LOCK (pad);
  first = !pad->ended;
  pad->ended = TRUE;
  GST_OBJECT_UNLOCK (pad);

  return first;
}

/* On a thread of the element's pool: downstream may be full or paused. */
static void
push_eos (GstElement *element, gpointer pad)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (pad);

  if (inner != NULL)
    gst_peer_insides_discard (inner);
  gst_pad_push_event (pad, gst_event_new_eos ());
}

static void
drain_and_push_eos (GstElement *element, gpointer pad)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (pad);

  if (inner == NULL || !gst_peer_insides_drain_pad (inner))
    push_eos (element, pad);
}

static gboolean
end_pad (GstPeerConnection *element, GstPad *pad, gboolean drain)
{
  if (!end_once (GST_PEER_SRC_PAD (pad)))
    return FALSE;

  GST_INFO_OBJECT (pad, "the stream has ended");
  gst_element_call_async (GST_ELEMENT (element),
      drain ? drain_and_push_eos : push_eos, gst_object_ref (pad),
      gst_object_unref);

  return TRUE;
}

/**
 * gst_peer_pads_end:
 * @drain: whether what waits in the jitterbuffers comes first
 *
 * Every source pad gets an EOS, so that a file that is being written is
 * finished.
 *
 * Returns: whether there was one that had none yet
 */
gboolean
gst_peer_pads_end (GstPeerConnection *element, gboolean drain)
{
  g_autoptr (GPtrArray) sources = NULL;
  gboolean any = FALSE;

  GST_OBJECT_LOCK (element);
  element->sources_ended = TRUE;
  GST_OBJECT_UNLOCK (element);

  sources = list_pads (element, GST_PAD_SRC);
  for (guint i = 0; i < sources->len; i++)
    any |= end_pad (element, g_ptr_array_index (sources, i), drain);

  return any;
}

void
gst_peer_pads_end_ssrc (GstPeerConnection *element, guint32 ssrc)
{
  g_autoptr (GPtrArray) sources = NULL;

  GST_OBJECT_LOCK (element);
  if (g_hash_table_size (element->ended_ssrcs) < MAX_ENDED_SSRCS)
    g_hash_table_add (element->ended_ssrcs, GUINT_TO_POINTER (ssrc));
  GST_OBJECT_UNLOCK (element);

  sources = list_pads (element, GST_PAD_SRC);

  for (guint i = 0; i < sources->len; i++) {
    GstPad *pad = g_ptr_array_index (sources, i);
    g_autoptr (GstPad) inner = gst_peer_pads_get_inner (pad);
    guint32 own;

    if (inner != NULL && gst_peer_insides_pad_ssrc (inner, &own) && own == ssrc)
      end_pad (element, pad, TRUE);
  }
}

/* Out of its jitterbuffer when the end of its stream was known already. */
static gboolean
came_late (GstPeerConnection *element, GstPad *inner)
{
  guint32 ssrc;
  gboolean late;

  if (!gst_peer_insides_pad_ssrc (inner, &ssrc))
    return FALSE;

  GST_OBJECT_LOCK (element);
  late = element->sources_ended ||
         g_hash_table_contains (element->ended_ssrcs, GUINT_TO_POINTER (ssrc));
  GST_OBJECT_UNLOCK (element);

  return late;
}

static gboolean
copy_sticky_event (GstPad *from, GstEvent **event, gpointer to)
{
  gst_pad_store_sticky_event (to, *event);
  return TRUE;
}

/* What nobody takes must not stop the rest, and can be linked later. */
static GstPadProbeReturn
drop_unlinked (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return gst_pad_is_linked (pad) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

void
gst_peer_pads_add_src (GstPeerConnection *element, GstPad *inner)
{
  GstPad *pad = g_object_new (GST_TYPE_PEER_SRC_PAD, "name",
      GST_PAD_NAME (inner), "direction", GST_PAD_SRC, "template",
      gst_element_class_get_pad_template (
          GST_ELEMENT_GET_CLASS (element), "src_%u"),
      NULL);

  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), inner);
  if (GST_STATE_TARGET (element) > GST_STATE_READY)
    gst_pad_set_active (pad, TRUE);
  /* So that a pad-added handler can look at the caps. */
  gst_pad_sticky_events_foreach (inner, copy_sticky_event, pad);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_unlinked,
      NULL, NULL);
  gst_element_add_pad (GST_ELEMENT (element), pad);

  if (came_late (element, inner))
    end_pad (element, pad, TRUE);
}
