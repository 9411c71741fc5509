/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is asked of the ICE agent, where that is libnice's. */

#include "ice-agent.h"

#include "ice-socket.h"
#include "insides.h"
#include "silence.h"

#include <sys/socket.h>

#include <agent.h>

/**
 * gst_peer_ice_get_nice_agent:
 * @ice_agent: (nullable): webrtcbin's ice-agent
 *
 * Returns: (transfer full) (nullable): its NiceAgent; %NULL for an agent that
 *   is not libnice's
 */
GObject *
gst_peer_ice_get_nice_agent (GObject *ice_agent)
{
  GObject *agent = NULL;

  if (ice_agent == NULL || g_object_class_find_property (
                               G_OBJECT_GET_CLASS (ice_agent), "agent") == NULL)
    return NULL;

  g_object_get (ice_agent, "agent", &agent, NULL);
  if (agent != NULL && !NICE_IS_AGENT (agent))
    g_clear_object (&agent);

  return agent;
}

/**
 * gst_peer_ice_watch_peer:
 * @ice_agent: that has no streams yet
 *
 * Has the agent send a Binding request every 4 to 6 s, which the peer answers,
 * instead of an indication, which it does not. consent-freshness would be the
 * better name for it, but can only be set by whoever makes the agent; webrtcbin
 * does so from 1.26 on.
 */
void
gst_peer_ice_watch_peer (GObject *ice_agent)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);

  if (agent == NULL)
    return;
  g_object_set (agent, "keepalive-conncheck", TRUE, NULL);
  gst_peer_ice_socket_watch (agent);
}

/* Of the libnice that is there, asked of an agent that has nothing: from 0.1.23
 * on its streams are gone with the call, before that they stay. */
static gboolean
close_takes_streams (void)
{
  static gsize known; /* 1: no, 2: yes */

  if (g_once_init_enter (&known)) {
    g_autoptr (GMainContext) context = g_main_context_new ();
    NiceAgent *agent = nice_agent_new (context, NICE_COMPATIBILITY_RFC5245);
    guint stream = nice_agent_add_stream (agent, 1);

    nice_agent_set_stream_name (agent, stream, "video");
    nice_agent_close_async (agent, NULL, NULL);
    g_once_init_leave (
        &known, nice_agent_get_stream_name (agent, stream) == NULL ? 2 : 1);
    g_object_unref (agent);
  }

  return known == 2;
}

static void
ignore_packet (NiceAgent *agent, guint stream, guint component, guint size,
    char *data, gpointer user_data)
{
}

static void
detach (NiceAgent *agent, guint stream, GMainContext *context)
{
  nice_agent_attach_recv (
      agent, stream, NICE_COMPONENT_TYPE_RTP, context, ignore_packet, NULL);
}

/* Asked first, as libnice warns of a stream that is not there. Up to 0.1.23 it
 * returns TRUE all the same. */
static gboolean
has_stream (NiceAgent *agent, guint stream)
{
  g_autofree char *ufrag = NULL;
  g_autofree char *password = NULL;

  nice_agent_get_local_credentials (agent, stream, &ufrag, &password);

  return ufrag != NULL;
}

/**
 * gst_peer_ice_detach:
 *
 * libnice calls back without its lock, with a buffer of the component that is
 * asked for when the lock has been given up (component.c,
 * nice_component_emit_io_callback()), and that a close frees. So where a close
 * takes the streams, nobody is called back any more before it.
 *
 * Returns: whether there is to be waited for those that still are
 */
gboolean
gst_peer_ice_detach (GObject *ice_agent, guint n_streams)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);
  g_autoptr (GMainContext) context = g_main_context_new ();

  if (agent == NULL || !close_takes_streams ())
    return FALSE;
  for (guint stream = 1; stream <= n_streams; stream++)
    if (has_stream (NICE_AGENT (agent), stream))
      detach (NICE_AGENT (agent), stream, context);

  return TRUE;
}

/* webrtcbin does not hear of the agent's changes any more. They are told on the
 * agent's thread, which goes on by itself, to transports that may be gone: in
 * 1.22 a gathering that ends late is a crash (nicestream.c,
 * _on_candidate_gathering_done). Done on that thread, so that it is not inside
 * of any of it. */
static gboolean
mute (gpointer task)
{
  static const char *const events[] = { "candidate-gathering-done",
    "component-state-changed", "new-selected-pair-full" };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    gst_peer_insides_block_handlers (
        g_task_get_source_object (task), events[i]);
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

static void
on_agent_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, TRUE);
}

static void
on_muted (GObject *agent, GAsyncResult *result, gpointer task)
{
  nice_agent_close_async (NICE_AGENT (agent), on_agent_closed, task);
}

/**
 * gst_peer_ice_close_new:
 *
 * Returns: (transfer full): to be given to gst_peer_ice_close(); it reports in
 *   the thread-default context of the caller
 */
GTask *
gst_peer_ice_close_new (
    GObject *ice_agent, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);

  return g_task_new (agent, NULL, callback, user_data);
}

/**
 * gst_peer_ice_close:
 * @task: (transfer full): of gst_peer_ice_close_new()
 *
 * Releases the TURN allocations and reports when the servers have answered or
 * were given up. In a thread-default context that is run.
 */
void
gst_peer_ice_close (GTask *task)
{
  gpointer agent = g_task_get_source_object (task);
  GMainContext *context;

  if (agent == NULL) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }

  g_object_get (agent, "main-context", &context, NULL);
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, mute,
      g_task_new (agent, NULL, on_muted, task), g_object_unref);
}

static void
shut_sockets (NiceAgent *agent, guint stream)
{
  g_autoptr (GPtrArray) sockets =
      nice_agent_get_sockets (agent, stream, NICE_COMPONENT_TYPE_RTP);

  /* Linux says ENOTCONN of UDP, but does it. */
  for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);

    if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_DATAGRAM)
      shutdown (g_socket_get_fd (socket), SHUT_RDWR);
  }
}

/**
 * gst_peer_ice_end:
 *
 * nice_agent_close_async() leaves the sockets open, and the agent behind them
 * would go on answering the peer's checks and sending its own, so that the peer
 * would take the connection for alive. Nobody reads them any more, as they are
 * given to a context that nobody runs, and nothing can be sent. libnice 0.1.21
 * crashes when nice_agent_remove_stream() takes them away during gathering or
 * from under its TURN client.
 */
void
gst_peer_ice_end (GObject *ice_agent, guint n_streams)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);
  g_autoptr (GMainContext) context = g_main_context_new ();

  for (guint stream = 1; agent != NULL && stream <= n_streams; stream++) {
    if (has_stream (NICE_AGENT (agent), stream)) {
      detach (NICE_AGENT (agent), stream, context);
      shut_sockets (NICE_AGENT (agent), stream);
    }
    gst_peer_ice_socket_forget (agent, stream);
  }
}

/**
 * gst_peer_ice_silence:
 * @n_streams: how many streams the agent has
 *
 * Time since anything came in, on whichever selected pair has been quiet the
 * longest. On the element's loop.
 *
 * Returns: the time in us; 0 where it is not known, or not yet: libnice says
 *   that the peer is lost as well, after 50 s, or 30 with consent-freshness
 */
gint64
gst_peer_ice_silence (GObject *ice_agent, guint n_streams)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);
  gint64 silence = 0;

  for (guint stream = 1; agent != NULL && stream <= n_streams; stream++) {
    g_autoptr (GSocket) socket = gst_peer_ice_socket_dup (agent, stream);

    if (socket != NULL)
      silence = MAX (silence, gst_peer_silence_of_socket (socket));
  }

  return silence;
}

/**
 * gst_peer_ice_has_pair:
 * @n_streams: how many streams the agent has
 *
 * Returns: whether there is a way to the peer
 */
gboolean
gst_peer_ice_has_pair (GObject *ice_agent, guint n_streams)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (ice_agent);

  for (guint stream = 1; agent != NULL && stream <= n_streams; stream++) {
    if (gst_peer_ice_socket_has_pair (agent, stream))
      return TRUE;
  }

  return FALSE;
}
