/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "data-pad.h"

#include <string.h>

#define MAX_LABEL 65535 /* bytes, RFC 8832 section 5.1 */

enum {
  PROP_0,
  PROP_LABEL,
  PROP_PROTOCOL,
  PROP_ORDERED,
  PROP_MAX_RETRANSMITS,
  PROP_MAX_PACKET_LIFETIME,
};

/* As in RTCDataChannelInit. Guarded by the object lock of the pad. */
typedef struct {
  char *label; /* or NULL for the name of the pad */
  char *protocol;
  gboolean ordered;
  int max_retransmits;
  int max_packet_lifetime;
} Settings;

struct _GstPeerDataSinkPad {
  GstGhostPad parent;

  Settings settings;
};

struct _GstPeerDataSrcPad {
  GstPad parent;

  Settings settings;
};

G_DEFINE_FINAL_TYPE (
    GstPeerDataSinkPad, gst_peer_data_sink_pad, GST_TYPE_GHOST_PAD)
G_DEFINE_FINAL_TYPE (GstPeerDataSrcPad, gst_peer_data_src_pad, GST_TYPE_PAD)

/* === what both have === */

static void
init_settings (Settings *settings)
{
  settings->ordered = TRUE;
  settings->max_retransmits = -1;
  settings->max_packet_lifetime = -1;
}

static void
clear_settings (Settings *settings)
{
  g_free (settings->label);
  g_free (settings->protocol);
}

static char *
dup_label (GstPad *pad, Settings *settings)
{
  char *label;

  GST_OBJECT_LOCK (pad);
  label = g_strdup (
      settings->label != NULL ? settings->label : GST_OBJECT_NAME (pad));
  GST_OBJECT_UNLOCK (pad);

  return label;
}

static gboolean
get_guarded (Settings *settings, guint id, GValue *value)
{
  switch (id) {
  case PROP_PROTOCOL:
    g_value_set_string (
        value, settings->protocol != NULL ? settings->protocol : "");
    return TRUE;
  case PROP_ORDERED:
    g_value_set_boolean (value, settings->ordered);
    return TRUE;
  case PROP_MAX_RETRANSMITS:
    g_value_set_int (value, settings->max_retransmits);
    return TRUE;
  case PROP_MAX_PACKET_LIFETIME:
    g_value_set_int (value, settings->max_packet_lifetime);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_setting (GstPad *pad, Settings *settings, guint id, GValue *value)
{
  gboolean found;

  if (id == PROP_LABEL) {
    g_value_take_string (value, dup_label (pad, settings));
    return TRUE;
  }
  GST_OBJECT_LOCK (pad);
  found = get_guarded (settings, id, value);
  GST_OBJECT_UNLOCK (pad);

  return found;
}

static void
take_string (char **place, const GValue *value)
{
  g_free (*place);
  *place = g_value_dup_string (value);
}

static gboolean
set_guarded (Settings *settings, guint id, const GValue *value)
{
  switch (id) {
  case PROP_LABEL:
    take_string (&settings->label, value);
    return TRUE;
  case PROP_PROTOCOL:
    take_string (&settings->protocol, value);
    return TRUE;
  case PROP_ORDERED:
    settings->ordered = g_value_get_boolean (value);
    return TRUE;
  case PROP_MAX_RETRANSMITS:
    settings->max_retransmits = g_value_get_int (value);
    return TRUE;
  case PROP_MAX_PACKET_LIFETIME:
    settings->max_packet_lifetime = g_value_get_int (value);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
install_properties (GObjectClass *klass, GParamFlags flags)
{
  /**
   * GstPeerDataSinkPad:label:
   * GstPeerDataSrcPad:label:
   *
   * What the data channel is called. By default, peersink's is called as the
   * pad is.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_LABEL,
      g_param_spec_string ("label", "Label",
          "What the data channel is called (default = as the pad)", NULL,
          flags));

  /**
   * GstPeerDataSinkPad:protocol:
   * GstPeerDataSrcPad:protocol:
   *
   * The subprotocol that is spoken there, if that has a name.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_PROTOCOL,
      g_param_spec_string ("protocol", "Protocol",
          "The subprotocol that is spoken in the data channel", "", flags));

  /**
   * GstPeerDataSinkPad:ordered:
   * GstPeerDataSrcPad:ordered:
   *
   * Whether messages come in the order in which they were sent.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_ORDERED,
      g_param_spec_boolean ("ordered", "Ordered",
          "Whether messages come in the order in which they were sent", TRUE,
          flags));

  /**
   * GstPeerDataSinkPad:max-retransmits:
   * GstPeerDataSrcPad:max-retransmits:
   *
   * How many times a message that was lost is sent again; -1 for as long as it
   * takes. A peer that is too slow for what has a limit is not waited for: it
   * misses messages.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MAX_RETRANSMITS,
      g_param_spec_int ("max-retransmits", "Max retransmits",
          "How many times a lost message is sent again (-1 = no limit)", -1,
          G_MAXUINT16, -1, flags));

  /**
   * GstPeerDataSinkPad:max-packet-lifetime:
   * GstPeerDataSrcPad:max-packet-lifetime:
   *
   * For how long in ms a message that was lost is sent again; -1 for as long as
   * it takes. Without effect where #GstPeerDataSinkPad:max-retransmits is set,
   * as there can be only one limit.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_MAX_PACKET_LIFETIME,
      g_param_spec_int ("max-packet-lifetime", "Max packet lifetime",
          "For how long a lost message is sent again (ms, -1 = no limit)", -1,
          G_MAXUINT16, -1, flags));
}

/* === of peersink === */

static void
gst_peer_data_sink_pad_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstPeerDataSinkPad *self = GST_PEER_DATA_SINK_PAD (object);

  if (!get_setting (GST_PAD (self), &self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_peer_data_sink_pad_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstPeerDataSinkPad *self = GST_PEER_DATA_SINK_PAD (object);
  gboolean found;

  GST_OBJECT_LOCK (self);
  found = set_guarded (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!found)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_peer_data_sink_pad_finalize (GObject *object)
{
  clear_settings (&GST_PEER_DATA_SINK_PAD (object)->settings);

  G_OBJECT_CLASS (gst_peer_data_sink_pad_parent_class)->finalize (object);
}

static void
gst_peer_data_sink_pad_class_init (GstPeerDataSinkPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gst_peer_data_sink_pad_finalize;
  object_class->get_property = gst_peer_data_sink_pad_get_property;
  object_class->set_property = gst_peer_data_sink_pad_set_property;
  install_properties (object_class,
      G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS);
}

static void
gst_peer_data_sink_pad_init (GstPeerDataSinkPad *self)
{
  init_settings (&self->settings);
}

/**
 * gst_peer_data_sink_pad_new:
 * @target: whose sink it is
 */
GstPad *
gst_peer_data_sink_pad_new (
    const char *name, GstPadTemplate *template, GstElement *target)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (target, "sink");
  GstPad *self = g_object_new (GST_TYPE_PEER_DATA_SINK_PAD, "name", name,
      "direction", GST_PAD_SINK, "template", template, NULL);

  gst_ghost_pad_set_target (GST_GHOST_PAD (self), sink);

  return self;
}

static GstStructure *
make_options (GstPeerDataSinkPad *self)
{
  Settings *settings = &self->settings;
  GstStructure *options = gst_structure_new_empty ("options");

  GST_OBJECT_LOCK (self);
  gst_structure_set (options, "ordered", G_TYPE_BOOLEAN, settings->ordered,
      "max-retransmits", G_TYPE_INT, settings->max_retransmits,
      "max-packet-lifetime", G_TYPE_INT,
      settings->max_retransmits >= 0 ? -1 : settings->max_packet_lifetime,
      "protocol", G_TYPE_STRING,
      settings->protocol != NULL ? settings->protocol : "", NULL);
  GST_OBJECT_UNLOCK (self);

  return options;
}

/**
 * gst_peer_data_sink_pad_create_channel:
 *
 * Returns: (transfer full) (nullable)
 */
GstWebRTCDataChannel *
gst_peer_data_sink_pad_create_channel (
    GstPeerDataSinkPad *self, GstElement *connection)
{
  g_autoptr (GstStructure) options = make_options (self);
  g_autofree char *label = dup_label (GST_PAD (self), &self->settings);
  GstWebRTCDataChannel *channel = NULL;

  if (strlen (label) <= MAX_LABEL &&
      strlen (gst_structure_get_string (options, "protocol")) <= MAX_LABEL)
    g_signal_emit_by_name (
        connection, "create-data-channel", label, options, &channel);

  return channel;
}

/* === of peersrc === */

static void
gst_peer_data_src_pad_get_property (
    GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstPeerDataSrcPad *self = GST_PEER_DATA_SRC_PAD (object);

  if (!get_setting (GST_PAD (self), &self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_peer_data_src_pad_finalize (GObject *object)
{
  clear_settings (&GST_PEER_DATA_SRC_PAD (object)->settings);

  G_OBJECT_CLASS (gst_peer_data_src_pad_parent_class)->finalize (object);
}

static void
gst_peer_data_src_pad_class_init (GstPeerDataSrcPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gst_peer_data_src_pad_finalize;
  object_class->get_property = gst_peer_data_src_pad_get_property;
  install_properties (object_class, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
gst_peer_data_src_pad_init (GstPeerDataSrcPad *self)
{
  init_settings (&self->settings);
}

/* Of the peer's, whatever that has put there. */
static char *
make_valid (char *text)
{
  char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  g_free (text);
  return valid;
}

/**
 * gst_peer_data_src_pad_new:
 * @channel: (nullable): as the peer has opened it
 */
GstPad *
gst_peer_data_src_pad_new (
    const char *name, GstPadTemplate *template, GstWebRTCDataChannel *channel)
{
  GstPeerDataSrcPad *self = g_object_new (GST_TYPE_PEER_DATA_SRC_PAD, "name",
      name, "direction", GST_PAD_SRC, "template", template, NULL);
  Settings *settings = &self->settings;

  if (channel != NULL) {
    g_object_get (channel, "label", &settings->label, "protocol",
        &settings->protocol, "ordered", &settings->ordered, "max-retransmits",
        &settings->max_retransmits, "max-packet-lifetime",
        &settings->max_packet_lifetime, NULL);
    settings->label = make_valid (settings->label);
    settings->protocol = make_valid (settings->protocol);
  }

  return GST_PAD (self);
}
