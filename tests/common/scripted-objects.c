/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the scripted webrtcbin has that is no element: an RTP session, a data
 * channel, a transceiver, an ICE agent. */

#include "scripted-child-private.h"

#include <agent.h>

/* RTPSession: the numbers of its sources, its name */

struct _ScriptedSession {
  GObject parent;
  GPtrArray *sources;
};

G_DEFINE_TYPE (ScriptedSession, scripted_session, G_TYPE_OBJECT)

enum {
  PROP_SESSION_0,
  PROP_STATS,
  PROP_SDES,
};

/* GValueArray is deprecated, but rtpsession has nothing else. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static GstStructure *
make_stats (ScriptedSession *self)
{
  GValueArray *sources = g_value_array_new (self->sources->len);
  GstStructure *stats = gst_structure_new_empty ("application/x-rtp-session");

  for (guint i = 0; i < self->sources->len; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_set_boxed (&value, g_ptr_array_index (self->sources, i));
    g_value_array_append (sources, &value);
  }
  gst_structure_set (
      stats, "source-stats", g_value_array_get_type (), sources, NULL);
  g_value_array_free (sources);

  return stats;
}
G_GNUC_END_IGNORE_DEPRECATIONS

static void
scripted_session_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PROP_STATS)
    g_value_take_boxed (value, make_stats ((ScriptedSession *)object));
  else
    g_value_take_boxed (
        value, gst_structure_new ("application/x-rtp-source-sdes", "cname",
                   G_TYPE_STRING, "user@scripted", NULL));
}

static void
scripted_session_finalize (GObject *object)
{
  g_ptr_array_unref (((ScriptedSession *)object)->sources);
  G_OBJECT_CLASS (scripted_session_parent_class)->finalize (object);
}

static void
scripted_session_class_init (ScriptedSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = scripted_session_get_property;
  object_class->finalize = scripted_session_finalize;
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed (
          "stats", "", "", GST_TYPE_STRUCTURE, G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_SDES,
      g_param_spec_boxed (
          "sdes", "", "", GST_TYPE_STRUCTURE, G_PARAM_READABLE));
}

static void
scripted_session_init (ScriptedSession *self)
{
  self->sources =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free);
}

void
scripted_session_add (ScriptedSession *self, guint32 ssrc, guint64 packets_sent,
    gboolean internal)
{
  g_ptr_array_add (self->sources,
      gst_structure_new ("application/x-rtp-source-stats", "ssrc", G_TYPE_UINT,
          ssrc, "internal", G_TYPE_BOOLEAN, internal, "packets-sent",
          G_TYPE_UINT64, packets_sent, NULL));
}

/* GstWebRTCDataChannel. Its class is in a header that is not installed
 * (gst-libs/gst/webrtc/webrtc-priv.h): three methods follow GObject's. */

typedef struct {
  GObjectClass parent_class;
  gpointer send_data;
  gpointer send_string;
  void (*close) (GstWebRTCDataChannel *channel);
} ChannelClass;

static void
close_channel (GstWebRTCDataChannel *channel)
{
  if (script_withholds (script_current, SCRIPT_DRAIN)) {
    script_write (script_current, "(drain)");
    return;
  }
  script_write (script_current, "drain");
  gst_webrtc_data_channel_on_close (channel);
}

static void
channel_class_init (gpointer klass, gpointer data)
{
  ((ChannelClass *)klass)->close = close_channel;
}

GType
scripted_channel_get_type (void)
{
  static gsize type;

  if (g_once_init_enter (&type)) {
    GTypeInfo info = { .class_init = channel_class_init };
    GTypeQuery parent;

    g_type_query (GST_TYPE_WEBRTC_DATA_CHANNEL, &parent);
    info.class_size = parent.class_size;
    info.instance_size = parent.instance_size;
    g_once_init_leave (&type,
        g_type_register_static (parent.type, "ScriptedChannel", &info, 0));
  }
  return type;
}

/* GstWebRTCRTPTransceiver, of which only the direction matters here */

typedef GObject ScriptedTransceiver;
typedef GObjectClass ScriptedTransceiverClass;

G_DEFINE_TYPE (ScriptedTransceiver, scripted_transceiver, G_TYPE_OBJECT)

static void
scripted_transceiver_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  if (g_value_get_enum (value) == GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE)
    script_write (script_current, "stopped");
}

static void
scripted_transceiver_class_init (ScriptedTransceiverClass *klass)
{
  klass->set_property = scripted_transceiver_set_property;
  g_object_class_install_property (klass, 1,
      g_param_spec_enum ("direction", "", "",
          GST_TYPE_WEBRTC_RTP_TRANSCEIVER_DIRECTION,
          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_NONE, G_PARAM_WRITABLE));
}

static void
scripted_transceiver_init (ScriptedTransceiver *self)
{
}

/* GstWebRTCNice, which has a NiceAgent and a thread for it */

typedef struct {
  GObject parent;
  GMainLoop *loop;
  GThread *thread;
  NiceAgent *agent;
} ScriptedIce;

typedef GObjectClass ScriptedIceClass;

G_DEFINE_TYPE (ScriptedIce, scripted_ice, G_TYPE_OBJECT)

static void
scripted_ice_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_object (value, ((ScriptedIce *)object)->agent);
}

static gpointer
run_ice (gpointer loop)
{
  g_main_loop_run (loop);
  return NULL;
}

static gboolean
quit_ice (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
scripted_ice_finalize (GObject *object)
{
  ScriptedIce *self = (ScriptedIce *)object;
  g_autoptr (GSource) quit = g_idle_source_new ();

  /* A source, since the loop may not be running yet. */
  g_source_set_callback (quit, quit_ice, self->loop, NULL);
  g_source_attach (quit, g_main_loop_get_context (self->loop));
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_object_unref (self->agent);
  G_OBJECT_CLASS (scripted_ice_parent_class)->finalize (object);
}

static void
scripted_ice_class_init (ScriptedIceClass *klass)
{
  klass->get_property = scripted_ice_get_property;
  klass->finalize = scripted_ice_finalize;
  g_object_class_install_property (klass, 1,
      g_param_spec_object ("agent", "", "", NICE_TYPE_AGENT, G_PARAM_READABLE));
}

static void
scripted_ice_init (ScriptedIce *self)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  self->loop = g_main_loop_new (context, FALSE);
  self->thread = g_thread_new ("ice", run_ice, self->loop);
  self->agent = nice_agent_new (context, NICE_COMPATIBILITY_RFC5245);
}

typedef struct {
  NiceAgent *agent;
  GAsyncReadyCallback callback;
  gpointer data;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->agent);
  g_free (question);
}

static gboolean
answer (gpointer data)
{
  Question *question = data;

  question->callback (G_OBJECT (question->agent), NULL, question->data);
  return G_SOURCE_REMOVE;
}

/* In place of libnice's, for the whole process. */
__attribute__ ((visibility ("default"))) void
nice_agent_close_async (
    NiceAgent *agent, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  Question *question;

  /* Of an agent that is there to be looked at only. */
  if (callback == NULL)
    return;
  /* libnice answers where it is asked, so that has to be somebody's loop. */
  ck_assert (context != g_main_context_default ());
  question = g_new0 (Question, 1);
  question->agent = g_object_ref (agent);
  question->callback = callback;
  question->data = data;
  g_source_set_callback (source, answer, question, question_free);

  if (script_withholds (script_current, SCRIPT_ICE)) {
    script_write (script_current, "(ice)");
    script_current->held_answer = g_steal_pointer (&source);
    script_current->answer_context = g_steal_pointer (&context);
  } else {
    script_write (script_current, "ice");
    g_source_attach (source, context);
  }
}

void
scripted_ice_answer (Script *script)
{
  if (script->held_answer == NULL)
    return;
  g_source_attach (script->held_answer, script->answer_context);
  g_clear_pointer (&script->held_answer, g_source_unref);
  g_clear_pointer (&script->answer_context, g_main_context_unref);
}
