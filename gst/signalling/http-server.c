/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-server.h"

#include "http-exchange.h"
#include "http-index.h"
#include "http-limits.h"
#include "http-listener.h"
#include "loop.h"

#include <gst/gst.h>
#include <string.h>

/* How long whoever asks waits for the server's own thread, which never waits
 * itself. */
#define CALL_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* More than a response takes. */
#define MAX_LAST_TURNS 16

struct _GstPeerHttpServer {
  char *key;
  GTlsCertificate *certificate; /* NULL in the clear */
  guint n_users;                /* guarded by registry_lock */

  GstPeerLoop *loop;

  /* Used on the loop. */
  GstPeerHttpListener *listener;
  SoupServer *soup;
  GHashTable *routes; /* path to Route */
};

typedef struct {
  const GstPeerHttpRoute *route;
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

/* Who waits may go on, and the call be gone, as soon as it is done. */
static gboolean
run_call (gpointer user_data)
{
  Call *call = user_data;
  GstPeerLoop *loop = call->server->loop;

  call->func (call);
  g_atomic_int_set (&call->done, TRUE);
  gst_peer_loop_wake (loop);

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

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (
      ((const GstPeerHttpEntry *)a)->path, ((const GstPeerHttpEntry *)b)->path);
}

static GArray *
list_entries (GstPeerHttpServer *self)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (GstPeerHttpEntry));
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->routes);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    Route *route = value;
    GstPeerHttpEntry entry = { key, route->route->protocol,
      route->route->count (route->user_data) };

    g_array_append_val (entries, entry);
  }
  g_array_sort (entries, compare_entries);

  return entries;
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

  /* From the response's side, the connection has what time it takes now. */
  gst_peer_http_connection_release (gst_peer_http_connection_get (message));

  g_hash_table_iter_init (&iter, self->routes);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    if (is_below (path, key) && strlen (key) > length) {
      length = strlen (key);
      route = value;
    }
  }

  if (route != NULL) {
    route->route->handle (message, path + length, route->user_data);
  } else {
    g_autoptr (GArray) entries = list_entries (self);

    gst_peer_http_index_respond (message, path, entries);
  }
}

static void
on_request_started (
    SoupServer *soup, SoupServerMessage *message, gpointer user_data)
{
  gst_peer_http_limit (message);
}

static void
on_accepted (GIOStream *stream, GSocketAddress *local, GSocketAddress *remote,
    gpointer user_data)
{
  soup_server_accept_iostream (user_data, stream, local, remote, NULL);
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

static void
start (gpointer user_data)
{
  Call *call = user_data;
  GstPeerHttpServer *self = call->server;

  self->soup = g_object_new (
      SOUP_TYPE_SERVER, "server-header", "gst-peerconnection", NULL);
  self->routes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_signal_connect (
      self->soup, "request-started", G_CALLBACK (on_request_started), NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
  soup_server_add_handler (self->soup, "*", on_request, self, NULL);
  self->listener = gst_peer_http_listener_new (
      call->address, self->certificate, on_accepted, self->soup, &call->error);
}

static void
stop (gpointer user_data)
{
  GstPeerHttpServer *self = ((Call *)user_data)->server;

  g_clear_pointer (&self->listener, gst_peer_http_listener_free);
  /* What was answered just now is written when libsoup gets its turn. */
  for (guint i = 0; i < MAX_LAST_TURNS; i++) {
    if (!g_main_context_iteration (
            gst_peer_loop_get_context (self->loop), FALSE))
      break;
  }
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
  g_clear_object (&self->certificate);
  g_free (self->key);
  g_free (self);
}

static void
take_error (GError **error, const char *key, GError *cause)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
        "The address %s is in use by another program.", key);
  else
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE,
        "Cannot listen at %s: %s", key, cause->message);
  g_error_free (cause);
}

static GstPeerHttpServer *
new_server (GSocketAddress *address, const char *key,
    GTlsCertificate *certificate, GError **error)
{
  GstPeerHttpServer *self = g_new0 (GstPeerHttpServer, 1);
  Call call = { .server = self, .address = address, .func = start };

  self->key = g_strdup (key);
  if (certificate != NULL)
    self->certificate = g_object_ref (certificate);
  self->loop = gst_peer_loop_new ("http-server");
  call_and_wait (&call);
  if (call.error != NULL) {
    take_error (error, key, call.error);
    free_server (self);
    return NULL;
  }
  g_hash_table_insert (registry, self->key, self);

  return self;
}

static gboolean
has_certificate (GstPeerHttpServer *self, GTlsCertificate *certificate)
{
  if (self->certificate == NULL || certificate == NULL)
    return self->certificate == certificate;

  return g_tls_certificate_is_same (self->certificate, certificate);
}

/* The one that is there already, if it will do. */
static GstPeerHttpServer *
find_or_make (GSocketAddress *address, const char *key,
    GTlsCertificate *certificate, GError **error)
{
  GstPeerHttpServer *self;

  if (registry == NULL)
    registry = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (registry, key);
  if (self == NULL)
    return new_server (address, key, certificate, error);

  if (!has_certificate (self, certificate)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
        "The address %s is served %s already.", key,
        self->certificate == NULL ? "without TLS"
        : certificate == NULL     ? "with TLS"
                                  : "with another certificate");
    return NULL;
  }

  return self;
}

/**
 * gst_peer_http_server_acquire:
 * @certificate: (nullable): for TLS
 *
 * The server that listens at @host and @port, started unless it is there.
 * Resolves and listens, so not for a streaming thread. Errors are of
 * #GstResourceError and name the address.
 */
GstPeerHttpServer *
gst_peer_http_server_acquire (
    const char *host, guint port, GTlsCertificate *certificate, GError **error)
{
  g_autofree char *key = g_strdup_printf (
      strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSocketAddress) address = resolve (host, port, &cause);
  GstPeerHttpServer *self;

  if (address == NULL) {
    take_error (error, key, g_steal_pointer (&cause));
    return NULL;
  }

  g_mutex_lock (&registry_lock);
  self = find_or_make (address, key, certificate, error);
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

  if (g_hash_table_contains (call->server->routes, call->text)) {
    g_set_error (&call->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
        "The path %s of %s is another element's already.", call->text,
        call->server->key);
    return;
  }
  g_hash_table_insert (call->server->routes, g_strdup (call->text),
      g_memdup2 (call->route, sizeof (Route)));
  gst_peer_http_listener_accept (call->server->listener);
}

/**
 * gst_peer_http_server_add:
 * @path: begins with a slash and does not end with one
 * @route: static
 */
gboolean
gst_peer_http_server_add (GstPeerHttpServer *self, const char *path,
    const GstPeerHttpRoute *route, gpointer user_data, GError **error)
{
  Route added = { route, user_data };
  Call call = {
    .server = self, .text = path, .route = &added, .func = add_route
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
 * When this returns, nothing of the route is called any more.
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
