/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A webrtcbin with the states of one that is new, and whatever else a script
 * puts into it. */

#include "scripted-child-private.h"

typedef GstBin ScriptedWebrtcbin;
typedef GstBinClass ScriptedWebrtcbinClass;

G_DEFINE_TYPE (ScriptedWebrtcbin, scripted_webrtcbin, GST_TYPE_BIN)

enum {
  PROP_0,
  PROP_CONNECTION_STATE,
  PROP_SIGNALING_STATE,
  PROP_ICE_CONNECTION_STATE,
  PROP_ICE_AGENT,
};

static void
scripted_webrtcbin_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_ICE_AGENT)
    g_value_take_object (value, g_object_new (scripted_ice_get_type (), NULL));
  else
    g_value_set_enum (value, 0);
}

static GArray *
get_transceivers (GstElement *self)
{
  GPtrArray *transceivers = script_current->transceivers;
  GArray *copy = g_array_new (FALSE, FALSE, sizeof (GObject *));

  g_array_append_vals (copy, transceivers->pdata, transceivers->len);

  return copy;
}

/* Never replies. */
static void
create_offer (
    GstElement *self, const GstStructure *options, GstPromise *promise)
{
}

static void
await_play (void)
{
  gboolean withheld = script_withholds (script_current, SCRIPT_PLAY);

  script_write (script_current, withheld ? "(play)" : "play");
  g_mutex_lock (&script_current->lock);
  while (script_current->withheld & SCRIPT_PLAY)
    g_cond_wait (&script_current->cond, &script_current->lock);
  g_mutex_unlock (&script_current->lock);
}

static GstStateChangeReturn
scripted_webrtcbin_change_state (GstElement *self, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    await_play ();
  return GST_ELEMENT_CLASS (scripted_webrtcbin_parent_class)
      ->change_state (self, transition);
}

static void
scripted_webrtcbin_class_init (ScriptedWebrtcbinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->get_property = scripted_webrtcbin_get_property;
  element_class->change_state = scripted_webrtcbin_change_state;
  gst_element_class_set_static_metadata (element_class, "ScriptedWebrtcbin",
      "Test", "Does what a test says", "gst-peerconnection");

  g_object_class_install_property (object_class, PROP_CONNECTION_STATE,
      g_param_spec_enum ("connection-state", "", "",
          GST_TYPE_WEBRTC_PEER_CONNECTION_STATE, 0, G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_SIGNALING_STATE,
      g_param_spec_enum ("signaling-state", "", "",
          GST_TYPE_WEBRTC_SIGNALING_STATE, 0, G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_ICE_CONNECTION_STATE,
      g_param_spec_enum ("ice-connection-state", "", "",
          GST_TYPE_WEBRTC_ICE_CONNECTION_STATE, 0, G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_ICE_AGENT,
      g_param_spec_object (
          "ice-agent", "", "", G_TYPE_OBJECT, G_PARAM_READABLE));

  g_signal_new_class_handler ("get-transceivers", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (get_transceivers), NULL,
      NULL, NULL, G_TYPE_ARRAY, 0);
  g_signal_new_class_handler ("create-offer", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (create_offer), NULL,
      NULL, NULL, G_TYPE_NONE, 2, GST_TYPE_STRUCTURE, GST_TYPE_PROMISE);
  g_signal_new ("prepare-data-channel", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
      GST_TYPE_WEBRTC_DATA_CHANNEL, G_TYPE_BOOLEAN);
  g_signal_new ("on-negotiation-needed", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
scripted_webrtcbin_init (ScriptedWebrtcbin *self)
{
}
