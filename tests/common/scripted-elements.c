/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The elements inside of the scripted webrtcbin. What they are asked for goes
 * on in the clear, behind the byte by which DTLS would be known. */

#include "scripted-child-private.h"

#include <gst/rtp/gstrtcpbuffer.h>

#define DTLS_ALERT 21
#define DTLS_DATA 23
#define SCTP_HEADER_SIZE 12

#define DEFINE_ELEMENT(Name, name, parent_type)                                \
  G_DEFINE_TYPE (Name, name, parent_type)                                      \
  static void name##_describe (gpointer klass)                                 \
  {                                                                            \
    gst_element_class_set_static_metadata (                                    \
        klass, #Name, "Test", "Does what a test says", "gst-peerconnection");  \
  }

/* Pads */

GstPad *
scripted_add_pad (GstElement *element, const char *name,
    GstPadDirection direction, GstPadChainFunction chain)
{
  GstPad *pad = gst_pad_new (name, direction);

  if (chain != NULL)
    gst_pad_set_chain_function (pad, chain);
  gst_element_add_pad (element, pad);

  return pad;
}

void
scripted_push (GstPad *src, const guint8 *data, gsize size)
{
  g_autoptr (GstEvent) begun =
      gst_pad_get_sticky_event (src, GST_EVENT_STREAM_START, 0);
  GstSegment segment;

  if (begun == NULL) {
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_pad_push_event (src, gst_event_new_stream_start ("scripted"));
    gst_pad_push_event (src, gst_event_new_segment (&segment));
  }
  gst_pad_push (src, gst_buffer_new_memdup (data, size));
}

/* What a packet is */

/* RFC 5761, 4 */
static gboolean
is_rtcp (const guint8 *data)
{
  return data[1] >= 192 && data[1] <= 223;
}

static char *
describe_rtcp (guint transport, const guint8 *data, gsize size)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (data, size);
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  char *what = NULL;
  gboolean more;

  ck_assert (gst_rtcp_buffer_validate (buffer));
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &rtcp);
  for (more = gst_rtcp_buffer_get_first_packet (&rtcp, &packet); more;
       more = gst_rtcp_packet_move_to_next (&packet)) {
    if (gst_rtcp_packet_get_type (&packet) != GST_RTCP_TYPE_BYE)
      continue;
    ck_assert_uint_eq (gst_rtcp_packet_bye_get_ssrc_count (&packet), 1);
    what = g_strdup_printf ("bye %u %08x", transport,
        gst_rtcp_packet_bye_get_nth_ssrc (&packet, 0));
  }
  gst_rtcp_buffer_unmap (&rtcp);

  return what != NULL ? what : g_strdup_printf ("report %u", transport);
}

/* RFC 9260, 3.3.7 and 3.3.10.12; one cause at most. */
static char *
describe_sctp (guint transport, const guint8 *data, gsize size)
{
  const guint8 *chunk = data + SCTP_HEADER_SIZE;

  ck_assert_uint_ge (size, SCTP_HEADER_SIZE + 4);
  if (chunk[0] != 6)
    return g_strdup_printf ("data %u", transport);
  if (GST_READ_UINT16_BE (chunk + 2) == 4)
    return g_strdup_printf ("abort %u", transport);

  ck_assert_uint_ge (size, SCTP_HEADER_SIZE + 8);
  return g_strdup_printf ("abort %u %u:%.*s", transport,
      GST_READ_UINT16_BE (chunk + 4), GST_READ_UINT16_BE (chunk + 6) - 4,
      chunk + 8);
}

static char *
describe (guint transport, const guint8 *data, gsize size)
{
  if (data[0] == DTLS_ALERT)
    return g_strdup_printf ("alert %u", transport);
  if (data[0] == DTLS_DATA)
    return describe_sctp (transport, data + 1, size - 1);
  if (is_rtcp (data))
    return describe_rtcp (transport, data, size);
  return g_strdup_printf ("rtp %u", transport);
}

/* dtlssrtpenc: the sink pads for RTP, RTCP and SCTP, the src pad */

typedef struct {
  GstElement parent;
  gint state;
  GstPad *src;
} ScriptedEncoder;

typedef GstElementClass ScriptedEncoderClass;

DEFINE_ELEMENT (ScriptedEncoder, scripted_encoder, GST_TYPE_ELEMENT)

enum {
  PROP_0,
  PROP_CONNECTION_STATE,
};

GType
scripted_dtls_state_get_type (void)
{
  static const GEnumValue states[] = {
    { 0, "new", "new" },
    { 1, "closed", "closed" },
    { 2, "failed", "failed" },
    { 3, "connecting", "connecting" },
    { 4, "connected", "connected" },
    { 0, NULL, NULL },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("ScriptedDtlsState", states));
  return type;
}

static guint
get_transport (gpointer element)
{
  return GPOINTER_TO_UINT (g_object_get_data (element, "transport"));
}

/* Sends it on, or says that it was to be sent. */
static char *
encode (GstPad *pad, ScriptWithheld kind, const guint8 *data, gsize size)
{
  GstElement *element = GST_PAD_PARENT (pad);
  char *what = describe (get_transport (element), data, size);

  if (script_withholds (script_current, kind) ||
      g_strcmp0 (what, script_current->lost) == 0)
    script_write (script_current, "(%s)", what);
  else
    scripted_push (((ScriptedEncoder *)element)->src, data, size);

  return what;
}

static GstFlowReturn
chain_rtp (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstMapInfo map;
  g_autofree char *what = NULL;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  what = encode (pad, is_rtcp (map.data) ? SCRIPT_RTCP : 0, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  if (g_str_has_prefix (what, "bye") && script_current->meanwhile != NULL)
    script_current->meanwhile (script_current);

  return GST_FLOW_OK;
}

static GstFlowReturn
chain_sctp (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  g_autofree guint8 *data = g_malloc (size + 1);
  g_autofree char *what = NULL;

  data[0] = DTLS_DATA;
  gst_buffer_extract (buffer, 0, data + 1, size);
  what = encode (pad, SCRIPT_DATA, data, size + 1);
  gst_buffer_unref (buffer);

  return GST_FLOW_OK;
}

static gboolean
on_sctp_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  static const guint8 alert[39] = { DTLS_ALERT };
  g_autofree char *what = NULL;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    what = encode (pad, SCRIPT_ALERT, alert, sizeof (alert));
  gst_event_unref (event);

  return TRUE;
}

/* What begins the src pad is up to scripted_push(). */
static gboolean
ignore_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

static void
scripted_encoder_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  g_atomic_int_set (
      &((ScriptedEncoder *)object)->state, g_value_get_enum (value));
}

static void
scripted_encoder_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_enum (
      value, g_atomic_int_get (&((ScriptedEncoder *)object)->state));
}

static void
scripted_encoder_class_init (ScriptedEncoderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  scripted_encoder_describe (klass);
  object_class->set_property = scripted_encoder_set_property;
  object_class->get_property = scripted_encoder_get_property;
  g_object_class_install_property (object_class, PROP_CONNECTION_STATE,
      g_param_spec_enum ("connection-state", "", "",
          scripted_dtls_state_get_type (), 0, G_PARAM_READWRITE));
}

static void
scripted_encoder_init (ScriptedEncoder *self)
{
  GstElement *element = GST_ELEMENT (self);
  ScriptLacking lacking = script_current->lacking;
  GstPad *pad;

  self->src = scripted_add_pad (element, "src", GST_PAD_SRC, NULL);
  pad = scripted_add_pad (element, "rtp_sink_0", GST_PAD_SINK, chain_rtp);
  gst_pad_set_event_function (pad, ignore_event);
  if (!(lacking & SCRIPT_NO_RTCP_SINK)) {
    pad = scripted_add_pad (element, "rtcp_sink_0", GST_PAD_SINK, chain_rtp);
    gst_pad_set_event_function (pad, ignore_event);
  }
  if (!(lacking & SCRIPT_NO_DATA_SINK)) {
    pad = scripted_add_pad (element, "data_sink", GST_PAD_SINK, chain_sctp);
    gst_pad_set_event_function (pad, on_sctp_event);
  }
}

/* dtlsdec: the other one that has a state */

typedef ScriptedEncoder ScriptedDtlsdec;
typedef ScriptedEncoderClass ScriptedDtlsdecClass;

DEFINE_ELEMENT (ScriptedDtlsdec, scripted_dtlsdec, scripted_encoder_get_type ())

static void
scripted_dtlsdec_class_init (ScriptedDtlsdecClass *klass)
{
  scripted_dtlsdec_describe (klass);
}

static void
scripted_dtlsdec_init (ScriptedDtlsdec *self)
{
}

/* dtlssrtpdec: what comes in ends there */

typedef GstElement ScriptedDecoder;
typedef GstElementClass ScriptedDecoderClass;

DEFINE_ELEMENT (ScriptedDecoder, scripted_decoder, GST_TYPE_ELEMENT)

static GstFlowReturn
chain_nowhere (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static void
scripted_decoder_class_init (ScriptedDecoderClass *klass)
{
  scripted_decoder_describe (klass);
}

static void
scripted_decoder_init (ScriptedDecoder *self)
{
  scripted_add_pad (GST_ELEMENT (self), "sink", GST_PAD_SINK, chain_nowhere);
}

/* nicesink: the network, with the peer's answers at its other end */

typedef GstElement ScriptedNicesink;
typedef GstElementClass ScriptedNicesinkClass;

DEFINE_ELEMENT (ScriptedNicesink, scripted_nicesink, GST_TYPE_ELEMENT)

static void
answer_alert (GstObject *sink)
{
  static const guint8 alert[39] = { DTLS_ALERT };
  g_autoptr (GstPad) src =
      gst_element_get_static_pad (GST_ELEMENT (sink), "src");

  if (script_current->n_unheard == 0)
    scripted_push (src, alert, sizeof (alert));
  else
    script_current->n_unheard--;
}

static GstFlowReturn
chain_network (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstMapInfo map;
  g_autofree char *what = NULL;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  what = describe (get_transport (parent), map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  script_write (script_current, "%s", what);
  if (g_str_has_prefix (what, "alert"))
    answer_alert (parent);

  return GST_FLOW_OK;
}

static void
scripted_nicesink_class_init (ScriptedNicesinkClass *klass)
{
  scripted_nicesink_describe (klass);
}

static void
scripted_nicesink_init (ScriptedNicesink *self)
{
  scripted_add_pad (GST_ELEMENT (self), "sink", GST_PAD_SINK, chain_network);
  scripted_add_pad (GST_ELEMENT (self), "src", GST_PAD_SRC, NULL);
}

/* rtpbin */

typedef GstElement ScriptedRtpbin;
typedef GstElementClass ScriptedRtpbinClass;

DEFINE_ELEMENT (ScriptedRtpbin, scripted_rtpbin, GST_TYPE_ELEMENT)

static GObject *
get_internal_session (GstElement *self, guint id)
{
  if (script_current->lacking & SCRIPT_NO_RTP_SESSION)
    return NULL;
  ck_assert_uint_lt (id, script_current->n_transports);
  return g_object_ref (script_current->sessions[id]);
}

static void
scripted_rtpbin_class_init (ScriptedRtpbinClass *klass)
{
  scripted_rtpbin_describe (klass);
  g_signal_new_class_handler ("get-internal-session", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (get_internal_session),
      NULL, NULL, NULL, G_TYPE_OBJECT, 1, G_TYPE_UINT);
  g_signal_new ("on-bye-ssrc", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);
}

static void
scripted_rtpbin_init (ScriptedRtpbin *self)
{
}

/* sctpenc */

typedef GstElement ScriptedSctpenc;
typedef GstElementClass ScriptedSctpencClass;

DEFINE_ELEMENT (ScriptedSctpenc, scripted_sctpenc, GST_TYPE_ELEMENT)

static void
scripted_sctpenc_class_init (ScriptedSctpencClass *klass)
{
  scripted_sctpenc_describe (klass);
  g_signal_new ("sctp-association-established", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
scripted_sctpenc_init (ScriptedSctpenc *self)
{
  if (!(script_current->lacking & SCRIPT_NO_SCTP_SRC))
    scripted_add_pad (GST_ELEMENT (self), "src", GST_PAD_SRC, NULL);
}

/* sctpdec: on its way to READY it has the encoder send an ABORT */

typedef GstElement ScriptedSctpdec;
typedef GstElementClass ScriptedSctpdecClass;

DEFINE_ELEMENT (ScriptedSctpdec, scripted_sctpdec, GST_TYPE_ELEMENT)

static void
abort_association (void)
{
  static const guint8 abort[] = { 0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0, 0,
    0, 6, 0, 0, 4 };
  g_autoptr (GstPad) src = NULL;

  if (script_current->meanwhile != NULL)
    script_current->meanwhile (script_current);
  if (script_withholds (script_current, SCRIPT_ABORT)) {
    script_write (script_current, "(abort)");
    return;
  }
  src = gst_element_get_static_pad (script_current->sctpenc, "src");
  scripted_push (src, abort, sizeof (abort));
}

static GstStateChangeReturn
scripted_sctpdec_change_state (GstElement *self, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY &&
      !(script_current->lacking & SCRIPT_NO_SCTP_SRC))
    abort_association ();

  return GST_ELEMENT_CLASS (scripted_sctpdec_parent_class)
      ->change_state (self, transition);
}

static void
scripted_sctpdec_class_init (ScriptedSctpdecClass *klass)
{
  scripted_sctpdec_describe (klass);
  GST_ELEMENT_CLASS (klass)->change_state = scripted_sctpdec_change_state;
}

static void
scripted_sctpdec_init (ScriptedSctpdec *self)
{
  GstPad *pad =
      scripted_add_pad (GST_ELEMENT (self), "sink", GST_PAD_SINK, NULL);

  gst_pad_set_event_function (pad, ignore_event);
}
