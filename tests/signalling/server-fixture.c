/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ports.h"

/* === the server, and its element === */

static void
add_event (Server *self, char *event)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->events, event);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

typedef struct {
  GstPeerSignaller *signaller;
  char *session;
  gsize size;
} Answer;

static gpointer
answer (gpointer data)
{
  g_autofree Answer *self = data;
  g_autoptr (GstPeerSignaller) signaller = self->signaller;
  g_autofree char *session = self->session;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *sdp;

  gst_sdp_message_new (&sdp);
  gst_sdp_message_set_version (sdp, "0");
  gst_sdp_message_add_attribute (sdp, &ANSWER_LINE[2], NULL);
  if (self->size > 0) {
    g_autofree char *filling = g_strnfill (self->size, 'x');

    gst_sdp_message_add_attribute (sdp, "filling", filling);
  }
  description =
      gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  gst_peer_signaller_send_description (signaller, session, description);

  return NULL;
}

static void
on_session_requested (GstPeerSignaller *signaller, const char *session,
    GstWebRTCSessionDescription *offer, const char *const *ice_servers,
    Server *self)
{
  Answer *data = NULL;

  ck_assert (offer != NULL && ice_servers == NULL);
  g_mutex_lock (&self->lock);
  g_free (self->session);
  self->session = g_strdup (session);
  g_mutex_unlock (&self->lock);
  add_event (self, g_strdup ("requested"));

  switch (self->behaviour) {
  case ANSWERS:
  case ANSWERS_LATER:
    data = g_new0 (Answer, 1);
    data->signaller = g_object_ref (signaller);
    data->session = g_strdup (session);
    data->size = self->answer_size;
    if (self->behaviour == ANSWERS)
      answer (data);
    else
      g_thread_unref (g_thread_new ("element", answer, data));
    break;
  case REFUSES:
    gst_peer_signaller_refuse (signaller, session, self->refusal);
    break;
  case ENDS:
    gst_peer_signaller_end_session (signaller, session);
    break;
  case IS_SILENT:
    break;
  }
}

static void
on_candidate (GstPeerSignaller *signaller, const char *session, guint mline,
    const char *candidate, Server *self)
{
  add_event (self, g_strdup_printf ("candidate %u %s", mline, candidate));
}

static void
on_session_ended (
    GstPeerSignaller *signaller, const char *session, Server *self)
{
  add_event (self, g_strdup ("ended"));
}

static void
on_session_released (
    GstPeerSignaller *signaller, const char *session, Server *self)
{
  add_event (self, g_strdup ("released"));
}

/* At "/live" of a free port, in the clear unless a property says otherwise. */
Server *
server_new (const char *scheme, const char *first_property, ...)
{
  Server *self = g_new0 (Server, 1);
  g_autofree char *location = NULL;
  va_list properties;

  self->port = find_port ();
  location = g_strdup_printf ("%s://127.0.0.1:%u/live", scheme, self->port);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->events = g_ptr_array_new_with_free_func (g_free);
  self->signaller = g_object_new (GST_TYPE_PEER_SESSION_SERVER, "scheme",
      scheme, "location", location, NULL);
  va_start (properties, first_property);
  g_object_set_valist (G_OBJECT (self->signaller), first_property, properties);
  va_end (properties);
  g_signal_connect (self->signaller, "session-requested",
      G_CALLBACK (on_session_requested), self);
  g_signal_connect (
      self->signaller, "candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      self->signaller, "session-ended", G_CALLBACK (on_session_ended), self);
  g_signal_connect (self->signaller, "session-released",
      G_CALLBACK (on_session_released), self);

  return self;
}

void
server_start (Server *self)
{
  g_autoptr (GError) error = NULL;

  ck_assert_msg (gst_peer_signaller_start (self->signaller, &error), "%s",
      error != NULL ? error->message : "");
}

void
server_free (Server *self)
{
  gst_peer_signaller_stop (self->signaller);
  g_object_unref (self->signaller);
  g_clear_error (&self->refusal);
  g_ptr_array_unref (self->events);
  g_free (self->session);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

static guint
count (Server *self, const char *event)
{
  guint n = 0;

  for (guint i = 0; i < self->events->len; i++)
    n += g_str_equal (g_ptr_array_index (self->events, i), event);

  return n;
}

guint
server_count (Server *self, const char *event)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = count (self, event);
  g_mutex_unlock (&self->lock);

  return n;
}

void
server_await (Server *self, const char *event)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (count (self, event) == 0 && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "no event \"%s\"", event);
}

GTlsCertificate *
make_certificate (void)
{
  g_autofree char *dir = g_dir_make_tmp ("certificate-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "both.pem", NULL);
  const char *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", path,
    "-out", "-", NULL };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *both = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *made;
  int status = 1;

  g_spawn_sync (NULL, (char **)argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
      &certificate, NULL, &status, NULL);
  ck_assert_int_eq (status, 0);
  ck_assert (g_file_get_contents (path, &key, NULL, NULL));
  g_unlink (path);
  g_rmdir (dir);
  both = g_strconcat (certificate, key, NULL);
  made = g_tls_certificate_new_from_pem (both, -1, &error);
  ck_assert_msg (made != NULL, "%s", error != NULL ? error->message : "");

  return made;
}

/* === clients === */

void
reply_free (Reply *self)
{
  g_free (self->head);
  g_free (self->body);
  g_free (self);
}

/* @header: "Name: what its value begins with" */
gboolean
reply_has (Reply *self, const char *header)
{
  g_autofree char *line = g_strconcat ("\r\n", header, NULL);
  g_autofree char *wanted = g_ascii_strdown (line, -1);
  g_autofree char *head = g_ascii_strdown (self->head, -1);

  return strstr (head, wanted) != NULL;
}

char *
reply_get (Reply *self, const char *name)
{
  g_autofree char *line = g_strconcat ("\r\n", name, ": ", NULL);
  const char *found = strstr (self->head, line);

  ck_assert_msg (found != NULL, "no %s in %s", name, self->head);
  found += strlen (line);

  return g_strndup (found, strcspn (found, "\r"));
}

GSocketConnection *
client_connect (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, WATCHDOG / G_TIME_SPAN_SECOND);
  connection =
      g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  ck_assert_msg (connection != NULL, "%s", error != NULL ? error->message : "");

  return connection;
}

void
client_write (GSocketConnection *client, const char *text)
{
  ck_assert (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (client)), text, strlen (text),
      NULL, NULL, NULL));
}

/* Until the server has closed the connection. */
Reply *
client_read (GIOStream *client)
{
  GInputStream *input = g_io_stream_get_input_stream (client);
  g_autoptr (GString) text = g_string_new (NULL);
  Reply *reply = g_new0 (Reply, 1);
  g_autoptr (GError) error = NULL;
  char buffer[4096];
  const char *end;
  gssize n;

  while ((n = g_input_stream_read (
              input, buffer, sizeof (buffer), NULL, &error)) > 0)
    g_string_append_len (text, buffer, n);
  ck_assert_msg (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT),
      "the server keeps the connection");

  end = strstr (text->str, "\r\n\r\n");
  if (end != NULL) {
    reply->head = g_strndup (text->str, end - text->str + 2);
    reply->body = g_strdup (end + 4);
    ck_assert (g_str_has_prefix (text->str, "HTTP/1."));
    reply->status = atoi (text->str + strlen ("HTTP/1.1 "));
  }

  return reply;
}

/* What every response says, errors included. */
static void
check_headers (Reply *reply)
{
  ck_assert (reply_has (reply, "Access-Control-Allow-Origin: *\r"));
  ck_assert (reply_has (reply, "Access-Control-Allow-Methods: OPTIONS, GET, "
                               "HEAD, POST, PATCH, DELETE\r"));
  ck_assert (reply_has (reply, "Access-Control-Allow-Headers: Authorization, "
                               "Content-Type, If-Match\r"));
  ck_assert (reply_has (reply, "Access-Control-Expose-Headers: Location, ETag, "
                               "Link, Accept-Post, Accept-Patch"));
  ck_assert (reply_has (reply, "Connection: close\r"));
}

/* @headers: lines, each ended; @body: (nullable) */
Reply *
request (guint port, const char *method, const char *path, const char *headers,
    const char *body)
{
  g_autoptr (GSocketConnection) client = client_connect (port);
  g_autofree char *length =
      body != NULL ? g_strdup_printf ("Content-Length: %" G_GSIZE_FORMAT "\r\n",
                         strlen (body))
                   : g_strdup ("");
  g_autofree char *text =
      g_strdup_printf ("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s\r\n%s",
          method, path, headers, length, body != NULL ? body : "");
  Reply *reply;

  client_write (client, text);
  reply = client_read (G_IO_STREAM (client));
  ck_assert_uint_ne (reply->status, 0);
  check_headers (reply);

  return reply;
}

/* Returns: its path */
char *
open_session (Server *server)
{
  g_autoptr (Reply) reply = request (server->port, "POST", "/live",
      SDP "Authorization: Bearer " TOKEN "\r\n", OFFER);

  ck_assert_uint_eq (reply->status, 201);
  return reply_get (reply, "Location");
}
