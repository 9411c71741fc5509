/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of gathering is told behind the candidates.
 *
 * libnice tells of the candidates that it has without its lock, on webrtcbin's
 * thread, which gathers. If that has taken the time of UPnP (200 ms), the ICE
 * agent's thread may tell of the end before. Then webrtcbin stays "gathering" for
 * good, as it waits for candidates to be told and does not look again behind
 * them (1.22, gstwebrtcbin.c, _update_ice_gathering_state_task), or says the end
 * of candidates first. So it is told on its own thread, which has gathered then. */

#include "ice-gathering.h"

#include "ice-agent.h"

#define GATHERING_DONE "candidate-gathering-done"

/* Of one webrtcbin; nothing here holds that, which the last reference would stop
 * on the thread that drops it. */
typedef struct {
  GMainContext *pc; /* of webrtcbin's thread, once that has been seen */
} Watch;

typedef struct {
  GObject *agent;
  guint stream;
} End;

static void
watch_clear (Watch *self)
{
  g_clear_pointer (&self->pc, g_main_context_unref);
}

static void
watch_unref (gpointer self, GClosure *closure)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify)watch_clear);
}

/* Before whatever makes it gather. Its context is not its default one. */
static void
on_pc_thread (Watch *self)
{
  GSource *source = g_main_current_source ();

  if (source != NULL && g_atomic_pointer_get (&self->pc) == NULL)
    g_atomic_pointer_set (
        &self->pc, g_main_context_ref (g_source_get_context (source)));
}

static void
end_free (gpointer end)
{
  End *self = end;

  g_object_unref (self->agent);
  g_free (self);
}

static gboolean
tell (gpointer end)
{
  End *self = end;

  g_signal_emit_by_name (self->agent, GATHERING_DONE, self->stream);

  return G_SOURCE_REMOVE;
}

/* Before webrtcbin's own handlers. */
static void
on_gathered (GObject *agent, guint stream, Watch *self)
{
  GMainContext *pc = g_atomic_pointer_get (&self->pc);
  g_autoptr (GSource) source = NULL;
  End *end;

  if (pc == NULL || g_main_context_is_owner (pc))
    return;

  g_signal_stop_emission_by_name (agent, GATHERING_DONE);
  end = g_new0 (End, 1);
  end->agent = g_object_ref (agent);
  end->stream = stream;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, tell, end, end_free);
  g_source_attach (source, pc);
}

static void
watch_pc_thread (Watch *self, GstElement *child, const char *event)
{
  g_signal_connect_data (child, event, G_CALLBACK (on_pc_thread),
      g_atomic_rc_box_acquire (self), watch_unref, G_CONNECT_SWAPPED);
}

/**
 * gst_peer_ice_gathering_watch:
 * @child: a webrtcbin that has not done anything yet
 */
void
gst_peer_ice_gathering_watch (GstElement *child)
{
  g_autoptr (GObject) ice_agent = NULL;
  g_autoptr (GObject) agent = NULL;
  Watch *self;

  g_object_get (child, "ice-agent", &ice_agent, NULL);
  agent = gst_peer_ice_get_nice_agent (ice_agent);
  if (agent == NULL)
    return;

  /* That of an application outlives the webrtcbin before. */
  g_signal_handlers_disconnect_matched (
      agent, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, on_gathered, NULL);
  self = g_atomic_rc_box_new0 (Watch);
  watch_pc_thread (self, child, "on-negotiation-needed");
  watch_pc_thread (self, child, "notify::signaling-state");
  g_signal_connect_data (
      agent, GATHERING_DONE, G_CALLBACK (on_gathered), self, watch_unref, 0);
}
