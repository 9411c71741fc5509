/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client whose server or peer fails says why, and can be started again. All at
 * the same time, as silence takes its 20 s. */

#include "front.h"
#include "ports.h"
#include "program.h"

#include <signal.h>

#define WATCHDOG (40 * GST_SECOND)

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

  self->front = front_new ();
  line = g_strdup_printf (self->role->near_line, front_get_port (self->front));
  self->pipeline = gst_parse_launch (line, NULL);
  self->client = gst_bin_get_by_name (GST_BIN (self->pipeline), "client");
  if (self->role->plays)
    g_signal_connect (
        self->client, "pad-added", G_CALLBACK (on_pad_added), self->pipeline);
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
