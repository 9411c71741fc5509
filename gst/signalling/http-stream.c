/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "http-stream.h"

#include "http-connection.h"
#include "http-exchange.h"
#include "http-rules.h"

/* What stands before libsoup's parser. libsoup 3.2 loses the memory of the path
 * with each request whose body it cannot read (soup-server-message-io-http1.c,
 * parse_headers), which anybody could use to fill ours; and it takes 64 KiB of
 * headers. So it gets to see the end of a request's head only if that is one. */
#define MAX_HEAD (32 * 1024)

/* Read before the close; see gst_peer_http_connection_finish(). */
#define MAX_REST (64 * 1024)

#define GST_TYPE_PEER_HTTP_INPUT (gst_peer_http_input_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerHttpInput, gst_peer_http_input, GST, PEER_HTTP_INPUT, GInputStream)
#define GST_TYPE_PEER_HTTP_STREAM (gst_peer_http_stream_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerHttpStream, gst_peer_http_stream, GST, PEER_HTTP_STREAM, GIOStream)

struct _GstPeerHttpInput {
  GInputStream parent;

  GIOStream *base;
  GWeakRef remote;
  GByteArray *head; /* so far; NULL behind it */
  gboolean is_over;
};

static void gst_peer_http_input_pollable_init (
    GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerHttpInput, gst_peer_http_input,
    G_TYPE_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (
        G_TYPE_POLLABLE_INPUT_STREAM, gst_peer_http_input_pollable_init))

static GPollableInputStream *
get_base (gpointer self)
{
  return G_POLLABLE_INPUT_STREAM (
      g_io_stream_get_input_stream (GST_PEER_HTTP_INPUT (self)->base));
}

static void
tell (GstPeerHttpInput *self, guint status)
{
  g_autoptr (GSocketAddress) remote = g_weak_ref_get (&self->remote);
  GstPeerHttpConnection *connection =
      remote != NULL ? gst_peer_http_connection_of (remote) : NULL;

  if (connection != NULL)
    gst_peer_http_connection_tell (connection, GST_LEVEL_INFO,
        "refused with %u, as it is no HTTP", status);
}

/* It is the first that is written, so there is room for it. */
static void
refuse (GstPeerHttpInput *self, guint status)
{
  g_autofree char *response = gst_peer_http_make_response (status);
  char buffer[4096];
  gsize n_read = 0;
  gssize n;

  tell (self, status);
  self->is_over = TRUE;
  g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->base)),
      response, strlen (response), NULL, NULL);
  do {
    n = g_pollable_input_stream_read_nonblocking (
        get_base (self), buffer, sizeof (buffer), NULL, NULL);
    n_read += MAX (n, 0);
  } while (n > 0 && n_read < MAX_REST);
}

/* At an end, libsoup would answer as well. */
static gssize
fail (GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "This is no HTTP.");
  return -1;
}

/* Returns: how much of it libsoup gets */
static gssize
look_at (GstPeerHttpInput *self, const void *data, gssize n, GError **error)
{
  gsize size;

  if (n < 0 || self->head == NULL)
    return n;
  /* libsoup takes the end for that of the head, whatever there is of it. */
  if (n == 0) {
    if (self->head->len > 0)
      refuse (self, SOUP_STATUS_BAD_REQUEST);
    self->is_over = TRUE;
    g_clear_pointer (&self->head, g_byte_array_unref);
    return fail (error);
  }

  g_byte_array_append (self->head, data, n);
  size =
      gst_peer_http_find_head ((const char *)self->head->data, self->head->len);
  if (size > MAX_HEAD || (size == 0 && self->head->len > MAX_HEAD))
    refuse (self, GST_PEER_HTTP_HEADERS_TOO_LARGE);
  else if (size > 0 &&
           !gst_peer_http_is_head ((const char *)self->head->data, size))
    refuse (self, SOUP_STATUS_BAD_REQUEST);
  if (size > 0 || self->is_over)
    g_clear_pointer (&self->head, g_byte_array_unref);

  return self->is_over ? fail (error) : n;
}

static gssize
gst_peer_http_input_read (GInputStream *stream, void *buffer, gsize count,
    GCancellable *cancellable, GError **error)
{
  GstPeerHttpInput *self = GST_PEER_HTTP_INPUT (stream);
  gssize n;

  if (self->is_over)
    return fail (error);

  n = g_input_stream_read (
      G_INPUT_STREAM (get_base (self)), buffer, count, cancellable, error);
  return look_at (self, buffer, n, error);
}

static gssize
gst_peer_http_input_read_nonblocking (
    GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  GstPeerHttpInput *self = GST_PEER_HTTP_INPUT (stream);
  gssize n;

  if (self->is_over)
    return fail (error);

  n = g_pollable_input_stream_read_nonblocking (
      get_base (self), buffer, count, NULL, error);
  return look_at (self, buffer, n, error);
}

static gboolean
gst_peer_http_input_is_readable (GPollableInputStream *stream)
{
  return GST_PEER_HTTP_INPUT (stream)->is_over ||
         g_pollable_input_stream_is_readable (get_base (stream));
}

static GSource *
gst_peer_http_input_create_source (
    GPollableInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) source =
      g_pollable_input_stream_create_source (get_base (stream), NULL);

  return g_pollable_source_new_full (stream, source, cancellable);
}

static void
gst_peer_http_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = gst_peer_http_input_is_readable;
  iface->create_source = gst_peer_http_input_create_source;
  iface->read_nonblocking = gst_peer_http_input_read_nonblocking;
}

static void
gst_peer_http_input_finalize (GObject *object)
{
  GstPeerHttpInput *self = GST_PEER_HTTP_INPUT (object);

  g_clear_object (&self->base);
  g_weak_ref_clear (&self->remote);
  g_clear_pointer (&self->head, g_byte_array_unref);

  G_OBJECT_CLASS (gst_peer_http_input_parent_class)->finalize (object);
}

static void
gst_peer_http_input_class_init (GstPeerHttpInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_peer_http_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = gst_peer_http_input_read;
}

static void
gst_peer_http_input_init (GstPeerHttpInput *self)
{
  self->head = g_byte_array_new ();
  g_weak_ref_init (&self->remote, NULL);
}

/* === both directions === */

struct _GstPeerHttpStream {
  GIOStream parent;

  GIOStream *base;
  GstPeerHttpInput *input;
};

G_DEFINE_FINAL_TYPE (GstPeerHttpStream, gst_peer_http_stream, G_TYPE_IO_STREAM)

static GInputStream *
gst_peer_http_stream_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (GST_PEER_HTTP_STREAM (stream)->input);
}

static GOutputStream *
gst_peer_http_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (GST_PEER_HTTP_STREAM (stream)->base);
}

static gboolean
gst_peer_http_stream_close (
    GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (
      GST_PEER_HTTP_STREAM (stream)->base, cancellable, error);
}

static void
gst_peer_http_stream_finalize (GObject *object)
{
  GstPeerHttpStream *self = GST_PEER_HTTP_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->base);

  G_OBJECT_CLASS (gst_peer_http_stream_parent_class)->finalize (object);
}

static void
gst_peer_http_stream_class_init (GstPeerHttpStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_peer_http_stream_finalize;
  stream_class->get_input_stream = gst_peer_http_stream_get_input_stream;
  stream_class->get_output_stream = gst_peer_http_stream_get_output_stream;
  stream_class->close_fn = gst_peer_http_stream_close;
}

static void
gst_peer_http_stream_init (GstPeerHttpStream *self)
{
}

/**
 * gst_peer_http_stream_new:
 * @base: a connection
 * @remote: its client, of gst_peer_http_connection_hand_over()
 *
 * The same connection for a single request, for libsoup to read. What is no
 * request ends for it before its head is whole, and is answered here.
 */
GIOStream *
gst_peer_http_stream_new (GIOStream *base, GSocketAddress *remote)
{
  GstPeerHttpStream *self = g_object_new (GST_TYPE_PEER_HTTP_STREAM, NULL);

  self->base = g_object_ref (base);
  self->input = g_object_new (GST_TYPE_PEER_HTTP_INPUT, NULL);
  self->input->base = g_object_ref (base);
  g_weak_ref_set (&self->input->remote, remote);

  return G_IO_STREAM (self);
}
