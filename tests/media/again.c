/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client whose server or peer fails says why, and can be started again. All at
 * the same time, as silence takes its 20 s. */

#include "front.h"
#include "ports.h"
#include "program.h"

#include <gst/webrtc/webrtc.h>
#include <signal.h>

#define WATCHDOG (40 * GST_SECOND)

/* For what must not come meanwhile. */
#define A_WHILE (200 * G_TIME_SPAN_MILLISECOND)

#define PICTURE                                                                \
  "videotestsrc is-live=true pattern=black ! video/x-raw,width=160,"           \
  "height=120,framerate=15/1 ! "
/* Each second; on standard output, and as a message. */
#define SEEN                                                                   \
  "capsfilter name=end caps=video/x-vp8 ! progressreport update-freq=1 "       \
  "! fakesink"
#define PROGRESS "progressreport0"

typedef struct {
  const char *name;
  gboolean plays;
  const char *near_line; /* with the port of its location */
  const char *far_line;
} Role;

static const Role roles[] = {
  { "player", TRUE,
      "peersrc name=client location=whep://127.0.0.1:%u/live " SEEN,
      PICTURE "peersink location=whep://127.0.0.1:%u/live" },
  { "publisher", FALSE,
      PICTURE "peersink name=client location=whip://127.0.0.1:%u/live",
      "peersrc location=whip://127.0.0.1:%u/live ! " SEEN },
};

typedef struct {
  const char *name;
  FrontManner front;
  int signal;       /* to the peer, once it is connected */
  gboolean dies;    /* the server, then */
  const char *says; /* nullable, if it goes on */
} Failure;

static const Failure failures[] = {
  { "the server is not there", FRONT_IS_NOT_THERE, 0, FALSE,
      "Connection refused" },
  { "the server dies of the POST", FRONT_DIES, 0, FALSE,
      "The request to http://127" },
  { "the server never answers", FRONT_IS_MUTE, 0, FALSE, "No answer" },
  { "the server dies later", FRONT_PASSES, 0, TRUE, NULL },
  { "the peer is killed", FRONT_PASSES, SIGKILL, FALSE,
      "does not answer any more" },
  { "the peer is frozen", FRONT_PASSES, SIGSTOP, FALSE,
      "does not answer any more" },
};

typedef struct {
  const Role *role;
  const Failure *failure;
  Front *front;
  Program *peer; /* nullable */
  GstElement *pipeline;
  GstElement *client;

  GMutex lock;
  GCond cond;
  gboolean held; /* the client's loop, when its peer was lost */
  gboolean ended;
  gboolean ended_early; /* before it has said why */
} Case;

static GstMessage *
await_message (Case *self, GstMessageType type, const char *name)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  GstMessage *message = NULL;

  do {
    g_clear_pointer (&message, gst_message_unref);
    message =
        gst_bus_timed_pop_filtered (bus, WATCHDOG, type | GST_MESSAGE_ERROR);
    ck_assert_msg (message != NULL && (GST_MESSAGE_TYPE (message) & type) != 0,
        "%s, %s: no %s but %s", self->role->name, self->failure->name,
        gst_message_type_get_name (type),
        message == NULL
            ? "nothing"
            : gst_structure_to_string (gst_message_get_structure (message)));
  } while (name != NULL && !gst_message_has_name (message, name));

  return message;
}

static void
await_media (Case *self, guint seconds)
{
  for (guint i = 0; i < seconds; i++) {
    if (self->role->plays)
      gst_message_unref (await_message (self, GST_MESSAGE_ELEMENT, "progress"));
    else
      program_await (self->peer, PROGRESS);
  }
}

static void
start_peer (Case *self)
{
  guint port = find_port ();
  g_autofree char *line = g_strdup_printf (self->role->far_line, port);
  const char *arguments[] = { g_getenv ("FAR"), line, NULL };

  self->peer = program_new (arguments);
  program_await (self->peer, "plays");
  front_become (self->front, FRONT_PASSES, port);
}

/* === what the client says and does, when its peer is lost === */

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Case *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS) {
    g_mutex_lock (&self->lock);
    self->ended = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }

  return GST_PAD_PROBE_OK;
}

/* On the client's loop, which a busy machine may keep as long. */
static void
hold_up (GstPromise *promise, gpointer user_data)
{
  Case *self = user_data;
  gint64 end = g_get_monotonic_time () + A_WHILE;

  g_mutex_lock (&self->lock);
  self->held = TRUE;
  while (!self->ended && g_cond_wait_until (&self->cond, &self->lock, end)) {
  }
  self->ended_early = self->ended;
  g_mutex_unlock (&self->lock);
}

/* Before the client hears of it. */
static void
on_ice_state (GstElement *connection, GParamSpec *pspec, Case *self)
{
  g_autoptr (GstPromise) promise =
      gst_promise_new_with_change_func (hold_up, self, NULL);
  GstWebRTCICEConnectionState state;

  g_object_get (connection, "ice-connection-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED)
    g_signal_emit_by_name (self->client, "close-session", "none", promise);
  else
    gst_promise_interrupt (promise);
}

static void
on_session_added (
    GstElement *client, const char *id, GstElement *connection, Case *self)
{
  g_signal_connect (connection, "notify::ice-connection-state",
      G_CALLBACK (on_ice_state), self);
}

static void
watch_end (Case *self)
{
  g_autoptr (GstElement) end =
      gst_bin_get_by_name (GST_BIN (self->pipeline), "end");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (end, "sink");

  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
  g_signal_connect (
      self->client, "session-added", G_CALLBACK (on_session_added), self);
}

/* Of each life, as gst_parse_launch() links the first one's only. */
static void
on_pad_added (GstElement *client, GstPad *pad, GstElement *pipeline)
{
  g_autoptr (GstElement) end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (end, "sink");

  if (g_str_has_prefix (GST_PAD_NAME (pad), "video"))
    ck_assert_int_eq (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
}

static void
begin (Case *self)
{
  g_autofree char *line = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->front = front_new ();
  line = g_strdup_printf (self->role->near_line, front_get_port (self->front));
  self->pipeline = gst_parse_launch (line, NULL);
  self->client = gst_bin_get_by_name (GST_BIN (self->pipeline), "client");
  if (self->role->plays)
    g_signal_connect (
        self->client, "pad-added", G_CALLBACK (on_pad_added), self->pipeline);
  if (self->role->plays && self->failure->signal != 0)
    watch_end (self);
  if (self->failure->front == FRONT_PASSES) {
    start_peer (self);
  } else {
    front_become (self->front, self->failure->front, 0);
    g_object_set (self->client, "timeout", 3000, NULL);
  }
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static void
strike (Case *self)
{
  if (self->failure->front == FRONT_PASSES)
    await_media (self, 1);
  if (self->failure->signal != 0)
    g_subprocess_send_signal (self->peer->process, self->failure->signal);
  if (self->failure->dies)
    front_become (self->front, FRONT_IS_NOT_THERE, 0);
}

static void
assert_failed (Case *self)
{
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  if (self->failure->says == NULL) {
    await_media (self, 3);
    return;
  }
  message = await_message (self, GST_MESSAGE_ERROR, NULL);
  gst_message_parse_error (message, &error, NULL);
  ck_assert_msg (GST_MESSAGE_SRC (message) == GST_OBJECT (self->client) &&
                     strstr (error->message, self->failure->says) != NULL,
      "%s, %s: %s", self->role->name, self->failure->name, error->message);
  if (self->role->plays && self->failure->signal != 0) {
    ck_assert (self->held);
    ck_assert_msg (!self->ended_early, "%s: EOS, and nobody knows why yet",
        self->failure->name);
  }
}

static void
start_again (Case *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->peer, program_free);
  start_peer (self);
  g_object_set (self->client, "timeout", 10000, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static void
end (Case *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->client);
  gst_object_unref (self->pipeline);
  program_free (self->peer);
  front_free (self->front);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

GST_START_TEST (test_after_each_failure)
{
  Case cases[G_N_ELEMENTS (roles) * G_N_ELEMENTS (failures)];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    cases[i] = (Case){ .role = &roles[i % G_N_ELEMENTS (roles)],
      .failure = &failures[i / G_N_ELEMENTS (roles)] };
    begin (&cases[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    strike (&cases[i]);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_failed (&cases[i]);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    start_again (&cases[i]);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    await_media (&cases[i], 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    end (&cases[i]);
}
GST_END_TEST

static Suite *
again_suite (void)
{
  Suite *suite = suite_create ("again");
  TCase *tcase = tcase_create ("again");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 240);
  tcase_add_test (tcase, test_after_each_failure);

  return suite;
}

GST_CHECK_MAIN (again);
