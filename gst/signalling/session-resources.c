/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session-resources.h"

#include "http-exchange.h"

#include <errno.h>
#include <unistd.h>

/* Sessions that a DELETE of is still answered well after their end: players
 * close their media first, and the DELETE comes after that. */
#define MAX_ENDED 1000
#define ENDED_TIME (30 * G_TIME_SPAN_SECOND)

/* POSTs that wait for the element at once, which has to make a peer connection
 * for each. */
#define MAX_PENDING 64

struct _GstPeerResources {
  GHashTable *resources; /* id to GstPeerResource */
  guint n_pending;
  GQueue ended; /* Ended, newest first */
  GstPeerResourceLost lost;
  gpointer user_data;
};

typedef struct {
  char *id;
  gint64 time;
} Ended;

static void
free_ended (gpointer data)
{
  Ended *self = data;

  g_free (self->id);
  g_free (self);
}

/* === one === */

/**
 * gst_peer_resource_take_message:
 *
 * Returns: (transfer full) (nullable): the POST, to be answered and resumed
 */
SoupServerMessage *
gst_peer_resource_take_message (GstPeerResource *self)
{
  if (self->message == NULL)
    return NULL;

  g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
  self->resources->n_pending--;

  return g_steal_pointer (&self->message);
}

static void
free_resource (gpointer data)
{
  GstPeerResource *self = data;
  SoupServerMessage *message = gst_peer_resource_take_message (self);

  g_clear_object (&message);
  g_free (self->id);
  g_free (self->etag);
  g_strfreev (self->mids);
  g_strfreev (self->ufrags);
  g_free (self);
}

/* 128 bits that nobody can guess. */
static char *
make_id (void)
{
  guint64 bits[2];

  if (getentropy (bits, sizeof (bits)) != 0)
    g_error ("no random numbers: %s", g_strerror (errno));

  return g_strdup_printf (
      "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", bits[0], bits[1]);
}

static char **
copy_mids (const GstSDPMessage *sdp)
{
  guint n = gst_sdp_message_medias_len (sdp);
  char **mids = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++) {
    const char *mid = gst_sdp_media_get_attribute_val (
        gst_sdp_message_get_media (sdp, i), "mid");

    mids[i] = g_strdup (mid != NULL ? mid : "");
  }

  return mids;
}

static void
add_ufrag (GPtrArray *ufrags, const char *ufrag)
{
  if (ufrag != NULL)
    g_ptr_array_add (ufrags, g_strdup (ufrag));
}

static char **
copy_ufrags (const GstSDPMessage *sdp)
{
  GPtrArray *ufrags = g_ptr_array_new ();

  add_ufrag (ufrags, gst_sdp_message_get_attribute_val (sdp, "ice-ufrag"));
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    add_ufrag (ufrags, gst_sdp_media_get_attribute_val (
                           gst_sdp_message_get_media (sdp, i), "ice-ufrag"));
  g_ptr_array_add (ufrags, NULL);

  return (char **)g_ptr_array_free (ufrags, FALSE);
}

/* === all === */

static void
remember_ended (GstPeerResources *self, const char *id)
{
  Ended *ended = g_new0 (Ended, 1);

  ended->id = g_strdup (id);
  ended->time = g_get_monotonic_time ();
  g_queue_push_head (&self->ended, ended);
  if (g_queue_get_length (&self->ended) > MAX_ENDED)
    free_ended (g_queue_pop_tail (&self->ended));
}

/**
 * gst_peer_resources_has_ended:
 *
 * Returns: whether it was there not long ago
 */
gboolean
gst_peer_resources_has_ended (GstPeerResources *self, const char *id)
{
  gint64 since = g_get_monotonic_time () - ENDED_TIME;

  for (GList *l = self->ended.head; l != NULL; l = l->next) {
    Ended *ended = l->data;

    if (ended->time < since)
      return FALSE;
    if (g_str_equal (ended->id, id))
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_resources_drop:
 * @status: what the POST is answered, if it was not
 * @text: (nullable): to go with it
 */
void
gst_peer_resources_drop (GstPeerResources *self, GstPeerResource *resource,
    guint status, const char *text)
{
  g_autoptr (SoupServerMessage) message =
      gst_peer_resource_take_message (resource);

  if (message != NULL) {
    if (status == SOUP_STATUS_SERVICE_UNAVAILABLE ||
        status == SOUP_STATUS_CONFLICT)
      gst_peer_http_respond_later (message, status, text);
    else
      gst_peer_http_respond_error (message, status, text);
    gst_peer_http_resume (message);
  }
  remember_ended (self, resource->id);
  g_hash_table_remove (self->resources, resource->id);
}

static void
lose (GstPeerResource *resource)
{
  GstPeerResources *self = resource->resources;
  g_autofree char *id = g_strdup (resource->id);

  gst_peer_resources_drop (
      self, resource, SOUP_STATUS_GATEWAY_TIMEOUT, "There was no answer.\n");
  self->lost (id, self->user_data);
}

static void
on_gone (gpointer user_data)
{
  GstPeerResource *resource = user_data;

  /* Nobody is there to be answered. */
  g_object_unref (gst_peer_resource_take_message (resource));
  lose (resource);
}

static gboolean
on_deadline (gpointer user_data)
{
  GstPeerResource *resource = user_data;

  gst_peer_http_connection_tell (
      gst_peer_http_connection_get (resource->message), GST_LEVEL_WARNING,
      "the offer was not answered in time");
  lose (resource);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_resources_can_ask:
 *
 * Returns: whether one more may be opened, as far as those that wait for an
 *   answer are concerned
 */
gboolean
gst_peer_resources_can_ask (GstPeerResources *self)
{
  return self->n_pending < MAX_PENDING;
}

/**
 * gst_peer_resources_open:
 * @message: the POST, which waits from here on
 * @timeout: ms, for how long
 */
GstPeerResource *
gst_peer_resources_open (GstPeerResources *self, SoupServerMessage *message,
    const GstSDPMessage *offer, guint timeout)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GstPeerResource *resource = g_new0 (GstPeerResource, 1);

  resource->resources = self;
  resource->id = make_id ();
  resource->etag = g_strdup_printf ("\"%.16s\"", resource->id + 16);
  resource->mids = copy_mids (offer);
  resource->ufrags = copy_ufrags (offer);
  resource->message = g_object_ref (message);
  resource->deadline = g_timeout_source_new (timeout);
  g_source_set_callback (resource->deadline, on_deadline, resource, NULL);
  g_source_attach (resource->deadline, context);
  self->n_pending++;
  g_hash_table_insert (self->resources, resource->id, resource);
  gst_peer_http_pause (message, on_gone, resource);

  return resource;
}

GstPeerResource *
gst_peer_resources_lookup (GstPeerResources *self, const char *id)
{
  return g_hash_table_lookup (self->resources, id);
}

guint
gst_peer_resources_count (GstPeerResources *self)
{
  return g_hash_table_size (self->resources);
}

void
gst_peer_resources_drop_all (GstPeerResources *self)
{
  GHashTableIter iter;
  gpointer resource;

  for (;;) {
    g_hash_table_iter_init (&iter, self->resources);
    if (!g_hash_table_iter_next (&iter, NULL, &resource))
      return;
    gst_peer_resources_drop (self, resource, SOUP_STATUS_SERVICE_UNAVAILABLE,
        "The stream is over.\n");
  }
}

GstPeerResources *
gst_peer_resources_new (GstPeerResourceLost lost, gpointer user_data)
{
  GstPeerResources *self = g_new0 (GstPeerResources, 1);

  self->resources =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_resource);
  g_queue_init (&self->ended);
  self->lost = lost;
  self->user_data = user_data;

  return self;
}

void
gst_peer_resources_free (GstPeerResources *self)
{
  g_hash_table_unref (self->resources);
  g_queue_clear_full (&self->ended, free_ended);
  g_free (self);
}
