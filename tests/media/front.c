/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "front.h"

#include "ports.h"

struct _Front {
  guint port;

  /* Of what it is now. */
  FrontManner manner;
  guint server_port;
  GSocketListener *listener; /* nullable */
  GThread *thread;           /* that accepts */
  GCancellable *cancellable;
};

/* === one connection === */

typedef struct {
  Front *front;
  GIOStream *client;
} Connection;

static void
on_spliced (GObject *stream, GAsyncResult *result, gpointer loop)
{
  g_io_stream_splice_finish (result, NULL);
  g_main_loop_quit (loop);
}

/* Until either closes. */
static void
pass_on (Front *self, GIOStream *client)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) server = g_socket_client_connect_to_host (
      connector, "127.0.0.1", self->server_port, self->cancellable, NULL);

  if (server == NULL)
    return;
  g_main_context_push_thread_default (context);
  g_io_stream_splice_async (client, G_IO_STREAM (server),
      G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2,
      G_PRIORITY_DEFAULT, self->cancellable, on_spliced, loop);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);
}

static gboolean
read_some (Front *self, GIOStream *client)
{
  char some[1024];

  return g_input_stream_read (g_io_stream_get_input_stream (client), some,
             sizeof (some), self->cancellable, NULL) > 0;
}

static gpointer
serve (gpointer data)
{
  Connection *self = data;

  switch (self->front->manner) {
  case FRONT_DIES:
    read_some (self->front, self->client);
    break;
  case FRONT_IS_MUTE:
    while (read_some (self->front, self->client)) {
    }
    break;
  default:
    pass_on (self->front, self->client);
  }
  g_io_stream_close (self->client, NULL, NULL);
  g_object_unref (self->client);
  g_free (self);

  return NULL;
}

/* === all of them === */

static void
join (gpointer thread)
{
  g_thread_join (thread);
}

static gpointer
accept_all (gpointer data)
{
  Front *self = data;
  GSocketConnection *client;
  g_autoptr (GPtrArray) threads = g_ptr_array_new_with_free_func (join);

  while ((client = g_socket_listener_accept (
              self->listener, NULL, self->cancellable, NULL)) != NULL) {
    Connection *connection = g_new0 (Connection, 1);

    connection->front = self;
    connection->client = G_IO_STREAM (client);
    g_ptr_array_add (threads, g_thread_new ("front", serve, connection));
  }

  return NULL;
}

static void
stop (Front *self)
{
  if (self->listener == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_socket_listener_close (self->listener);
  g_clear_object (&self->listener);
  g_clear_object (&self->cancellable);
}

static void
start (Front *self)
{
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", self->port);
  g_autoptr (GError) error = NULL;

  self->cancellable = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL, NULL, &error);
  g_assert_no_error (error);
  self->thread = g_thread_new ("fronts", accept_all, self);
}

void
front_become (Front *self, FrontManner manner, guint port)
{
  stop (self);
  self->manner = manner;
  self->server_port = port;
  if (manner != FRONT_IS_NOT_THERE)
    start (self);
}

Front *
front_new (void)
{
  Front *self = g_new0 (Front, 1);

  self->port = find_port ();

  return self;
}

void
front_free (Front *self)
{
  stop (self);
  g_free (self);
}

guint
front_get_port (Front *self)
{
  return self->port;
}
