/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-server.h"

#include "loop.h"

/* An SDP of a hundred m-lines is smaller. */
#define MAX_BODY (256 * 1024)

/* Before another try when there are no more file descriptors. */
#define REST 100 /* ms */

/* How long whoever asks waits for the server's own thread, which never waits
 * itself. */
#define CALL_TIMEOUT (10 * G_TIME_SPAN_SECOND)

struct _GstPeerHttpServer {
  char *key;
  guint n_users; /* guarded by registry_lock */

  GstPeerLoop *loop;

  /* Used on the loop. */
  GSocketListener *listener;
  GCancellable *cancellable;
  SoupServer *soup;
  GHashTable *routes; /* path to Route */
};

typedef struct {
  GstPeerHttpHandler handler;
  gpointer user_data;
} Route;

/* Held while a server starts or ends, which the server's own thread never asks
 * for. */
static GMutex registry_lock;
static GHashTable *registry; /* "host:port" to GstPeerHttpServer */

/* === calls into the loop that are waited for === */

typedef struct {
  GstPeerHttpServer *server;
  const char *text;
  GSocketAddress *address;
  Route *route;
  GError *error;
  void (*func) (gpointer call);
  gint done;
} Call;

static gboolean
run_call (gpointer user_data)
{
  Call *call = user_data;

  call->func (call);
  g_atomic_int_set (&call->done, TRUE);
  gst_peer_loop_wake (call->server->loop);

  return G_SOURCE_REMOVE;
}

static gboolean
is_done (gpointer user_data)
{
  return g_atomic_int_get (&((Call *)user_data)->done);
}

static void
call_and_wait (Call *call)
{
  gst_peer_loop_call (call->server->loop, run_call, call, NULL);
  while (!gst_peer_loop_wait (call->server->loop, is_done, call,
      g_get_monotonic_time () + CALL_TIMEOUT))
    g_warning ("the HTTP server at %s does not answer", call->server->key);
}

/* === requests === */

static gboolean
is_below (const char *path, const char *route)
{
  gsize length = strlen (route);

  return g_str_has_prefix (path, route) &&
         (path[length] == '\0' || path[length] == '/');
}

static void
on_request (SoupServer *soup, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer user_data)
{
  GstPeerHttpServer *self = user_data;
  GHashTableIter iter;
  gpointer key, value;
  Route *route = NULL;
  gsize length = 0;

  if (soup_server_message_get_status (message) != SOUP_STATUS_NONE)
    return; /* too large */

  g_hash_table_iter_init (&iter, self->routes);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    if (is_below (path, key) && strlen (key) > length) {
      length = strlen (key);
      route = value;
    }
  }

  if (route != NULL)
    route->handler (message, path + length, route->user_data);
  else
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
}

static void
refuse_body (SoupServerMessage *message)
{
  soup_message_body_set_accumulate (
      soup_server_message_get_request_body (message), FALSE);
  soup_server_message_set_status (
      message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL);
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Connection",
      "close");
}

static void
on_got_headers (SoupServerMessage *message, gpointer user_data)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);

  if (soup_message_headers_get_content_length (headers) > MAX_BODY)
    refuse_body (message);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  if (soup_server_message_get_status (message) == SOUP_STATUS_NONE &&
      body->length > MAX_BODY)
    refuse_body (message);
}

static void
on_request_started (
    SoupServer *soup, SoupServerMessage *message, gpointer user_data)
{
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), NULL);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), NULL);
}

/* === life === */

static GSocketAddress *
resolve (const char *host, guint port, GError **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autoptr (GSocketConnectable) name = NULL;
  g_autoptr (GSocketAddressEnumerator) addresses = NULL;

  if (address != NULL)
    return g_inet_socket_address_new (address, port);

  name = g_network_address_new (host, port);
  addresses = g_socket_connectable_enumerate (name);
  return g_socket_address_enumerator_next (addresses, NULL, error);
}

static void on_accepted (
    GObject *listener, GAsyncResult *result, gpointer user_data);

static void
accept_next (GstPeerHttpServer *self)
{
  g_socket_listener_accept_async (
      self->listener, self->cancellable, on_accepted, self);
}

static gboolean
on_rest_over (gpointer user_data)
{
  accept_next (user_data);
  return G_SOURCE_REMOVE;
}

static void
accept_later (GstPeerHttpServer *self)
{
  g_autoptr (GSource) rest = g_timeout_source_new (REST);

  g_source_set_callback (rest, on_rest_over, self, NULL);
  g_source_attach (rest, gst_peer_loop_get_context (self->loop));
}

/* Not left to soup_server_listen(): libsoup 3.2 keeps a GSocket of every
 * connection, and stops to listen for ever when one cannot be accepted
 * (soup-listener.c, listen_watch). */
static void
on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data)
{
  GstPeerHttpServer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_listener_accept_finish (
      G_SOCKET_LISTENER (listener), result, NULL, &error);
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) remote = NULL;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (connection == NULL) {
    accept_later (self);
    return;
  }

  local = g_socket_connection_get_local_address (connection, NULL);
  remote = g_socket_connection_get_remote_address (connection, NULL);
  soup_server_accept_iostream (
      self->soup, G_IO_STREAM (connection), local, remote, NULL);
  accept_next (self);
}

static void
start (gpointer user_data)
{
  Call *call = user_data;
  GstPeerHttpServer *self = call->server;

  self->soup = g_object_new (
      SOUP_TYPE_SERVER, "server-header", "gst-peerconnection ", NULL);
  self->routes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->listener = g_socket_listener_new ();
  self->cancellable = g_cancellable_new ();
  g_signal_connect (
      self->soup, "request-started", G_CALLBACK (on_request_started), NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
  if (g_socket_listener_add_address (self->listener, call->address,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, NULL,
          &call->error))
    accept_next (self);
}

static void
stop (gpointer user_data)
{
  GstPeerHttpServer *self = ((Call *)user_data)->server;

  g_cancellable_cancel (self->cancellable);
  g_socket_listener_close (self->listener);
  soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_clear_pointer (&self->routes, g_hash_table_unref);
}

static void
free_server (GstPeerHttpServer *self)
{
  Call call = { .server = self, .func = stop };

  call_and_wait (&call);
  gst_peer_loop_free (self->loop);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self->key);
  g_free (self);
}

static GstPeerHttpServer *
new_server (GSocketAddress *address, const char *key, GError **error)
{
  GstPeerHttpServer *self = g_new0 (GstPeerHttpServer, 1);
  Call call = { .server = self, .address = address, .func = start };

  self->key = g_strdup (key);
  self->loop = gst_peer_loop_new ("http-server");
  call_and_wait (&call);
  if (call.error != NULL) {
    g_propagate_error (error, call.error);
    free_server (self);
    return NULL;
  }
  g_hash_table_insert (registry, self->key, self);

  return self;
}

/**
 * gst_peer_http_server_acquire:
 *
 * The server that listens at @host and @port, started unless it is there.
 * Resolves and listens, so not for a streaming thread.
 */
GstPeerHttpServer *
gst_peer_http_server_acquire (const char *host, guint port, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s:%u", host, port);
  g_autoptr (GSocketAddress) address = resolve (host, port, error);
  GstPeerHttpServer *self;

  if (address == NULL)
    return NULL;

  g_mutex_lock (&registry_lock);
  if (registry == NULL)
    registry = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (registry, key);
  if (self == NULL)
    self = new_server (address, key, error);
  if (self != NULL)
    self->n_users++;
  g_mutex_unlock (&registry_lock);

  return self;
}

void
gst_peer_http_server_release (GstPeerHttpServer *self)
{
  g_mutex_lock (&registry_lock);
  if (--self->n_users == 0) {
    g_hash_table_remove (registry, self->key);
    free_server (self);
  }
  g_mutex_unlock (&registry_lock);
}

static void
add_route (gpointer user_data)
{
  Call *call = user_data;

  if (g_hash_table_contains (call->server->routes, call->text))
    g_set_error (&call->error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
        "%s of %s is another stream's already", call->text, call->server->key);
  else
    g_hash_table_insert (call->server->routes, g_strdup (call->text),
        g_memdup2 (call->route, sizeof (Route)));
}

/**
 * gst_peer_http_server_add:
 * @path: begins with a slash
 */
gboolean
gst_peer_http_server_add (GstPeerHttpServer *self, const char *path,
    GstPeerHttpHandler handler, gpointer user_data, GError **error)
{
  Route route = { handler, user_data };
  Call call = {
    .server = self, .text = path, .route = &route, .func = add_route
  };

  call_and_wait (&call);
  if (call.error == NULL)
    return TRUE;
  g_propagate_error (error, call.error);

  return FALSE;
}

static void
remove_route (gpointer user_data)
{
  Call *call = user_data;

  g_hash_table_remove (call->server->routes, call->text);
}

/**
 * gst_peer_http_server_remove:
 *
 * When this returns, the handler of @path is not called any more.
 */
void
gst_peer_http_server_remove (GstPeerHttpServer *self, const char *path)
{
  Call call = { .server = self, .text = path, .func = remove_route };

  call_and_wait (&call);
}

/**
 * gst_peer_http_server_call:
 *
 * Runs @func on the server's thread.
 */
void
gst_peer_http_server_call (GstPeerHttpServer *self, GSourceFunc func,
    gpointer data, GDestroyNotify notify)
{
  gst_peer_loop_call (self->loop, func, data, notify);
}
