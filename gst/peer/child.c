/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The webrtcbin inside: made with the element and replaced after each life, as
 * one that has been connected cannot be connected anew. */

#include "child.h"

#include "channels.h"
#include "ice-agent.h"
#include "ice-gathering.h"
#include "ice-hold.h"
#include "insides.h"
#include "pads.h"
#include "peerconnection-private.h"
#include "remote.h"
#include "surface.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

/**
 * gst_peer_child_type:
 *
 * Loads its plugin only where that has not been done: the class of our element
 * asks under GObject's lock, which a plugin that another thread loads may wait
 * for, with the lock that loading takes.
 *
 * Returns: the type of webrtcbin, or %G_TYPE_INVALID when it is not installed
 */
GType
gst_peer_child_type (void)
{
  g_autoptr (GstElementFactory) factory =
      gst_element_factory_find ("webrtcbin");
  g_autoptr (GstPluginFeature) loaded = NULL;

  if (factory == NULL)
    return G_TYPE_INVALID;
  if (gst_element_factory_get_element_type (factory) != G_TYPE_INVALID)
    return gst_element_factory_get_element_type (factory);

  loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));

  return loaded != NULL ? gst_element_factory_get_element_type (
                              GST_ELEMENT_FACTORY (loaded))
                        : G_TYPE_INVALID;
}

/**
 * gst_peer_child_dup:
 *
 * Returns: (transfer full) (nullable)
 */
GstElement *
gst_peer_child_dup (GstPeerConnection *element)
{
  GstElement *child;

  GST_OBJECT_LOCK (element);
  child = element->child != NULL ? gst_object_ref (element->child) : NULL;
  GST_OBJECT_UNLOCK (element);

  return child;
}

/* On a streaming thread or, when the child is taken down, on the thread that
 * does it. */
static void
on_pad_added (GstElement *child, GstPad *pad, GstPeerConnection *element)
{
  if (GST_PAD_IS_SRC (pad))
    gst_peer_pads_add_src (element, pad);
}

static void
on_pad_removed (GstElement *child, GstPad *pad, GstPeerConnection *element)
{
  if (GST_PAD_IS_SRC (pad))
    gst_peer_pads_remove_src (element, pad);
}

static void
on_no_more_pads (GstElement *child, GstPeerConnection *element)
{
  gst_element_no_more_pads (GST_ELEMENT (element));
}

/* In 1.22 webrtcbin gives up a reference to its ice-agent that it never took
 * (gstwebrtcbin.c, PROP_ICE_AGENT). */
static GstElement *
make_with_ice_agent (GType type, GObject *agent)
{
  guint before = agent->ref_count;
  GstElement *child =
      g_object_new (type, "name", "webrtcbin", "ice-agent", agent, NULL);

  if (agent->ref_count == before)
    g_object_ref (agent);

  return child;
}

static GstElement *
make_child (GstPeerConnection *element)
{
  GType type = gst_peer_child_type ();
  GstElement *child;

  if (type == G_TYPE_INVALID)
    return NULL;

  child = element->ice_agent != NULL
              ? make_with_ice_agent (type, element->ice_agent)
              : g_object_new (type, "name", "webrtcbin", NULL);

  g_signal_connect_object (
      child, "pad-added", G_CALLBACK (on_pad_added), element, 0);
  g_signal_connect_object (
      child, "pad-removed", G_CALLBACK (on_pad_removed), element, 0);
  g_signal_connect_object (
      child, "no-more-pads", G_CALLBACK (on_no_more_pads), element, 0);
  gst_peer_surface_connect (element, child);
  gst_peer_ice_gathering_watch (child);
  gst_peer_remote_watch (element, child);

  return child;
}

static void
install (GstPeerConnection *element, GstElement *child)
{
  GObject *agent = NULL, *before_agent;
  GstElement *before;

  g_object_get (child, "ice-agent", &agent, NULL);
  gst_peer_ice_watch_peer (agent);

  gst_bin_add (GST_BIN (element), gst_object_ref_sink (child));

  GST_OBJECT_LOCK (element);
  before = element->child;
  before_agent = element->agent;
  element->child = child;
  element->agent = agent;
  element->pc_thread = NULL;
  element->n_mlines = 0;
  element->sctp_established = FALSE;
  GST_OBJECT_UNLOCK (element);
  gst_clear_object (&before);
  g_clear_object (&before_agent);
  gst_peer_ice_hold_forget (element);
}

gboolean
gst_peer_child_create (GstPeerConnection *element)
{
  GstElement *child = make_child (element);

  if (child == NULL)
    return FALSE;
  install (element, child);

  return TRUE;
}

/**
 * gst_peer_child_replace:
 *
 * A new webrtcbin with the settings and the sink pads of the one before, which
 * is in NULL or, after gst_peer_child_stop_later(), on its way there.
 */
void
gst_peer_child_replace (GstPeerConnection *element)
{
  g_autoptr (GstElement) before = gst_peer_child_dup (element);
  GstElement *child = make_child (element);

  if (before == NULL || child == NULL)
    return;

  gst_peer_surface_copy_settings (before, child);
  gst_peer_turn_servers_replay (element, child);

  gst_peer_pads_remove_all_src (element);
  gst_peer_remote_unwatch (element, before);
  if (gst_object_has_as_parent (GST_OBJECT (before), GST_OBJECT (element)))
    gst_bin_remove (GST_BIN (element), before);
  gst_peer_channels_forget (element);
  install (element, child);
  gst_peer_pads_adopt (element, child);
}

/**
 * gst_peer_child_saw_pc_thread:
 *
 * Called by what is known to run on the child's own thread.
 */
void
gst_peer_child_saw_pc_thread (GstPeerConnection *element)
{
  g_atomic_pointer_set (&element->pc_thread, g_thread_self ());
}

gboolean
gst_peer_child_is_pc_thread (GstPeerConnection *element)
{
  return g_atomic_pointer_get (&element->pc_thread) == g_thread_self ();
}

static void
stop_element (const GValue *element, gpointer user_data)
{
  gst_element_set_state (g_value_get_object (element), GST_STATE_NULL);
}

/* Its thread, which has ended now, may have added elements when those that were
 * there had been stopped. One that plays keeps itself and its thread for good. */
static void
stop_stragglers (GstElement *child)
{
  g_autoptr (GstIterator) elements = gst_bin_iterate_elements (GST_BIN (child));

  gst_iterator_foreach (elements, stop_element, NULL);
}

static gboolean
stop (gpointer child)
{
  gst_peer_insides_flush_jitterbuffers (child);
  gst_element_set_locked_state (child, FALSE);
  gst_element_set_state (child, GST_STATE_NULL);
  stop_stragglers (child);
  return G_SOURCE_REMOVE;
}

static gboolean
settle (gpointer element)
{
  gst_peer_promises_settle (&GST_PEER_CONNECTION (element)->promises);
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_child_stopped:
 *
 * To be called after the change to NULL. Does the rest of it, unless
 * gst_peer_child_stop_later() has that to do.
 */
void
gst_peer_child_stopped (GstPeerConnection *element)
{
  if (gst_peer_child_is_pc_thread (element))
    return;

  if (element->child != NULL)
    stop_stragglers (element->child);
  settle (element);
}

/**
 * gst_peer_child_stop_later:
 *
 * For a state change on the child's own thread, which the child could only
 * wait for in vain.
 */
void
gst_peer_child_stop_later (GstPeerConnection *element)
{
  GstElement *child = gst_peer_child_dup (element);

  GST_DEBUG_OBJECT (element, "the webrtcbin is stopped in the background");
  /* Not ours to wait for any more: even a locked child is asked by its bin. */
  gst_bin_remove (GST_BIN (element), child);
  gst_peer_loop_call (element->loop, stop, child, gst_object_unref);
  gst_peer_loop_call (
      element->loop, settle, gst_object_ref (element), gst_object_unref);
}
