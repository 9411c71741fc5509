/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a server listens, or says why it does not. */

#include "http-server.h"
#include "server-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ports.h"

#define SECRET "hidden-pass"

static GError *
start_and_fail (GstPeerSignaller *signaller)
{
  GError *error = NULL;

  ck_assert (!gst_peer_signaller_start (signaller, &error));
  ck_assert (error != NULL);
  ck_assert_msg (error->domain == GST_RESOURCE_ERROR, "%s", error->message);
  ck_assert_msg (strstr (error->message, SECRET) == NULL, "%s", error->message);

  return error;
}

/* === settings === */

static const struct {
  const char *scheme;
  const char *property;
  const char *value;
  const char *message; /* has this in it */
} settings[] = {
  { "whep", "location", "whip://127.0.0.1:1/live", "whep://" },
  { "whip", "location", "whep://127.0.0.1:1/live", "whip://" },
  { "whep", "location", "http://127.0.0.1:1/live", "whep://" },
  { "whep", "location", "whep:///live", "whep://" },
  { "whep", "location", "whep:live", "whep://" },
  { "whep", "location", "live", "whep://" },
  { "whep", "location", NULL, "whep://" },
  { "whep", "location", "whep://127.0.0.1:1/live?x", "whep://" },
  { "whep", "location", "whep://user@127.0.0.1:1/live", "whep://" },
  { "whep", "location", "whep://127.0.0.1:1/-/x", "the player's" },
  { "whep", "location", "wheps://127.0.0.1:1/live", "tls-certificate" },
  { "whip", "location", "whips://127.0.0.1:1/live", "tls-certificate" },
  { "whep", "auth-token", "", "auth-token" },
  { "whep", "auth-token", SECRET " x", "auth-token" },
  { "whep", "auth-token", SECRET "\r\nX: y", "auth-token" },
  { "whep", "ice-servers", "turn://h", "ice-servers" },
  { "whep", "ice-servers", "turn://u:" SECRET "@h:0", "ice-servers" },
  { "whep", "ice-servers", "turn://u:" SECRET "%2C@h", "comma" },
  { "whep", "ice-servers", "http://u:" SECRET "@h", "ice-servers" },
};

GST_START_TEST (test_settings)
{
  g_autoptr (GstPeerSignaller) signaller = g_object_new (
      GST_TYPE_PEER_SESSION_SERVER, "scheme", settings[__i__].scheme, NULL);
  const char *servers[] = { "stun:h", settings[__i__].value, NULL };
  g_autoptr (GError) error = NULL;

  g_object_set (signaller, "location", "whep://127.0.0.1:1/live", NULL);
  if (g_str_equal (settings[__i__].property, "ice-servers"))
    g_object_set (signaller, "ice-servers", servers, NULL);
  else
    g_object_set (
        signaller, settings[__i__].property, settings[__i__].value, NULL);
  error = start_and_fail (signaller);
  ck_assert_int_eq (error->code, GST_RESOURCE_ERROR_SETTINGS);
  ck_assert_msg (strstr (error->message, settings[__i__].message) != NULL, "%s",
      error->message);
}
GST_END_TEST

/* === addresses === */

/* Of the server that @server is, but as @scheme and at @path. */
static GstPeerSignaller *
make_other (Server *server, const char *scheme, const char *path,
    GTlsCertificate *certificate)
{
  g_autofree char *plain = g_strndup (scheme, strlen ("whep"));
  g_autofree char *location =
      g_strdup_printf ("%s://127.0.0.1:%u%s", scheme, server->port, path);

  return g_object_new (GST_TYPE_PEER_SESSION_SERVER, "scheme", plain,
      "location", location, "tls-certificate", certificate, NULL);
}

static void
check_is_busy (GstPeerSignaller *signaller, Server *server, const char *what)
{
  g_autoptr (GError) error = start_and_fail (signaller);
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", server->port);

  ck_assert_int_eq (error->code, GST_RESOURCE_ERROR_BUSY);
  ck_assert_msg (strstr (error->message, address) != NULL &&
                     strstr (error->message, what) != NULL,
      "%s", error->message);
}

GST_START_TEST (test_address_in_use)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  Server server = { .port = g_socket_listener_add_any_inet_port (
                        listener, NULL, NULL) };
  g_autoptr (GstPeerSignaller) signaller =
      make_other (&server, "whep", "/live", NULL);

  check_is_busy (signaller, &server, "another program");
}
GST_END_TEST

GST_START_TEST (test_address_of_nobody)
{
  g_autoptr (GstPeerSignaller) signaller =
      g_object_new (GST_TYPE_PEER_SESSION_SERVER, "location",
          "whep://192.0.2.1:8080/live", NULL);
  g_autoptr (GError) error = start_and_fail (signaller);

  ck_assert_int_eq (error->code, GST_RESOURCE_ERROR_OPEN_READ_WRITE);
  ck_assert_msg (
      strstr (error->message, "192.0.2.1:8080") != NULL, "%s", error->message);
}
GST_END_TEST

/* WHIP and WHEP, side by side; and the address is free when both are gone. */
GST_START_TEST (test_shared_address)
{
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Server) server = server_new ("whep", NULL, NULL);
    g_autoptr (GstPeerSignaller) other = NULL;
    g_autoptr (GstPeerSignaller) same = NULL;
    g_autoptr (Reply) both = NULL;
    g_autoptr (Reply) one = NULL;
    g_autoptr (Reply) gone = NULL;

    server_start (server);
    other = make_other (server, "whip", "/live/in", NULL);
    same = make_other (server, "whep", "/live", NULL);
    ck_assert (gst_peer_signaller_start (other, NULL));
    check_is_busy (same, server, "/live");

    both = request (server->port, "GET", "/", "", NULL);
    ck_assert_msg (
        strstr (both->body, "{\"path\":\"/live\",\"protocol\":\"whep\","
                            "\"sessions\":0},"
                            "{\"path\":\"/live/in\",\"protocol\":\"whip\","
                            "\"sessions\":0}") != NULL,
        "%s", both->body);
    one = request (server->port, "HEAD", "/live/in", "", NULL);
    ck_assert_uint_eq (one->status, 200);
    gst_peer_signaller_stop (other);
    gone = request (server->port, "HEAD", "/live/in", "", NULL);
    ck_assert_uint_eq (gone->status, 404);
  }
}
GST_END_TEST

static void
respond (SoupServerMessage *message, const char *rest, gpointer user_data)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static const GstPeerHttpRoute route = { "whep", respond, NULL };

/* Whoever comes while the first path is not there yet waits for it: a 404 would
 * be the end, and those who are refused try again. */
GST_START_TEST (test_early_client)
{
  guint port = find_port ();
  GstPeerHttpServer *http =
      gst_peer_http_server_acquire ("127.0.0.1", port, NULL, NULL);
  g_autoptr (GSocketConnection) client = client_connect (port);
  GPollFD answer = { .events = G_IO_IN };
  g_autoptr (Reply) reply = NULL;

  client_write (client, "HEAD /live HTTP/1.1\r\nHost: h\r\n\r\n");
  answer.fd = g_socket_get_fd (g_socket_connection_get_socket (client));
  ck_assert_int_eq (g_poll (&answer, 1, 200), 0);
  ck_assert (gst_peer_http_server_add (http, "/live", &route, NULL, NULL));
  reply = client_read (G_IO_STREAM (client));
  ck_assert_uint_eq (reply->status, 200);

  gst_peer_http_server_remove (http, "/live");
  gst_peer_http_server_release (http);
}
GST_END_TEST

/* === TLS === */

GST_START_TEST (test_certificate_without_key)
{
  g_autoptr (GTlsCertificate) whole = make_certificate ();
  g_autofree char *pem = NULL;
  g_autoptr (GTlsCertificate) part = NULL;
  g_autoptr (GstPeerSignaller) signaller = NULL;
  g_autoptr (GError) error = NULL;

  g_object_get (whole, "certificate-pem", &pem, NULL);
  part = g_tls_certificate_new_from_pem (pem, -1, NULL);
  signaller = g_object_new (GST_TYPE_PEER_SESSION_SERVER, "location",
      "wheps://127.0.0.1:1/live", "tls-certificate", part, NULL);
  error = start_and_fail (signaller);
  ck_assert_int_eq (error->code, GST_RESOURCE_ERROR_SETTINGS);
  ck_assert_msg (
      strstr (error->message, "private key") != NULL, "%s", error->message);
}
GST_END_TEST

static Server *
make_secure (GTlsCertificate *certificate)
{
  Server *server = server_new ("whep", "tls-certificate", certificate, NULL);
  g_autofree char *location =
      g_strdup_printf ("wheps://127.0.0.1:%u/live", server->port);

  g_object_set (server->signaller, "location", location, NULL);
  server_start (server);

  return server;
}

GST_START_TEST (test_shared_address_with_tls)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  g_autoptr (GTlsCertificate) another = make_certificate ();
  g_autoptr (Server) server = make_secure (certificate);
  g_autoptr (GstPeerSignaller) clear = make_other (server, "whep", "/2", NULL);
  g_autoptr (GstPeerSignaller) differs =
      make_other (server, "wheps", "/3", another);
  g_autoptr (GstPeerSignaller) shares =
      make_other (server, "whips", "/4", certificate);

  check_is_busy (clear, server, "with TLS");
  check_is_busy (differs, server, "another certificate");
  ck_assert (gst_peer_signaller_start (shares, NULL));
  gst_peer_signaller_stop (shares);
}
GST_END_TEST

GST_START_TEST (test_tls_beside_clear)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  g_autoptr (Server) server = server_new ("whep", NULL, NULL);
  g_autoptr (GstPeerSignaller) secure = NULL;

  server_start (server);
  secure = make_other (server, "wheps", "/2", certificate);
  check_is_busy (secure, server, "without TLS");
}
GST_END_TEST

/* Verified, with the certificate as its own authority. */
static GIOStream *
connect_securely (guint port, GTlsCertificate *certificate)
{
  g_autoptr (GSocketConnection) client = client_connect (port);
  g_autoptr (GSocketConnectable) identity =
      g_network_address_new ("127.0.0.1", port);
  g_autofree char *pem = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("authority-XXXXXX", &path, NULL);
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  GIOStream *stream;

  g_object_get (certificate, "certificate-pem", &pem, NULL);
  ck_assert (g_file_set_contents (path, pem, -1, NULL));
  g_close (fd, NULL);
  database = g_tls_file_database_new (path, NULL);
  stream = g_tls_client_connection_new (G_IO_STREAM (client), identity, NULL);
  g_tls_connection_set_database (G_TLS_CONNECTION (stream), database);
  ck_assert_msg (
      g_tls_connection_handshake (G_TLS_CONNECTION (stream), NULL, &error),
      "%s", error->message);
  g_unlink (path);

  return stream;
}

static void
write_securely (GIOStream *stream, const char *text)
{
  ck_assert (g_output_stream_write_all (g_io_stream_get_output_stream (stream),
      text, strlen (text), NULL, NULL, NULL));
}

static Reply *
request_securely (guint port, GTlsCertificate *certificate, const char *text)
{
  g_autoptr (GIOStream) stream = connect_securely (port, certificate);

  write_securely (stream, text);
  return client_read (stream);
}

static void
check_is_served (Server *server, GTlsCertificate *certificate)
{
  g_autofree char *text =
      g_strdup_printf ("POST /live HTTP/1.1\r\nHost: 127.0.0.1\r\n" SDP
                       "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
          strlen (OFFER));
  g_autoptr (Reply) reply = request_securely (server->port, certificate, text);

  ck_assert_uint_eq (reply->status, 201);
  ck_assert (reply_has (reply, "Location: /live/"));
  ck_assert (strstr (reply->body, ANSWER_LINE) != NULL);
}

GST_START_TEST (test_tls)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  g_autoptr (Server) server = make_secure (certificate);
  g_autoptr (Reply) large = NULL;

  check_is_served (server, certificate);
  large = request_securely (server->port, certificate,
      "POST /live HTTP/1.1\r\nHost: 127.0.0.1\r\n" SDP
      "Content-Length: 1000000000\r\n\r\nv=0\r\n");
  ck_assert_uint_eq (large->status, 413);
}
GST_END_TEST

/* Who hangs up is noticed through TLS as well. */
GST_START_TEST (test_tls_hang_up)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  g_autoptr (Server) server = make_secure (certificate);
  g_autoptr (GIOStream) stream = connect_securely (server->port, certificate);
  g_autofree char *text =
      g_strdup_printf ("POST /live HTTP/1.1\r\nHost: 127.0.0.1\r\n" SDP
                       "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
          strlen (OFFER));

  server->behaviour = IS_SILENT;
  write_securely (stream, text);
  server_await (server, "requested");
  g_io_stream_close (stream, NULL, NULL);
  server_await (server, "ended");
}
GST_END_TEST

/* Those that begin a handshake and stay, those that say nothing, and those that
 * do not speak TLS: all in the way of somebody who does. */
GST_START_TEST (test_tls_with_whoever)
{
  static const char *const texts[] = { "", "\x16",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "GET /live HTTP/1.1\r\nHost: x\r\n\r\n" };
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  g_autoptr (Server) server = make_secure (certificate);
  GSocketConnection *clients[40];
  gint64 since;

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    clients[i] = client_connect (server->port);
    client_write (clients[i], texts[i % G_N_ELEMENTS (texts)]);
  }
  since = g_get_monotonic_time ();
  check_is_served (server, certificate);
  ck_assert_int_lt (g_get_monotonic_time () - since, 10 * G_TIME_SPAN_SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    g_autoptr (Reply) reply = client_read (G_IO_STREAM (clients[i]));

    ck_assert_uint_eq (reply->status, 0);
    g_object_unref (clients[i]);
  }
  ck_assert_int_lt (g_get_monotonic_time () - since, 13 * G_TIME_SPAN_SECOND);
  check_is_served (server, certificate);
}
GST_END_TEST

GST_START_TEST (test_stop_during_handshakes)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ();
  Server *server = make_secure (certificate);
  GSocketConnection *clients[20];
  gint64 since;

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    clients[i] = client_connect (server->port);
    client_write (clients[i], "\x16");
  }
  /* All of them have arrived. */
  check_is_served (server, certificate);
  since = g_get_monotonic_time ();
  server_free (server);
  ck_assert_int_lt (g_get_monotonic_time () - since, 2 * G_TIME_SPAN_SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}
GST_END_TEST

static Suite *
server_start_suite (void)
{
  Suite *suite = suite_create ("server-start");
  TCase *tcase = tcase_create ("server-start");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_settings, 0, G_N_ELEMENTS (settings));
  tcase_add_test (tcase, test_address_in_use);
  tcase_add_test (tcase, test_address_of_nobody);
  tcase_add_test (tcase, test_shared_address);
  tcase_add_test (tcase, test_early_client);
  tcase_add_test (tcase, test_shared_address_with_tls);
  tcase_add_test (tcase, test_tls_beside_clear);
  tcase_add_test (tcase, test_certificate_without_key);
  tcase_add_test (tcase, test_tls);
  tcase_add_test (tcase, test_tls_hang_up);
  tcase_add_test (tcase, test_tls_with_whoever);
  tcase_add_test (tcase, test_stop_during_handshakes);

  return suite;
}

GST_CHECK_MAIN (server_start);
