/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The session resources of a server: from the POST that asks for one until some
 * time after its end. Everything is on the HTTP server's thread. */
typedef struct _GstPeerResources GstPeerResources;

/**
 * GstPeerResource:
 * @id: what follows the server's path; nobody can guess it
 * @etag: with its quotes
 * @mids: of the offer, one for each m-line
 * @ufrags: of the offer
 * @message: (nullable): the POST, until it is answered
 */
typedef struct {
  char *id;
  char *etag;
  char **mids;
  char **ufrags;
  SoupServerMessage *message;

  /*< private >*/
  GstPeerResources *resources;
  GSource *deadline;
} GstPeerResource;

/**
 * GstPeerResourceLost:
 *
 * The client has gone before it was answered, or there was no answer in time.
 * The resource is over.
 */
typedef void (*GstPeerResourceLost) (const char *id, gpointer user_data);

GstPeerResources *gst_peer_resources_new (
    GstPeerResourceLost lost, gpointer user_data);
void gst_peer_resources_free (GstPeerResources *self);

guint gst_peer_resources_count (GstPeerResources *self);
gboolean gst_peer_resources_can_ask (GstPeerResources *self);
GstPeerResource *gst_peer_resources_open (GstPeerResources *self,
    SoupServerMessage *message, const GstSDPMessage *offer, guint timeout);
GstPeerResource *gst_peer_resources_lookup (
    GstPeerResources *self, const char *id);
gboolean gst_peer_resources_has_ended (GstPeerResources *self, const char *id);
void gst_peer_resources_drop (GstPeerResources *self, GstPeerResource *resource,
    guint status, const char *text);
void gst_peer_resources_drop_all (GstPeerResources *self);

SoupServerMessage *gst_peer_resource_take_message (GstPeerResource *self);

G_END_DECLS
