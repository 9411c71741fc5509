/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close while a packet is handed over. libnice calls nicesrc without its lock,
 * with a buffer that belongs to the component. */

#include "inside.h"
#include "report.h"

#include <dlfcn.h>
#include <nice/agent.h>
#include <string.h>

#define EXPORT __attribute__ ((visibility ("default")))

typedef struct {
  NiceAgentRecvFunc func;
  GstElement *nicesrc;
} Reader;

static GMutex lock;
static GCond cond;
static GstElement *held; /* the nicesrc that is to be held up with a packet */
static NiceAgent *inside;
static gboolean may_go; /* its agent has been closed, or it is waited for */
static gboolean intact;

static void
let_go_if (gboolean condition)
{
  may_go |= condition;
  g_cond_broadcast (&cond);
}

/* On a nicesrc's thread. */
static void
hold_up (NiceAgent *agent, const char *packet, guint size)
{
  g_autofree char *copy = g_memdup2 (packet, size);

  inside = agent;
  g_cond_broadcast (&cond);
  while (!may_go)
    g_cond_wait (&cond, &lock);
  intact = memcmp (copy, packet, size) == 0;
  inside = NULL;
  held = NULL;
  g_cond_broadcast (&cond);
}

static void
on_packet (NiceAgent *agent, guint stream, guint component, guint size,
    char *packet, gpointer user_data)
{
  Reader *self = user_data;

  g_mutex_lock (&lock);
  if (held == self->nicesrc)
    hold_up (agent, packet, size);
  g_mutex_unlock (&lock);
  self->func (agent, stream, component, size, packet, self->nicesrc);
}

/* === the test's, for GStreamer and the plugin too === */

static void *
find_real (const char *name)
{
  void *real;

  /* Has the test itself linked with libnice. */
  g_type_ensure (NICE_TYPE_AGENT);
  real = dlsym (RTLD_NEXT, name);
  g_assert (real != NULL);

  return real;
}

EXPORT gboolean
nice_agent_attach_recv (NiceAgent *agent, guint stream, guint component,
    GMainContext *context, NiceAgentRecvFunc func, gpointer data)
{
  __typeof__ (nice_agent_attach_recv) *real =
      find_real ("nice_agent_attach_recv");
  Reader *reader;

  if (data == NULL)
    return real (agent, stream, component, context, func, data);

  reader = g_new0 (Reader, 1);
  reader->func = func;
  reader->nicesrc = data;
  g_object_set_data_full (data, "reader", reader, g_free);

  return real (agent, stream, component, context, on_packet, reader);
}

EXPORT GstStateChangeReturn
gst_element_set_state (GstElement *element, GstState state)
{
  __typeof__ (gst_element_set_state) *real =
      find_real ("gst_element_set_state");

  g_mutex_lock (&lock);
  let_go_if (element == held && state <= GST_STATE_READY);
  g_mutex_unlock (&lock);

  return real (element, state);
}

EXPORT void
nice_agent_close_async (
    NiceAgent *agent, GAsyncReadyCallback callback, gpointer data)
{
  __typeof__ (nice_agent_close_async) *real =
      find_real ("nice_agent_close_async");

  real (agent, callback, data);
  g_mutex_lock (&lock);
  let_go_if (agent == inside);
  g_mutex_unlock (&lock);
}

/* === the test === */

static void
hold (GstElement *nicesrc)
{
  g_mutex_lock (&lock);
  held = nicesrc;
  while (inside == NULL)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
}

GST_START_TEST (test_its_packet_outlasts_the_close)
{
  g_autoptr (Peers) peers = connect_peers (ALL_FEATURES);
  g_autoptr (GstElement) nicesrc =
      dup_inside (peers->offerer->element, "nicesrc");
  g_autoptr (GstStructure) report = NULL;

  hold (nicesrc);
  report = peer_close (peers->offerer, NULL);
  g_mutex_lock (&lock);
  while (held != NULL)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
  ck_assert (intact);
}
GST_END_TEST

static Suite *
reader_suite (void)
{
  Suite *suite = suite_create ("reader");
  TCase *reader = tcase_create ("reader");

  suite_add_tcase (suite, reader);
  tcase_add_test (reader, test_its_packet_outlasts_the_close);

  return suite;
}

GST_CHECK_MAIN (reader);
