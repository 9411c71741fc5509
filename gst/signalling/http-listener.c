/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-listener.h"

#include "http-connection.h"
#include "http-stream.h"
#include "http-tls.h"
#include "signalling-log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

/* At once. Media and all else of the process need file descriptors as well, so
 * no more than half of these. */
#define MAX_CONNECTIONS 1000

/* Before another try when there are no more file descriptors. */
#define REST 100 /* ms */

/* In a box, as what runs keeps it. */
struct _GstPeerHttpListener {
  GSocketListener *listener;
  GCancellable *cancellable;
  GstPeerHttpTls *tls; /* NULL in the clear */
  GstPeerHttpAccepted accepted;
  gpointer user_data;
  GstPeerHttpClients *clients;
  guint max_open;
  gboolean accepts;
  gboolean is_exhausted; /* and has said so */
};

typedef struct {
  GstPeerHttpListener *listener;
  GstPeerHttpConnection *connection;
  GSocketAddress *local;
} Arrival;

static void on_accepted (
    GObject *listener, GAsyncResult *result, gpointer user_data);

static void
clear (gpointer data)
{
  GstPeerHttpListener *self = data;

  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  gst_peer_http_clients_unref (self->clients);
}

static void
release (gpointer self)
{
  g_rc_box_release_full (self, clear);
}

static void
hand_over (GstPeerHttpListener *self, GstPeerHttpConnection *connection,
    GIOStream *stream, GSocketAddress *local)
{
  g_autoptr (GSocketAddress) remote =
      gst_peer_http_connection_hand_over (connection);
  g_autoptr (GIOStream) checked = NULL;

  if (remote == NULL)
    return;
  checked = gst_peer_http_stream_new (stream, remote);
  self->accepted (checked, local, remote, self->user_data);
}

static void
on_tls_done (GIOStream *encrypted, gpointer user_data)
{
  g_autofree Arrival *arrival = user_data;
  g_autoptr (GSocketAddress) local = arrival->local;
  g_autoptr (GIOStream) stream = encrypted;
  GstPeerHttpListener *self = arrival->listener;

  if (stream != NULL && !g_cancellable_is_cancelled (self->cancellable)) {
    hand_over (self, arrival->connection, stream, local);
  } else {
    gst_peer_http_connection_tell (
        arrival->connection, GST_LEVEL_INFO, "no TLS handshake");
    gst_peer_http_connection_free (arrival->connection);
  }
  release (self);
}

static void
take (GstPeerHttpListener *self, GSocketConnection *stream)
{
  GSocket *socket = g_socket_connection_get_socket (stream);
  g_autoptr (GSocketAddress) local =
      g_socket_connection_get_local_address (stream, NULL);
  GstPeerHttpConnection *connection;
  Arrival *arrival;

  if (local == NULL)
    return;
  /* Headers and body are written apart. */
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  connection =
      gst_peer_http_connection_new (socket, self->tls != NULL, self->clients);
  if (gst_peer_http_clients_count (self->clients) > self->max_open) {
    gst_peer_http_connection_tell (connection, GST_LEVEL_INFO,
        "closed, as %u connections are open", self->max_open);
    gst_peer_http_connection_free (connection);
    return;
  }
  if (self->tls == NULL) {
    hand_over (self, connection, G_IO_STREAM (stream), local);
    return;
  }

  arrival = g_new0 (Arrival, 1);
  arrival->listener = g_rc_box_acquire (self);
  arrival->connection = connection;
  arrival->local = g_steal_pointer (&local);
  gst_peer_http_tls_add (self->tls, G_IO_STREAM (stream),
      gst_peer_http_connection_get_cancellable (connection), on_tls_done,
      arrival);
}

static void
accept_next (GstPeerHttpListener *self)
{
  g_socket_listener_accept_async (
      self->listener, self->cancellable, on_accepted, g_rc_box_acquire (self));
}

static gboolean
on_rest_over (gpointer user_data)
{
  GstPeerHttpListener *self = user_data;

  if (!g_cancellable_is_cancelled (self->cancellable))
    accept_next (self);

  return G_SOURCE_REMOVE;
}

static void
accept_later (GstPeerHttpListener *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) rest = g_timeout_source_new (REST);

  g_source_set_callback (rest, on_rest_over, g_rc_box_acquire (self), release);
  g_source_attach (rest, context);
}

/* Not left to soup_server_listen(): libsoup 3.2 keeps a GSocket of every
 * connection, and stops to listen for ever when one cannot be accepted
 * (soup-listener.c, listen_watch). */
static void
on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data)
{
  GstPeerHttpListener *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_listener_accept_finish (
      G_SOCKET_LISTENER (listener), result, NULL, &error);

  if (!g_cancellable_is_cancelled (self->cancellable)) {
    if (connection != NULL) {
      self->is_exhausted = FALSE;
      take (self, connection);
      accept_next (self);
    } else {
      if (!self->is_exhausted)
        GST_WARNING ("cannot accept: %s", error->message);
      self->is_exhausted = TRUE;
      accept_later (self);
    }
  }
  release (self);
}

static int
count_allowed (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) != 0)
    return MAX_CONNECTIONS;

  return MIN (files.rlim_cur / 2, MAX_CONNECTIONS);
}

/**
 * gst_peer_http_listener_new:
 * @certificate: (nullable): for TLS
 *
 * Listens already, when it returns; who comes waits for
 * gst_peer_http_listener_accept().
 */
GstPeerHttpListener *
gst_peer_http_listener_new (GSocketAddress *address,
    GTlsCertificate *certificate, GstPeerHttpAccepted accepted,
    gpointer user_data, GError **error)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  GstPeerHttpListener *self;

  /* Those that come while others are being accepted. With GLib's 10, a crowd of
   * them has a viewer wait for a second and more until its kernel tries again. */
  g_socket_listener_set_backlog (listener, MAX_CONNECTIONS);
  if (!g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM,
          G_SOCKET_PROTOCOL_TCP, NULL, NULL, error))
    return NULL;

  self = g_rc_box_new0 (GstPeerHttpListener);
  self->listener = g_steal_pointer (&listener);
  self->cancellable = g_cancellable_new ();
  if (certificate != NULL)
    self->tls = gst_peer_http_tls_new (certificate);
  self->accepted = accepted;
  self->user_data = user_data;
  self->clients = gst_peer_http_clients_new ();
  self->max_open = count_allowed ();

  return self;
}

void
gst_peer_http_listener_accept (GstPeerHttpListener *self)
{
  if (self->accepts)
    return;
  self->accepts = TRUE;
  accept_next (self);
}

/**
 * gst_peer_http_listener_free:
 * @self: (nullable)
 *
 * No more are accepted once it has returned.
 */
void
gst_peer_http_listener_free (GstPeerHttpListener *self)
{
  if (self == NULL)
    return;

  g_cancellable_cancel (self->cancellable);
  g_socket_listener_close (self->listener);
  g_clear_pointer (&self->tls, gst_peer_http_tls_free);
  release (self);
}
