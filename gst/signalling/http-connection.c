/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For POLLRDHUP. */
#define _GNU_SOURCE

#include "http-connection.h"

#include <glib-unix.h>
#include <poll.h>
#include <sys/socket.h>

/* libsoup's server waits for ever for whoever is slow, so each connection has a
 * deadline for what is to come next. When it is over, the socket is shut down,
 * which libsoup takes for the client's doing. */
#define REQUEST_TIME 10000  /* ms, from the accept to the last byte */
#define RESPONSE_TIME 10000 /* ms, until the kernel has all of it */

/* What a client may have sent behind its request is read before the close, as
 * the kernel answers unread data with a reset, at which the client may lose the
 * response. */
#define MAX_REST (64 * 1024)

#define KEY "gst-peer-http-connection"

struct _GstPeerHttpConnection {
  GSocket *socket;
  gboolean is_secure;
  char *peer;
  GstPeerHttpClients *clients;
  gboolean has_offended;
  GCancellable *cancellable; /* cancelled at a deadline */

  GSource *deadline;
  const char *expected; /* until then */

  /* While the request is whole and its response is not there. */
  SoupServerMessage *message;
  gulong on_disconnected;
  GSource *watch;
  GstPeerHttpGone gone;
  gpointer user_data;
};

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
attach (GSource *source)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_source_attach (source, context);
}

/* === offences === */

/**
 * gst_peer_http_connection_tell:
 *
 * Logs what the client does against the rules: the first of it, as one thing
 * leads to the next, with its address.
 */
void
gst_peer_http_connection_tell (
    GstPeerHttpConnection *self, GstDebugLevel level, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (self->has_offended)
    return;
  self->has_offended = TRUE;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  gst_peer_http_clients_tell (self->clients, level, "%s: %s", self->peer, text);
}

/* === deadlines === */

/* With a reset at the close that follows. Otherwise the kernel would keep what
 * was not read for minutes; and who writes on against a closed window would not
 * learn of the end. */
static void
cut (GstPeerHttpConnection *self)
{
  struct linger none = { .l_onoff = 1 };

  if (g_socket_is_closed (self->socket))
    return;
  setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_LINGER, &none,
      sizeof (none));
  g_cancellable_cancel (self->cancellable);
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

static gboolean
on_deadline (gpointer user_data)
{
  GstPeerHttpConnection *self = user_data;

  gst_peer_http_connection_tell (
      self, GST_LEVEL_INFO, "%s took too long", self->expected);
  clear_source (&self->deadline);
  cut (self);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_http_connection_expect:
 * @what: for the log
 * @time: ms, after which the connection is cut
 */
void
gst_peer_http_connection_expect (
    GstPeerHttpConnection *self, const char *what, guint time)
{
  clear_source (&self->deadline);
  self->expected = what;
  self->deadline = g_timeout_source_new (time);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  attach (self->deadline);
}

/* === waiting for the element === */

/**
 * gst_peer_http_connection_watch:
 *
 * Calls @func, when the client has closed its end.
 */
GSource *
gst_peer_http_connection_watch (GstPeerHttpConnection *self, GSourceFunc func,
    gpointer user_data, GDestroyNotify notify)
{
  GSource *watch = g_unix_fd_source_new (g_socket_get_fd (self->socket),
      (GIOCondition)POLLRDHUP | G_IO_HUP | G_IO_ERR);

  g_source_set_callback (watch, func, user_data, notify);
  attach (watch);

  return watch;
}

static void
let_go (GstPeerHttpConnection *self)
{
  clear_source (&self->watch);
  if (self->message != NULL)
    g_clear_signal_handler (&self->on_disconnected, self->message);
  self->message = NULL;
}

static void
on_disconnected (SoupServerMessage *message, gpointer user_data)
{
  GstPeerHttpConnection *self = user_data;

  let_go (self);
  self->gone (self->user_data);
}

static gboolean
on_hang_up (int fd, GIOCondition condition, gpointer user_data)
{
  GstPeerHttpConnection *self = user_data;
  g_autoptr (SoupServerMessage) message = g_object_ref (self->message);

  gst_peer_http_connection_tell (
      self, GST_LEVEL_INFO, "hung up before the response");
  let_go (self);
  self->gone (self->user_data);
  /* libsoup ends what it cannot write. */
  cut (self);
  gst_peer_http_connection_expect (self, "the end", RESPONSE_TIME);
  soup_server_message_unpause (message);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_http_connection_hold:
 * @message: which was read and is paused
 * @gone: when the client goes, before gst_peer_http_connection_release()
 *
 * libsoup does not look at a connection that is paused.
 */
void
gst_peer_http_connection_hold (GstPeerHttpConnection *self,
    SoupServerMessage *message, GstPeerHttpGone gone, gpointer user_data)
{
  clear_source (&self->deadline);
  self->message = message;
  self->gone = gone;
  self->user_data = user_data;
  self->on_disconnected = g_signal_connect (
      message, "disconnected", G_CALLBACK (on_disconnected), self);
  self->watch = gst_peer_http_connection_watch (
      self, G_SOURCE_FUNC (on_hang_up), self, NULL);
}

/**
 * gst_peer_http_connection_release:
 *
 * The response goes on its way.
 */
void
gst_peer_http_connection_release (GstPeerHttpConnection *self)
{
  let_go (self);
  gst_peer_http_connection_expect (self, "the response", RESPONSE_TIME);
}

/* === the end === */

/**
 * gst_peer_http_connection_end_output:
 *
 * The client is to see the end, while it may still send.
 */
void
gst_peer_http_connection_end_output (GstPeerHttpConnection *self)
{
  g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
}

/**
 * gst_peer_http_connection_finish:
 *
 * Before the close of its stream, which must not wait.
 */
void
gst_peer_http_connection_finish (GstPeerHttpConnection *self)
{
  char buffer[4096];
  gsize n_read = 0;
  gssize n;

  if (g_socket_is_closed (self->socket))
    return;
  /* A TLS connection says goodbye when it is closed, and waits until the kernel
   * takes that. Without a way out it does not. */
  if ((g_socket_condition_check (self->socket, G_IO_OUT) & G_IO_OUT) == 0)
    gst_peer_http_connection_end_output (self);

  do {
    n = g_socket_receive_with_blocking (
        self->socket, buffer, sizeof (buffer), FALSE, NULL, NULL);
    n_read += MAX (n, 0);
  } while (n > 0 && n_read < MAX_REST);
}

/* === life === */

static void
free_with_address (gpointer data)
{
  gst_peer_http_connection_free (data);
}

/**
 * gst_peer_http_connection_hand_over:
 * @self: (transfer full): to libsoup, with its stream
 *
 * Returns: (transfer full): the client's address, which libsoup keeps as long
 *   as the connection, and @self with it. A copy, as a socket keeps its own
 */
GSocketAddress *
gst_peer_http_connection_hand_over (GstPeerHttpConnection *self)
{
  g_autoptr (GSocketAddress) remote =
      g_socket_get_remote_address (self->socket, NULL);
  GSocketAddress *address;

  if (remote == NULL) {
    gst_peer_http_connection_free (self);
    return NULL;
  }
  address = g_inet_socket_address_new (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)),
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote)));
  g_object_set_data_full (G_OBJECT (address), KEY, self, free_with_address);

  return address;
}

/**
 * gst_peer_http_connection_of:
 * @remote: as it was given to libsoup
 *
 * Returns: (nullable): %NULL after gst_peer_http_connection_steal()
 */
GstPeerHttpConnection *
gst_peer_http_connection_of (GSocketAddress *remote)
{
  return g_object_get_data (G_OBJECT (remote), KEY);
}

GstPeerHttpConnection *
gst_peer_http_connection_get (SoupServerMessage *message)
{
  return gst_peer_http_connection_of (
      soup_server_message_get_remote_address (message));
}

/**
 * gst_peer_http_connection_steal:
 *
 * Returns: (transfer full): what libsoup was given
 */
GstPeerHttpConnection *
gst_peer_http_connection_steal (SoupServerMessage *message)
{
  return g_object_steal_data (
      G_OBJECT (soup_server_message_get_remote_address (message)), KEY);
}

gboolean
gst_peer_http_connection_is_secure (GstPeerHttpConnection *self)
{
  return self->is_secure;
}

GCancellable *
gst_peer_http_connection_get_cancellable (GstPeerHttpConnection *self)
{
  return self->cancellable;
}

static char *
describe_peer (GSocket *socket)
{
  g_autoptr (GSocketAddress) address =
      g_socket_get_remote_address (socket, NULL);

  return address != NULL
             ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
             : g_strdup ("somebody");
}

/**
 * gst_peer_http_connection_new:
 * @is_secure: whether it is to be TLS
 * @clients: counts this for as long as it lives
 *
 * Begins to wait for the request.
 */
GstPeerHttpConnection *
gst_peer_http_connection_new (
    GSocket *socket, gboolean is_secure, GstPeerHttpClients *clients)
{
  GstPeerHttpConnection *self = g_new0 (GstPeerHttpConnection, 1);

  self->socket = g_object_ref (socket);
  self->is_secure = is_secure;
  self->peer = describe_peer (socket);
  self->clients = gst_peer_http_clients_ref (clients);
  gst_peer_http_clients_add (clients, 1);
  self->cancellable = g_cancellable_new ();
  gst_peer_http_connection_expect (self, "the request", REQUEST_TIME);

  return self;
}

void
gst_peer_http_connection_free (GstPeerHttpConnection *self)
{
  let_go (self);
  clear_source (&self->deadline);
  gst_peer_http_clients_add (self->clients, -1);
  gst_peer_http_clients_unref (self->clients);
  g_object_unref (self->cancellable);
  g_object_unref (self->socket);
  g_free (self->peer);
  g_free (self);
}
