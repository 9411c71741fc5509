/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sides.h"

#define WATCHDOG (20 * G_TIME_SPAN_SECOND)
#define MAX_DUMP 100 /* entries, the last ones */

void
side_log (Side *self, const char *entry)
{
  SideHook hook = NULL;

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->log, g_strdup (entry));
  if (self->hook != NULL && g_str_equal (self->hook_entry, entry))
    hook = g_steal_pointer (&self->hook);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  if (hook != NULL)
    hook (self, self->hook_data);
}

void
side_hook (Side *self, const char *entry, SideHook hook, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->hook_entry = entry;
  self->hook_data = user_data;
  self->hook = hook;
  g_mutex_unlock (&self->lock);
}

static guint
count_locked (Side *self, const char *entry)
{
  guint n = 0;

  for (guint i = 0; i < self->log->len; i++)
    n += g_str_equal (g_ptr_array_index (self->log, i), entry);

  return n;
}

guint
side_count (Side *self, const char *entry)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = count_locked (self, entry);
  g_mutex_unlock (&self->lock);

  return n;
}

static char *
dump (Side *self)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&self->lock);
  for (guint i = self->log->len - MIN (self->log->len, MAX_DUMP);
       i < self->log->len; i++)
    g_string_append_printf (
        text, " %s", (char *)g_ptr_array_index (self->log, i));
  g_mutex_unlock (&self->lock);

  return g_string_free (text, FALSE);
}

void
side_await (Side *self, const char *entry, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;
  gboolean found;

  g_mutex_lock (&self->lock);
  while (!(found = count_locked (self, entry) >= n) && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (found, "no %s (%u) in:%s", entry, n, dump (self));
}

/* === what is seen === */

static void
on_session_added (
    GstElement *element, const char *id, GstElement *connection, Side *self)
{
  side_log (self, "session-added");
}

static void
on_session_removed (
    GstElement *element, const char *id, GstElement *connection, Side *self)
{
  side_log (self, "session-removed");
}

static void
on_notify (GstElement *element, GParamSpec *pspec, Side *self)
{
  side_log (self, pspec->name);
}

static void
on_encoder_setup (
    GstElement *element, GstPad *pad, GstElement *encoder, Side *self)
{
  side_log (self, "encoder-setup");
}

static void
on_payloader_setup (GstElement *element, const char *id, GstPad *pad,
    GstElement *payloader, Side *self)
{
  side_log (self, "payloader-setup");
}

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Side *self)
{
  side_log (self, "frame");
}

static void
on_pad_added (GstElement *element, GstPad *pad, Side *self)
{
  g_autoptr (GstElement) end =
      gst_bin_get_by_name (GST_BIN (self->pipeline), "end");
  g_autoptr (GstPad) sink = NULL;

  if (end != NULL && g_str_has_prefix (GST_PAD_NAME (pad), "video")) {
    sink = gst_element_get_static_pad (end, "sink");
    if (!gst_pad_is_linked (sink))
      gst_pad_link (pad, sink);
  }
  side_log (self, "pad-added");
}

static void
on_pad_removed (GstElement *element, GstPad *pad, Side *self)
{
  side_log (self, "pad-removed");
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Side *self = user_data;
  g_autofree char *entry = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    entry = g_strdup_printf ("message:%s",
        gst_structure_get_name (gst_message_get_structure (message)));
  else
    entry = g_strdup_printf (
        "message:%s", gst_message_type_get_name (GST_MESSAGE_TYPE (message)));
  side_log (self, entry);
  gst_message_unref (message);

  return GST_BUS_DROP;
}

/* === the sides === */

static void
side_finalize (gpointer data)
{
  Side *self = data;

  gst_object_unref (self->pipeline);
  g_ptr_array_unref (self->log);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

static void
side_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, side_finalize);
}

static void
on_handler_gone (gpointer side, GClosure *closure)
{
  side_unref (side);
}

/* The handler holds the side for as long as it may run. */
void
side_connect (
    Side *self, gpointer object, const char *signal, GCallback handler)
{
  g_signal_connect_data (object, signal, handler,
      g_atomic_rc_box_acquire (self), on_handler_gone, 0);
}

static void
listen (Side *self)
{
  side_connect (
      self, self->element, "session-added", G_CALLBACK (on_session_added));
  side_connect (
      self, self->element, "session-removed", G_CALLBACK (on_session_removed));
  side_connect (
      self, self->element, "notify::connection-state", G_CALLBACK (on_notify));
  side_connect (
      self, self->element, "notify::signaling-state", G_CALLBACK (on_notify));
  if (g_signal_lookup ("encoder-setup", G_OBJECT_TYPE (self->element)) != 0) {
    side_connect (
        self, self->element, "encoder-setup", G_CALLBACK (on_encoder_setup));
    side_connect (self, self->element, "payloader-setup",
        G_CALLBACK (on_payloader_setup));
  } else {
    side_connect (self, self->element, "pad-added", G_CALLBACK (on_pad_added));
    side_connect (
        self, self->element, "pad-removed", G_CALLBACK (on_pad_removed));
  }
}

/* @description: of elements, one of them named "element", and another one that
 *   may be named "end" */
Side *
side_new (const char *description)
{
  Side *self = g_atomic_rc_box_new0 (Side);
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (description, FALSE, &error);
  g_autoptr (GstElement) end = NULL;
  g_autoptr (GstBus) bus = NULL;

  ck_assert_msg (bin != NULL, "%s", error != NULL ? error->message : "");
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add (GST_BIN (self->pipeline), bin);
  self->element = gst_bin_get_by_name (GST_BIN (bin), "element");
  end = gst_bin_get_by_name (GST_BIN (bin), "end");
  if (end != NULL)
    side_connect (self, end, "handoff", G_CALLBACK (on_frame));
  listen (self);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_set_sync_handler (
      bus, on_message, g_atomic_rc_box_acquire (self), side_unref);

  return self;
}

void
side_free (Side *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstElement) end =
      gst_bin_get_by_name (GST_BIN (self->pipeline), "end");

  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  if (self->element != NULL)
    g_signal_handlers_disconnect_by_data (self->element, self);
  if (end != NULL)
    g_signal_handlers_disconnect_by_data (end, self);
  gst_clear_object (&self->element);
  side_unref (self);
}
