/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "scripted-child-private.h"

Script *script_current;

/* The log */

void
script_write (Script *self, const char *format, ...)
{
  va_list args;

  g_mutex_lock (&self->lock);
  va_start (args, format);
  g_ptr_array_add (self->log, g_strdup_vprintf (format, args));
  va_end (args);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
has_locked (Script *self, const char *entry)
{
  return g_ptr_array_find_with_equal_func (self->log, entry, g_str_equal, NULL);
}

gboolean
script_has (Script *self, const char *entry)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = has_locked (self, entry);
  g_mutex_unlock (&self->lock);

  return has;
}

void
script_await (Script *self, const char *entry)
{
  gint64 deadline = g_get_monotonic_time () + SCRIPT_WATCHDOG;
  gboolean has, expired = FALSE;

  g_mutex_lock (&self->lock);
  while (!(has = has_locked (self, entry)) && !expired)
    expired = !g_cond_wait_until (&self->cond, &self->lock, deadline);
  g_mutex_unlock (&self->lock);

  if (!has) {
    g_autofree char *log = script_take_log (self);

    ck_abort_msg ("no \"%s\" in \"%s\"", entry, log);
  }
}

char *
script_take_log (Script *self)
{
  char *log;

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->log, NULL);
  log = g_strjoinv (", ", (char **)self->log->pdata);
  g_ptr_array_set_size (self->log, 0);
  g_mutex_unlock (&self->lock);

  return log;
}

gboolean
script_withholds (Script *self, ScriptWithheld what)
{
  gboolean withheld;

  g_mutex_lock (&self->lock);
  withheld = (self->withheld & what) != 0;
  g_mutex_unlock (&self->lock);

  return withheld;
}

/* The connection */

static void
register_elements (void)
{
  const struct {
    const char *name;
    GType type;
  } elements[] = {
    { "webrtcbin", scripted_webrtcbin_get_type () },
    { "dtlssrtpenc", scripted_encoder_get_type () },
    { "dtlsdec", scripted_dtlsdec_get_type () },
    { "dtlssrtpdec", scripted_decoder_get_type () },
    { "nicesink", scripted_nicesink_get_type () },
    { "rtpbin", scripted_rtpbin_get_type () },
    { "sctpenc", scripted_sctpenc_get_type () },
    { "sctpdec", scripted_sctpdec_get_type () },
  };

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
    ck_assert (gst_element_register (
        NULL, elements[i].name, GST_RANK_NONE, elements[i].type));
}

static void
on_connection_state (GstElement *element, GParamSpec *pspec, Script *self)
{
  gint state;

  g_object_get (element, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    script_write (self, "closed");
}

static void
on_report (GstElement *element, GParamSpec *pspec, Script *self)
{
  script_write (self, "report");
}

static void
on_gone (gpointer data, GObject *element)
{
  script_write (data, "gone");
}

static GstElement *
make (Script *self, GstElement *bin, const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  ck_assert_msg (element != NULL, "no element %s", factory);
  gst_bin_add (GST_BIN (bin), element);

  return element;
}

Script *
script_new (void)
{
  Script *self = g_new0 (Script, 1);

  ck_assert (script_current == NULL);
  script_current = self;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->transceivers = g_ptr_array_new_with_free_func (g_object_unref);
  register_elements ();

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->element = make (self, self->pipeline, "peerconnection");
  g_object_set (self->element, "close-timeout", SCRIPT_TIMEOUT, NULL);
  self->child = gst_bin_get_by_name (GST_BIN (self->element), "webrtcbin");
  ck_assert (G_OBJECT_TYPE (self->child) == scripted_webrtcbin_get_type ());
  g_object_weak_ref (G_OBJECT (self->child), on_gone, self);
  self->rtpbin = make (self, self->child, "rtpbin");
  g_signal_connect (self->element, "notify::connection-state",
      G_CALLBACK (on_connection_state), self);
  g_signal_connect (
      self->element, "notify::close-report", G_CALLBACK (on_report), self);

  return self;
}

void
script_free (Script *self)
{
  self->meanwhile = NULL;
  script_release (self, ~0u);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->child);
  gst_object_unref (self->pipeline);
  scripted_ice_answer (self);
  /* Nothing runs in it or leads to it any more. */
  script_await (self, "gone");
  g_clear_object (&self->channel);
  for (guint i = 0; i < self->n_transports; i++)
    g_object_unref (self->sessions[i]);
  g_ptr_array_unref (self->transceivers);
  g_ptr_array_unref (self->log);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
  script_current = NULL;
}

static void
add_ghost (GstElement *bin, const char *name, GstElement *element,
    const char *target_name)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (element, target_name);

  if (target != NULL)
    gst_element_add_pad (bin, gst_ghost_pad_new (name, target));
}

static void
link_rtpbin (Script *self, GstElement *send_bin, const char *kind)
{
  g_autofree char *source_name =
      g_strdup_printf ("send_%s_src_%u", kind, self->n_transports);
  g_autofree char *sink_name = g_strdup_printf ("%s_sink", kind);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (send_bin, sink_name);
  GstPad *source =
      scripted_add_pad (self->rtpbin, source_name, GST_PAD_SRC, NULL);

  if (sink != NULL)
    gst_pad_link (source, sink);
}

void
script_add_transport (Script *self, const char *state)
{
  GstElement *send_bin = gst_bin_new (NULL);
  const char *network =
      self->lacking & SCRIPT_NO_NICESINK ? "fakesink" : "nicesink";
  gpointer transport = GUINT_TO_POINTER (self->n_transports);
  GstElement *encoder, *sink;

  ck_assert_uint_lt (self->n_transports, SCRIPT_MAX_TRANSPORTS);
  gst_bin_add (GST_BIN (self->child), send_bin);
  encoder = make (self, send_bin, "dtlssrtpenc");
  g_object_set_data (G_OBJECT (encoder), "transport", transport);
  sink = make (self, send_bin, network);
  g_object_set_data (G_OBJECT (sink), "transport", transport);
  if (self->lacking & SCRIPT_NO_NICESINK)
    g_object_set (sink, "async", FALSE, NULL);
  else
    ck_assert (gst_element_link (sink, make (self, send_bin, "dtlssrtpdec")));
  ck_assert (gst_element_link (encoder, sink));

  add_ghost (send_bin, "rtp_sink", encoder, "rtp_sink_0");
  add_ghost (send_bin, "rtcp_sink", encoder, "rtcp_sink_0");
  add_ghost (send_bin, "data_sink", encoder, "data_sink");
  link_rtpbin (self, send_bin, "rtp");
  link_rtpbin (self, send_bin, "rtcp");

  self->encoders[self->n_transports] = encoder;
  self->decoders[self->n_transports] = make (self, send_bin, "dtlsdec");
  self->sessions[self->n_transports] =
      g_object_new (scripted_session_get_type (), NULL);
  self->n_transports++;
  /* What it is from the beginning is no news. */
  gst_util_set_object_arg (G_OBJECT (encoder), "connection-state", state);
}

void
script_set_transport_state (Script *self, guint transport, const char *state)
{
  gst_util_set_object_arg (
      G_OBJECT (self->encoders[transport]), "connection-state", state);
  gst_util_set_object_arg (
      G_OBJECT (self->decoders[transport]), "connection-state", state);
}

void
script_add_stream (Script *self, guint transport, guint32 ssrc,
    guint64 packets_sent, gboolean internal)
{
  scripted_session_add ((ScriptedSession *)self->sessions[transport], ssrc,
      packets_sent, internal);
}

void
script_add_association (Script *self)
{
  g_autoptr (GstObject) send_bin =
      gst_object_get_parent (GST_OBJECT (self->encoders[0]));

  self->sctpenc = make (self, self->child, "sctpenc");
  gst_element_link_pads (
      self->sctpenc, "src", GST_ELEMENT (send_bin), "data_sink");
  if (!(self->lacking & SCRIPT_NO_SCTPDEC))
    make (self, self->child, "sctpdec");
  g_signal_emit_by_name (self->sctpenc, "sctp-association-established", TRUE);
}

static void
on_ready_state (GstWebRTCDataChannel *channel, GParamSpec *pspec, Script *self)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED)
    script_write (self, "channel-closed");
}

void
script_add_channel (Script *self)
{
  self->channel = g_object_new (scripted_channel_get_type (), NULL);
  g_signal_connect (
      self->channel, "notify::ready-state", G_CALLBACK (on_ready_state), self);
  g_signal_emit_by_name (
      self->child, "prepare-data-channel", self->channel, TRUE);
  gst_webrtc_data_channel_on_open (self->channel);
}

void
script_add_transceiver (Script *self)
{
  g_ptr_array_add (self->transceivers,
      g_object_new (scripted_transceiver_get_type (), NULL));
}

void
script_play (Script *self)
{
  g_autofree char *log = NULL;

  ck_assert_int_eq (gst_element_set_state (self->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  log = script_take_log (self);
}

/* Media */

typedef struct {
  GstPad *source;
  const guint8 *data;
  gsize size;
} Packet;

static gpointer
push_packet (gpointer data)
{
  Packet *packet = data;

  scripted_push (packet->source, packet->data, packet->size);
  return NULL;
}

static void
push_aside (
    GstElement *element, const char *pad_name, const guint8 *data, gsize size)
{
  g_autoptr (GstPad) source = gst_element_get_static_pad (element, pad_name);
  Packet packet = { source, data, size };

  g_thread_join (g_thread_new (pad_name, push_packet, &packet));
}

void
script_push_rtp (Script *self, guint transport)
{
  static const guint8 rtp[] = { 0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0xaa };
  g_autofree char *name = g_strdup_printf ("send_rtp_src_%u", transport);

  push_aside (self->rtpbin, name, rtp, sizeof (rtp));
}

void
script_push_rtcp (Script *self, guint transport)
{
  static const guint8 report[] = { 0x80, 200, 0, 6, 0, 0, 0, 0xaa, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
  g_autofree char *name = g_strdup_printf ("send_rtcp_src_%u", transport);

  push_aside (self->rtpbin, name, report, sizeof (report));
}

void
script_push_data (Script *self, guint transport)
{
  static const guint8 data[] = { 23, 0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0,
    0, 0, 3, 0, 0, 4 };

  push_aside (self->encoders[transport], "src", data, sizeof (data));
}

/* The close */

void
script_release (Script *self, ScriptWithheld what)
{
  g_mutex_lock (&self->lock);
  self->withheld &= ~what;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

GstStructure *
script_close (Script *self)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();

  g_signal_emit_by_name (self->element, "close", promise);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  script_await (self, "report");

  return gst_structure_copy (gst_promise_get_reply (promise));
}
