/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gives the element the properties and signals of the installed webrtcbin, by
 * looking at its class, and carries every access through to the child. So the
 * element is a drop-in for whichever version is installed.
 *
 * What happens on the way:
 * - the three states come from states.c;
 * - pads are translated, promises wrapped (promises.c);
 * - after a close, no event comes up and what would change something answers
 *   InvalidStateError;
 * - arguments that webrtcbin answers with a crash or a log line only are
 *   refused with an error. */

#include "surface.h"

#include "channels.h"
#include "child.h"
#include "ice-hold.h"
#include "pads.h"
#include "peerconnection-private.h"
#include "presence.h"
#include "quiet.h"

#include <gst/sdp/sdp.h>

#define GST_CAT_DEFAULT gst_peer_connection_debug

/* === properties === */

static GParamSpec *
clone_numeric (GParamSpec *from, const char *nick, const char *blurb)
{
  if (G_IS_PARAM_SPEC_UINT (from)) {
    GParamSpecUInt *spec = G_PARAM_SPEC_UINT (from);
    return g_param_spec_uint (from->name, nick, blurb, spec->minimum,
        spec->maximum, spec->default_value, 0);
  }
  if (G_IS_PARAM_SPEC_INT (from)) {
    GParamSpecInt *spec = G_PARAM_SPEC_INT (from);
    return g_param_spec_int (from->name, nick, blurb, spec->minimum,
        spec->maximum, spec->default_value, 0);
  }
  if (G_IS_PARAM_SPEC_UINT64 (from)) {
    GParamSpecUInt64 *spec = G_PARAM_SPEC_UINT64 (from);
    return g_param_spec_uint64 (from->name, nick, blurb, spec->minimum,
        spec->maximum, spec->default_value, 0);
  }
  return NULL;
}

/* A GParamSpec belongs to one class, so every property needs one of its own. */
static GParamSpec *
clone (GParamSpec *from)
{
  const GValue *value = g_param_spec_get_default_value (from);
  const char *nick = g_param_spec_get_nick (from);
  const char *blurb = g_param_spec_get_blurb (from);
  GParamSpec *spec;

  if (G_IS_PARAM_SPEC_ENUM (from))
    spec = g_param_spec_enum (
        from->name, nick, blurb, from->value_type, g_value_get_enum (value), 0);
  else if (G_IS_PARAM_SPEC_BOOLEAN (from))
    spec = g_param_spec_boolean (
        from->name, nick, blurb, g_value_get_boolean (value), 0);
  else if (G_IS_PARAM_SPEC_STRING (from))
    spec = g_param_spec_string (
        from->name, nick, blurb, g_value_get_string (value), 0);
  else if (G_IS_PARAM_SPEC_OBJECT (from))
    spec = g_param_spec_object (from->name, nick, blurb, from->value_type, 0);
  else if (G_IS_PARAM_SPEC_BOXED (from))
    spec = g_param_spec_boxed (from->name, nick, blurb, from->value_type, 0);
  else
    spec = clone_numeric (from, nick, blurb);

  if (spec == NULL) {
    GST_WARNING ("property %s has type %s, which is not carried through",
        from->name, g_type_name (from->value_type));
    return NULL;
  }

  spec->flags = from->flags & ~(G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  return spec;
}

static void
install_properties (GObjectClass *klass, GObjectClass *child_class)
{
  guint n_specs;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (child_class, &n_specs);

  for (guint i = 0; i < n_specs; i++) {
    GParamSpec *spec;

    if (specs[i]->owner_type != G_OBJECT_CLASS_TYPE (child_class))
      continue;
    spec = clone (specs[i]);
    if (spec != NULL)
      g_object_class_install_property (
          klass, GST_PEER_SURFACE_FIRST_PROPERTY + i, spec);
  }
}

void
gst_peer_surface_get_property (
    GstPeerConnection *element, GValue *value, GParamSpec *pspec)
{
  g_autoptr (GstElement) child = NULL;

  if (gst_peer_states_get (element, pspec->name, value))
    return;

  child = gst_peer_child_dup (element);
  if (child != NULL)
    g_object_get_property (G_OBJECT (child), pspec->name, value);
  if (g_str_equal (pspec->name, "turn-server"))
    gst_peer_turn_servers_get (element, value);
}

void
gst_peer_surface_set_property (
    GstPeerConnection *element, const GValue *value, GParamSpec *pspec)
{
  g_autoptr (GstElement) child = gst_peer_child_dup (element);

  if (pspec->flags & G_PARAM_CONSTRUCT_ONLY) {
    /* The only one so far; make_child() hands it on. */
    if (g_str_equal (pspec->name, "ice-agent"))
      element->ice_agent = g_value_dup_object (value);
  } else if (gst_peer_close_is_final (element)) {
    GST_WARNING_OBJECT (element,
        "%s is not set: InvalidStateError, the peer "
        "connection is closed",
        pspec->name);
  } else if (child != NULL && g_str_equal (pspec->name, "turn-server")) {
    gst_peer_turn_servers_set (element, child, g_value_get_string (value));
  } else if (child != NULL) {
    g_object_set_property (G_OBJECT (child), pspec->name, value);
  }
}

/**
 * gst_peer_surface_copy_settings:
 *
 * What was set on one webrtcbin, set on another.
 */
void
gst_peer_surface_copy_settings (GstElement *from, GstElement *to)
{
  guint n_specs;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (from), &n_specs);

  gst_peer_quiet_begin ();
  for (guint i = 0; i < n_specs; i++) {
    g_auto (GValue) value = G_VALUE_INIT;

    if (specs[i]->owner_type != G_OBJECT_TYPE (from) ||
        (specs[i]->flags & G_PARAM_READWRITE) != G_PARAM_READWRITE ||
        specs[i]->flags & G_PARAM_CONSTRUCT_ONLY)
      continue;

    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (G_OBJECT (from), specs[i]->name, &value);
    if (!g_param_value_defaults (specs[i], &value))
      g_object_set_property (G_OBJECT (to), specs[i]->name, &value);
  }
  gst_peer_quiet_end ();
}

/* === actions: down to the child === */

static GstPromise *
find_promise (const GValue *args, guint n_args)
{
  for (guint i = 1; i < n_args; i++) {
    if (G_VALUE_HOLDS (&args[i], GST_TYPE_PROMISE))
      return g_value_get_boxed (&args[i]);
  }
  return NULL;
}

/* These answer after a close as before it. */
static gboolean
is_harmless (const char *action)
{
  return g_str_equal (action, "get-stats") ||
         g_str_equal (action, "get-transceivers") ||
         g_str_equal (action, "get-transceiver");
}

/* Returns what is wrong with a description, or NULL. */
static const char *
find_fault (GstWebRTCSessionDescription *description)
{
  const GstSDPMessage *sdp = description != NULL ? description->sdp : NULL;

  if (sdp == NULL)
    return "there is no session description";
  if (sdp->version == NULL)
    return "the session description has no v= line";
  return NULL;
}

static gboolean
check_candidate (
    GstPeerConnection *element, const GValue *args, GstPromise *promise)
{
  guint mline = g_value_get_uint (&args[1]);
  guint n_mlines = g_atomic_int_get (&element->n_mlines);

  /* Before there is a description, webrtcbin keeps candidates for later. */
  if (n_mlines == 0 || mline < n_mlines)
    return TRUE;

  if (promise != NULL)
    gst_peer_promise_reply_error (promise, GST_WEBRTC_ERROR_INTERNAL_FAILURE,
        "OperationError: a candidate for m-line %u, but there are %u", mline,
        n_mlines);
  else
    GST_ELEMENT_WARNING (element, STREAM, WRONG_TYPE,
        ("A candidate was ignored."),
        ("It is for m-line %u, but there are %u.", mline, n_mlines));

  return FALSE;
}

/* What later checks need to know of a description. */
static void
take_note (
    GstPeerConnection *element, const GstSDPMessage *sdp, gboolean remote)
{
  GstPeerCredentials *before = NULL;

  g_atomic_int_set (&element->n_mlines, gst_sdp_message_medias_len (sdp));
  if (!remote)
    return;

  GST_OBJECT_LOCK (element);
  before = element->credentials;
  element->credentials = gst_peer_credentials_new (sdp);
  GST_OBJECT_UNLOCK (element);
  gst_peer_credentials_free (before);
}

/* Whether the action may go down to webrtcbin; replies otherwise. */
static gboolean
check_action (GstPeerConnection *element, const char *action,
    const GValue *args, GstPromise *promise)
{
  if (gst_peer_close_is_final (element) && !is_harmless (action)) {
    GST_WARNING_OBJECT (element,
        "%s: InvalidStateError, the peer connection "
        "is closed",
        action);
    gst_peer_promise_reply_error (promise, GST_WEBRTC_ERROR_INVALID_STATE,
        "%s: the peer connection is closed", action);
    return FALSE;
  }

  if (g_str_equal (action, "set-local-description") ||
      g_str_equal (action, "set-remote-description")) {
    GstWebRTCSessionDescription *description = g_value_get_boxed (&args[1]);
    const char *fault = find_fault (description);

    if (fault != NULL) {
      GST_WARNING_OBJECT (element, "%s: %s", action, fault);
      gst_peer_promise_reply_error (
          promise, GST_WEBRTC_ERROR_TYPE_ERROR, "%s: %s", action, fault);
      return FALSE;
    }
    take_note (element, description->sdp,
        g_str_equal (action, "set-remote-description"));
  }

  if (g_str_has_prefix (action, "add-ice-candidate"))
    return check_candidate (element, args, promise);

  return TRUE;
}

static GstPromise *
wrap_promise (
    GstPeerConnection *element, const char *action, GstPromise *promise)
{
  GPtrArray *held = g_str_equal (action, "set-remote-description")
                        ? gst_peer_ice_hold (element)
                        : NULL;

  return gst_peer_promises_wrap (
      &element->promises, GST_OBJECT (element), promise, held);
}

static void
translate (GstPeerConnection *element, const char *action, const GValue *from,
    GValue *to)
{
  g_value_init (to, G_VALUE_TYPE (from));

  if (G_VALUE_HOLDS (from, GST_TYPE_PROMISE)) {
    g_value_take_boxed (
        to, wrap_promise (element, action, g_value_get_boxed (from)));
  } else if (G_VALUE_HOLDS (from, GST_TYPE_PAD)) {
    GstPad *pad = g_value_get_object (from);

    if (GST_IS_PEER_SINK_PAD (pad) || GST_IS_PEER_SRC_PAD (pad))
      g_value_take_object (to, gst_peer_pads_get_inner (pad));
    else
      g_value_set_object (to, pad);
  } else {
    g_value_copy (from, to);
  }
}

static gboolean
resolve_turn_server (GstPeerConnection *element, GValue *uri)
{
  gboolean given = g_value_get_string (uri) != NULL;

  g_value_take_string (
      uri, gst_peer_turn_servers_resolve (element, g_value_get_string (uri)));

  return !given || g_value_get_string (uri) != NULL;
}

/* The class closure of every action of webrtcbin's; @data is its name. */
static void
marshal_action (GClosure *closure, GValue *result, guint n_args,
    const GValue *args, gpointer hint, gpointer data)
{
  GstPeerConnection *element = g_value_get_object (&args[0]);
  const char *action = data;
  g_autoptr (GstElement) child = gst_peer_child_dup (element);
  GstPromise *promise = find_promise (args, n_args);
  gboolean is_turn_server = g_str_equal (action, "add-turn-server");
  g_autofree GValue *inner = NULL;

  if (child == NULL || !check_action (element, action, args, promise))
    return;

  inner = g_new0 (GValue, n_args);
  g_value_init (&inner[0], G_OBJECT_TYPE (child));
  g_value_set_object (&inner[0], child);
  for (guint i = 1; i < n_args; i++)
    translate (element, action, &args[i], &inner[i]);

  if (is_turn_server)
    gst_peer_quiet_begin ();
  if (!is_turn_server || resolve_turn_server (element, &inner[1]))
    g_signal_emitv (
        inner, g_signal_lookup (action, G_OBJECT_TYPE (child)), 0, result);
  if (is_turn_server) {
    gst_peer_quiet_end ();
    gst_peer_turn_servers_check (
        element, g_value_get_string (&inner[1]), g_value_get_boolean (result));
  }
  if (is_turn_server && g_value_get_boolean (result))
    gst_peer_turn_servers_remember (element, g_value_get_string (&inner[1]));

  for (guint i = 0; i < n_args; i++)
    g_value_unset (&inner[i]);
}

/* === events: up from the child === */

/* W3C fires no event at a closed connection. */
static gboolean
may_come_up (GstPeerConnection *element, const char *event)
{
  return !gst_peer_states_is_closed (element) ||
         g_str_equal (event, "request-aux-sender");
}

/* Signals that webrtcbin emits on its own thread and on no other. */
static gboolean
is_from_pc_thread (const char *event)
{
  return g_str_equal (event, "on-negotiation-needed") ||
         g_str_equal (event, "on-ice-candidate") ||
         g_str_equal (event, "on-data-channel");
}

typedef struct {
  GClosure closure;
  const char *event;
} Relay;

/* On whichever thread webrtcbin emits, under whichever of its locks. */
static void
marshal_event (GClosure *closure, GValue *result, guint n_args,
    const GValue *args, gpointer hint, gpointer data)
{
  const char *event = ((Relay *)closure)->event;
  GstPeerConnection *element = closure->data;
  g_autofree GValue *outer = NULL;

  if (is_from_pc_thread (event))
    gst_peer_child_saw_pc_thread (element);
  if (g_str_equal (event, "prepare-data-channel"))
    gst_peer_channels_add (element, g_value_get_object (&args[1]));
  if (!may_come_up (element, event))
    return;

  outer = g_new0 (GValue, n_args);
  g_value_init (&outer[0], G_OBJECT_TYPE (element));
  g_value_set_object (&outer[0], element);
  for (guint i = 1; i < n_args; i++) {
    g_value_init (&outer[i], G_VALUE_TYPE (&args[i]));
    g_value_copy (&args[i], &outer[i]);
  }

  g_signal_emitv (
      outer, g_signal_lookup (event, G_OBJECT_TYPE (element)), 0, result);

  for (guint i = 0; i < n_args; i++)
    g_value_unset (&outer[i]);
}

static void
relay_event (GstPeerConnection *element, GstElement *child, const char *event)
{
  GClosure *closure = g_closure_new_object (sizeof (Relay), G_OBJECT (element));

  ((Relay *)closure)->event = event;
  g_closure_set_marshal (closure, marshal_event);
  g_signal_connect_closure (child, event, closure, FALSE);
}

/* On the child's thread for its states, on the setter's for its settings. */
static void
on_notify (GObject *child, GParamSpec *pspec, GstPeerConnection *element)
{
  if (pspec->owner_type != G_OBJECT_TYPE (child))
    return;
  if (!(pspec->flags & G_PARAM_WRITABLE))
    gst_peer_child_saw_pc_thread (element);

  if (g_str_equal (pspec->name, "signaling-state"))
    gst_peer_ice_hold_learn (element, GST_ELEMENT (child));
  if (gst_peer_states_follow (element, GST_ELEMENT (child), pspec->name))
    gst_peer_presence_on_state (element);
  else if (!gst_peer_states_is_closed (element))
    g_object_notify (G_OBJECT (element), pspec->name);
}

/* === both === */

/* For the signals that return an object: the first one wins. */
static gboolean
first_object (GSignalInvocationHint *hint, GValue *accumulated,
    const GValue *returned, gpointer data)
{
  g_value_copy (returned, accumulated);
  return g_value_get_object (returned) == NULL;
}

static void
install_signals (GObjectClass *klass, GType child_type)
{
  guint n_ids;
  g_autofree guint *ids = g_signal_list_ids (child_type, &n_ids);

  for (guint i = 0; i < n_ids; i++) {
    GSignalQuery query;
    gboolean returns_object;
    GClosure *closure = NULL;

    g_signal_query (ids[i], &query);
    /* Our own close, webrtcbin's since 1.28, is another one. */
    if (g_signal_lookup (query.signal_name, G_OBJECT_CLASS_TYPE (klass)) != 0)
      continue;

    if (query.signal_flags & G_SIGNAL_ACTION) {
      closure = g_closure_new_simple (sizeof (GClosure), NULL);
      g_closure_set_meta_marshal (
          closure, (gpointer)query.signal_name, marshal_action);
      g_closure_set_marshal (closure, g_cclosure_marshal_generic);
    }
    returns_object = g_type_is_a (
        query.return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_OBJECT);
    g_signal_newv (query.signal_name, G_OBJECT_CLASS_TYPE (klass),
        query.signal_flags, closure,
        returns_object && closure == NULL ? first_object : NULL, NULL, NULL,
        query.return_type, query.n_params, (GType *)query.param_types);
  }
}

/**
 * gst_peer_surface_install:
 *
 * To be called at the end of class_init, when our own signals are there, or, if
 * no plugin can be loaded then, before there is an object. Once is enough.
 */
void
gst_peer_surface_install (GObjectClass *klass)
{
  static gsize installed = 0;
  g_autoptr (GTypeClass) child_class = NULL;
  GType type;

  if (!g_once_init_enter (&installed))
    return;

  type = gst_peer_child_type ();
  if (type != G_TYPE_INVALID) {
    child_class = g_type_class_ref (type);
    install_properties (klass, G_OBJECT_CLASS (child_class));
    install_signals (klass, type);
  }
  g_once_init_leave (&installed, TRUE);
}

void
gst_peer_surface_connect (GstPeerConnection *element, GstElement *child)
{
  guint n_ids;
  g_autofree guint *ids = g_signal_list_ids (G_OBJECT_TYPE (child), &n_ids);

  for (guint i = 0; i < n_ids; i++) {
    GSignalQuery query;

    g_signal_query (ids[i], &query);
    if (!(query.signal_flags & G_SIGNAL_ACTION))
      relay_event (element, child, query.signal_name);
  }
  g_signal_connect_object (child, "notify", G_CALLBACK (on_notify), element, 0);
}
