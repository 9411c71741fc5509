/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-tls.h"

/* A handshake of GIO takes one of the few threads that all tasks of the process
 * share, name resolution among them, for as long as the client likes: so it
 * begins when the client has said something, not too many run at once, and each
 * has an end. */
#define MAX_RUNNING 16
#define TIME 4000 /* ms */

struct _GstPeerHttpTls {
  GTlsCertificate *certificate;
  GHashTable *handshakes; /* each Handshake that is not over */
  GQueue waiting;         /* those of them whose client has said something */
  guint n_running;
};

typedef struct {
  GstPeerHttpTls *tls;
  GIOStream *stream;         /* in the clear */
  GCancellable *cancellable; /* the connection's */
  GSource *deadline;
  GstPeerHttpTlsDone done;
  gpointer user_data;
} Handshake;

static void start_next (GstPeerHttpTls *self);

static void
attach (GSource *source)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_source_attach (source, context);
}

static void
finish (Handshake *self, GIOStream *stream)
{
  if (self->deadline != NULL)
    g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
  g_hash_table_remove (self->tls->handshakes, self);
  if (stream == NULL)
    g_io_stream_close (self->stream, NULL, NULL);
  self->done (stream, self->user_data);
  g_object_unref (self->stream);
  g_object_unref (self->cancellable);
  g_free (self);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Handshake *handshake = user_data;
  GstPeerHttpTls *self = handshake->tls;
  g_autoptr (GIOStream) stream = G_IO_STREAM (source);
  gboolean shaken = g_tls_connection_handshake_finish (
      G_TLS_CONNECTION (source), result, NULL);

  self->n_running--;
  finish (handshake, shaken ? g_steal_pointer (&stream) : NULL);
  start_next (self);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_cancellable_cancel (((Handshake *)user_data)->cancellable);
  return G_SOURCE_REMOVE;
}

/* Without the authorities that clients could be checked with: GIO would read all
 * that the system has, for each connection, which takes 35 ms. */
static GIOStream *
make_server_side (GstPeerHttpTls *self, GIOStream *stream)
{
  GType type =
      g_tls_backend_get_server_connection_type (g_tls_backend_get_default ());

  return g_initable_new (type, NULL, NULL, "base-io-stream", stream, "database",
      NULL, "certificate", self->certificate, NULL);
}

static void
start (Handshake *handshake)
{
  GstPeerHttpTls *self = handshake->tls;
  g_autoptr (GIOStream) stream = make_server_side (self, handshake->stream);

  if (stream == NULL) {
    finish (handshake, NULL);
    return;
  }
  /* Players leave without a goodbye, and a response has its length. */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (stream), FALSE);

  handshake->deadline = g_timeout_source_new (TIME);
  g_source_set_callback (handshake->deadline, on_deadline, handshake, NULL);
  attach (handshake->deadline);
  self->n_running++;
  g_tls_connection_handshake_async (
      G_TLS_CONNECTION (g_steal_pointer (&stream)), G_PRIORITY_DEFAULT,
      handshake->cancellable, on_handshake, handshake);
}

static void
start_next (GstPeerHttpTls *self)
{
  while (self->n_running < MAX_RUNNING && !g_queue_is_empty (&self->waiting)) {
    Handshake *handshake = g_queue_pop_head (&self->waiting);

    if (g_cancellable_is_cancelled (handshake->cancellable))
      finish (handshake, NULL);
    else
      start (handshake);
  }
}

/* Also when its time is over. */
static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  Handshake *handshake = user_data;
  GstPeerHttpTls *self = handshake->tls;

  g_queue_push_tail (&self->waiting, handshake);
  start_next (self);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_http_tls_add:
 * @stream: in the clear
 * @cancellable: ends it
 */
void
gst_peer_http_tls_add (GstPeerHttpTls *self, GIOStream *stream,
    GCancellable *cancellable, GstPeerHttpTlsDone done, gpointer user_data)
{
  Handshake *handshake = g_new0 (Handshake, 1);
  g_autoptr (GSource) source = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream)),
      cancellable);

  handshake->tls = self;
  handshake->stream = g_object_ref (stream);
  handshake->cancellable = g_object_ref (cancellable);
  handshake->done = done;
  handshake->user_data = user_data;
  g_hash_table_add (self->handshakes, handshake);
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), handshake, NULL);
  attach (source);
}

GstPeerHttpTls *
gst_peer_http_tls_new (GTlsCertificate *certificate)
{
  GstPeerHttpTls *self = g_new0 (GstPeerHttpTls, 1);

  self->certificate = g_object_ref (certificate);
  self->handshakes = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->waiting);

  return self;
}

/**
 * gst_peer_http_tls_free:
 *
 * What runs is cancelled, and over when this returns.
 */
void
gst_peer_http_tls_free (GstPeerHttpTls *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GHashTableIter iter;
  gpointer handshake;

  g_hash_table_iter_init (&iter, self->handshakes);
  while (g_hash_table_iter_next (&iter, &handshake, NULL))
    g_cancellable_cancel (((Handshake *)handshake)->cancellable);
  while (g_hash_table_size (self->handshakes) > 0)
    g_main_context_iteration (context, TRUE);

  g_hash_table_unref (self->handshakes);
  g_object_unref (self->certificate);
  g_free (self);
}
