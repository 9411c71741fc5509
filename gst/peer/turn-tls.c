/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TURN over TLS (RFC 8656 section 3.1). libnice 0.1.21 speaks plain TCP to the
 * server of a turns: URI. So it is given a port of the loopback instead, and
 * what it sends there goes on to the server in TLS of GIO's, which checks the
 * certificate. */

#include "turn-tls.h"

#include "loop.h"

#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define DEFAULT_PORT 5349

/* libnice makes one for each local address of each m-line, of the server that
 * the application has named. */
#define MAX_LINKS 128

/* Until the server has answered the TLS handshake. */
#define CONNECT_TIMEOUT 10 /* s */

#define IGNORED_SIZE 4096

/* How long gst_peer_turn_tls_free() waits for what it has cancelled. */
#define END_TIMEOUT G_TIME_SPAN_SECOND

struct _GstPeerTurnTls {
  char *uri;
  char *local_uri;
  GSocketListener *listener;
  GSocketConnectable *server;
  GSocketClient *client;
  GCancellable *cancellable;
  GWeakRef element;

  GstPeerLoop *loop;
  gint n_pending; /* the accept and the links; changed on the loop */
  gboolean warned;
};

/* One connection of libnice's. */
typedef struct {
  GstPeerTurnTls *owner;
  GSocketConnection *local;
  GSocketConnection *remote;
} Link;

static void
add_pending (GstPeerTurnTls *self)
{
  g_atomic_int_inc (&self->n_pending);
}

static void
remove_pending (GstPeerTurnTls *self)
{
  g_atomic_int_add (&self->n_pending, -1);
  gst_peer_loop_wake (self->loop);
}

static void
free_link (Link *self)
{
  remove_pending (self->owner);
  g_object_unref (self->local);
  g_clear_object (&self->remote);
  g_free (self);
}

/* Once, as libnice asks again and again. */
static void
warn (GstPeerTurnTls *self, const GError *error)
{
  g_autoptr (GstElement) element = g_weak_ref_get (&self->element);
  g_autofree char *server = g_socket_connectable_to_string (self->server);

  if (element == NULL || self->warned ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self->warned = TRUE;
  GST_ELEMENT_WARNING (element, RESOURCE, OPEN_READ_WRITE,
      ("The TURN server %s cannot be used.", server), ("%s", error->message));
}

static void
set_no_delay (GSocketConnection *connection)
{
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP,
      TCP_NODELAY, TRUE, NULL);
}

static void
on_link_ended (GObject *local, GAsyncResult *result, gpointer link)
{
  g_io_stream_splice_finish (result, NULL);
  free_link (link);
}

static void on_ignored (GObject *input, GAsyncResult *result, gpointer link);

/* libnice is left to its own time limit. If it finds its connection closed, it
 * drops the request without looking whether gathering has ended by that
 * (discovery_prune_socket()), and it never does. */
static void
ignore (Link *self)
{
  g_input_stream_skip_async (
      g_io_stream_get_input_stream (G_IO_STREAM (self->local)), IGNORED_SIZE,
      G_PRIORITY_DEFAULT, self->owner->cancellable, on_ignored, self);
}

static void
on_ignored (GObject *input, GAsyncResult *result, gpointer link)
{
  if (g_input_stream_skip_finish (G_INPUT_STREAM (input), result, NULL) > 0)
    ignore (link);
  else
    free_link (link);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer user_data)
{
  Link *self = user_data;
  g_autoptr (GError) error = NULL;

  self->remote =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);
  if (self->remote == NULL) {
    warn (self->owner, error);
    ignore (self);
    return;
  }

  /* From here on it may be silent for as long as it likes. */
  g_socket_set_timeout (g_socket_connection_get_socket (self->remote), 0);
  set_no_delay (self->local);
  set_no_delay (self->remote);
  g_io_stream_splice_async (G_IO_STREAM (self->local),
      G_IO_STREAM (self->remote),
      G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2,
      G_PRIORITY_DEFAULT, self->owner->cancellable, on_link_ended, self);
}

static void
on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data)
{
  GstPeerTurnTls *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) local = g_socket_listener_accept_finish (
      G_SOCKET_LISTENER (listener), result, NULL, &error);

  if (local == NULL) {
    warn (self, error);
    remove_pending (self);
    return;
  }

  if (g_atomic_int_get (&self->n_pending) <= MAX_LINKS) {
    Link *link = g_new0 (Link, 1);

    link->owner = self;
    link->local = g_steal_pointer (&local);
    add_pending (self);
    g_socket_client_connect_async (
        self->client, self->server, self->cancellable, on_connected, link);
  }
  g_socket_listener_accept_async (
      self->listener, self->cancellable, on_accepted, self);
}

static gboolean
accept_first (gpointer user_data)
{
  GstPeerTurnTls *self = user_data;

  g_socket_listener_accept_async (
      self->listener, self->cancellable, on_accepted, self);

  return G_SOURCE_REMOVE;
}

/* The URI with another host and transport, its user and password as they are
 * written. */
static char *
make_local_uri (const char *uri, guint16 port)
{
  const char *authority = strstr (uri, "//") + strlen ("//");
  g_autofree char *userinfo = NULL;
  const char *at = g_strrstr_len (authority, strcspn (authority, "/?#"), "@");

  if (at != NULL)
    userinfo = g_strndup (authority, at - authority);

  return g_strdup_printf ("turn://%s@127.0.0.1:%u?transport=tcp",
      userinfo != NULL ? userinfo : "", port);
}

static GSocketListener *
listen_on_loopback (guint16 *port, GError **error)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;

  if (!g_socket_listener_add_address (listener, any, G_SOCKET_TYPE_STREAM,
          G_SOCKET_PROTOCOL_TCP, NULL, &address, error))
    return NULL;
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

  return g_steal_pointer (&listener);
}

/**
 * gst_peer_turn_tls_wants:
 *
 * Returns: whether @uri is one of TURN over TLS
 */
gboolean
gst_peer_turn_tls_wants (const char *uri)
{
  return uri != NULL && g_ascii_strncasecmp (uri, "turns://", 8) == 0;
}

/**
 * gst_peer_turn_tls_new:
 * @element: posts a WARNING when the server cannot be used
 * @uri: of which gst_peer_turn_tls_wants() is true
 *
 * Begins to listen. The server is connected to when libnice does.
 */
GstPeerTurnTls *
gst_peer_turn_tls_new (GstElement *element, const char *uri, GError **error)
{
  g_autoptr (GstUri) parsed = gst_uri_from_string_escaped (uri);
  const char *host = parsed != NULL ? gst_uri_get_host (parsed) : NULL;
  g_autoptr (GSocketListener) listener = NULL;
  GstPeerTurnTls *self;
  guint16 local_port;
  guint port;

  if (host == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "a turns: URI without a host");
    return NULL;
  }
  listener = listen_on_loopback (&local_port, error);
  if (listener == NULL)
    return NULL;

  port = gst_uri_get_port (parsed);
  self = g_new0 (GstPeerTurnTls, 1);
  self->uri = g_strdup (uri);
  self->local_uri = make_local_uri (uri, local_port);
  self->listener = g_steal_pointer (&listener);
  self->server = g_network_address_new (
      host, port != GST_URI_NO_PORT ? port : DEFAULT_PORT);
  self->client = g_object_new (G_TYPE_SOCKET_CLIENT, "tls", TRUE,
      "enable-proxy", FALSE, "timeout", CONNECT_TIMEOUT, NULL);
  self->cancellable = g_cancellable_new ();
  g_weak_ref_init (&self->element, element);
  self->loop = gst_peer_loop_new ("turn-tls");
  add_pending (self);
  gst_peer_loop_call (self->loop, accept_first, self, NULL);

  return self;
}

static gboolean
is_idle (gpointer user_data)
{
  GstPeerTurnTls *self = user_data;

  return g_atomic_int_get (&self->n_pending) == 0;
}

static gboolean
cancel (gpointer user_data)
{
  GstPeerTurnTls *self = user_data;

  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_turn_tls_free:
 *
 * Cuts whatever is still open.
 */
void
gst_peer_turn_tls_free (GstPeerTurnTls *self)
{
  gst_peer_loop_call (self->loop, cancel, self, NULL);
  gst_peer_loop_wait (
      self->loop, is_idle, self, g_get_monotonic_time () + END_TIMEOUT);
  gst_peer_loop_free (self->loop);

  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->server);
  g_object_unref (self->client);
  g_object_unref (self->cancellable);
  g_weak_ref_clear (&self->element);
  g_free (self->uri);
  g_free (self->local_uri);
  g_free (self);
}

const char *
gst_peer_turn_tls_get_uri (GstPeerTurnTls *self)
{
  return self->uri;
}

/**
 * gst_peer_turn_tls_get_local_uri:
 *
 * Returns: the URI for libnice
 */
const char *
gst_peer_turn_tls_get_local_uri (GstPeerTurnTls *self)
{
  return self->local_uri;
}
