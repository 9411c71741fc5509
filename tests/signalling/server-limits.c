/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clients that misbehave. */

#include "server-fixture.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define POST_HEAD "POST /live HTTP/1.1\r\nHost: x\r\n" SDP
#define GET "GET /live HTTP/1.1\r\nHost: x\r\n"

static Server *
make_server (void)
{
  Server *server = server_new ("whep", "timeout", 10000u, NULL);

  server_start (server);
  return server;
}

/* The server goes on for others. */
static void
check_alive (Server *server)
{
  g_autoptr (Reply) reply = request (server->port, "POST", "/live", SDP, OFFER);

  ck_assert_uint_eq (reply->status, 201);
}

/* === what is said at once === */

/* @status: 0, where the connection may just as well be closed without a word */
static const struct {
  const char *what;
  const char *text;
  gsize n_filling; /* this many times: */
  const char *filling;
  const char *end;
  guint status;
} writings[] = {
  { "a body of 1 GB, announced", POST_HEAD "Content-Length: 1000000000\r\n\r\n",
      1, "v=0\r\n", "", 413 },
  { "a body of 10^30 bytes",
      POST_HEAD "Content-Length: 1000000000000000000000000000000\r\n\r\n", 1,
      "v=0\r\n", "", 413 },
  { "a negative length", POST_HEAD "Content-Length: -1\r\n\r\n", 0, "", "",
      400 },
  { "a body of 300 KB in chunks",
      POST_HEAD "Transfer-Encoding: chunked\r\n\r\n", 10000,
      "20\r\n0123456789abcdef0123456789abcdef\r\n", "0\r\n\r\n", 413 },
  { "a body of which a part is missing",
      "DELETE /live/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n",
      1, "x", "", 413 },
  { "a hundred headers", GET, 100, "X-Filling: x\r\n", "\r\n", 431 },
  { "20 KB of headers", GET "X-Filling: ", 20000, "x", "\r\n\r\n", 431 },
  { "100 KB of headers", GET "X-Filling: ", 100000, "x", "\r\n\r\n", 431 },
  { "a path of 2 KB", "GET /", 2000, "x", " HTTP/1.1\r\nHost: x\r\n\r\n", 414 },
  { "a query of 2 KB", "GET /live?", 2000, "x", " HTTP/1.1\r\nHost: x\r\n\r\n",
      414 },
  { "the folder above", "GET ", 10, "/..", "/etc HTTP/1.1\r\nHost: x\r\n\r\n",
      404 },
  { "what is no path", "GET live HTTP/1.1\r\nHost: x\r\n\r\n", 0, "", "", 400 },
  { "no host", "GET /live HTTP/1.1\r\n\r\n", 0, "", "", 400 },
  { "a strange host", "GET /live HTTP/1.1\r\nHost: x/y\r\n\r\n", 0, "", "",
      400 },
  { "an encoding that is none", POST_HEAD "Transfer-Encoding: bananas\r\n\r\n",
      0, "", "", 400 },
  { "HTTP/1.0", "GET /live HTTP/1.0\r\n\r\n", 0, "", "", 204 },
  { "HTTP/3.7", "GET /live HTTP/3.7\r\nHost: x\r\n\r\n", 0, "", "", 505 },
  { "a method of its own", "BREW /live HTTP/1.1\r\nHost: x\r\n\r\n", 0, "", "",
      405 },
  { "a tunnel", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 0, "", "", 405 },
  { "garbage behind a request", GET "\r\n", 1000, "\x16\x03garbage\r\n", "",
      204 },
  { "a second request behind the first", GET "\r\n", 2, GET "\r\n", "", 204 },
  { "no HTTP", "\x16\x03\x01\x02\n\n", 1, "\r\n\r\n", "", 400 },
  { "100 KB of a single line", "x", 100000, "x", "", 431 },
};

GST_START_TEST (test_writings)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  g_autoptr (GString) text = g_string_new (writings[__i__].text);
  g_autoptr (Reply) reply = NULL;

  for (gsize i = 0; i < writings[__i__].n_filling; i++)
    g_string_append (text, writings[__i__].filling);
  g_string_append (text, writings[__i__].end);
  /* The server may have closed before it has all. */
  g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (client)), text->str,
      text->len, NULL, NULL, NULL);
  reply = client_read (G_IO_STREAM (client));
  if (writings[__i__].status != 0)
    ck_assert_msg (reply->status == writings[__i__].status, "%s: %u",
        writings[__i__].what, reply->status);
  else
    ck_assert_msg (reply->status == 0 || reply->status >= 400, "%s: %u",
        writings[__i__].what, reply->status);
  if (reply->status != 0) {
    ck_assert (reply_has (reply, "Access-Control-Allow-Origin: *\r"));
    ck_assert (reply_has (reply, "Connection: close\r"));
    /* One response, whatever follows. */
    ck_assert (strstr (reply->body, "HTTP/1.") == NULL);
  }
  check_alive (server);
}
GST_END_TEST

GST_START_TEST (test_expect_continue)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  g_autofree char *head = g_strdup_printf (POST_HEAD
      "Expect: 100-continue\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
      strlen (OFFER));
  char buffer[64] = "";
  g_autoptr (Reply) reply = NULL;

  client_write (client, head);
  ck_assert (g_input_stream_read_all (
      g_io_stream_get_input_stream (G_IO_STREAM (client)), buffer,
      strlen ("HTTP/1.1 100 Continue\r\n\r\n"), NULL, NULL, NULL));
  ck_assert_str_eq (buffer, "HTTP/1.1 100 Continue\r\n\r\n");
  client_write (client, OFFER);
  reply = client_read (G_IO_STREAM (client));
  ck_assert_uint_eq (reply->status, 201);
  ck_assert (reply_has (reply, "Access-Control-Allow-Origin: *\r"));
  ck_assert (reply_has (reply, "Location: /live/"));
}
GST_END_TEST

/* Who would have sent 1 GB gets to know at its beginning. */
GST_START_TEST (test_expect_continue_of_too_much)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (Reply) reply = request (server->port, "POST", "/live",
      SDP "Expect: 100-continue\r\nContent-Length: 1000000000\r\n", NULL);

  ck_assert_uint_eq (reply->status, 413);
}
GST_END_TEST

/* === what ends too early === */

static const char *const cut_off[] = {
  "GET /live",
  "GET /live HTTP/1.1\r\n",
  "GET /live HTTP/1.1\r\nHost: x\r\n",
  POST_HEAD "Content-Length: 99\rx\r\n",
};

GST_START_TEST (test_a_head_that_is_cut_off)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  g_autoptr (Reply) reply = NULL;

  client_write (client, cut_off[__i__]);
  g_socket_shutdown (
      g_socket_connection_get_socket (client), FALSE, TRUE, NULL);
  reply = client_read (G_IO_STREAM (client));
  ck_assert_uint_eq (reply->status, 400);
  check_alive (server);
}
GST_END_TEST

static gsize
get_memory (void)
{
  g_autofree char *pages = NULL;

  ck_assert (g_file_get_contents ("/proc/self/statm", &pages, NULL, NULL));

  return g_ascii_strtoull (strchr (pages, ' '), NULL, 10) *
         sysconf (_SC_PAGESIZE);
}

/* 30 MB of paths. What keeps them until the end is found by the check for leaks
 * where memory is not given back at once. */
GST_START_TEST (test_paths_that_are_cut_off_are_forgotten)
{
  g_autoptr (Server) server = make_server ();
  g_autofree char *path = g_strnfill (30000, 'x');
  g_autofree char *text = g_strdup_printf (
      "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\rx\r\n", path);
  gsize before = get_memory ();

  for (guint i = 0; i < 1000; i++) {
    g_autoptr (GSocketConnection) client = client_connect (server->port);
    g_autoptr (Reply) reply = NULL;

    client_write (client, text);
    g_socket_shutdown (
        g_socket_connection_get_socket (client), FALSE, TRUE, NULL);
    reply = client_read (G_IO_STREAM (client));
    ck_assert_uint_eq (reply->status, 400);
  }
#ifndef SANITIZED
  ck_assert_uint_lt (get_memory (), before + 10 * 1024 * 1024);
#else
  (void)before;
#endif
}
GST_END_TEST

/* === what does not end === */

static gpointer
write_for_ever (gpointer data)
{
  g_autoptr (GSocketConnection) client = data;
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (client));
  g_autofree char *chunk = g_strnfill (0x10000, 'x');
  gsize written = 0;

  while (g_output_stream_write_all (output, "10000\r\n", 7, NULL, NULL, NULL) &&
         g_output_stream_write_all (output, chunk, 0x10000, NULL, NULL, NULL) &&
         g_output_stream_write_all (output, "\r\n", 2, NULL, NULL, NULL))
    written += 0x10000;

  return GSIZE_TO_POINTER (written);
}

/* It is told while it writes, and cannot write for long. */
GST_START_TEST (test_a_body_without_end)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  gint64 since = g_get_monotonic_time ();
  GThread *thread;
  char buffer[64] = "";
  gsize written;

  client_write (client, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n");
  thread = g_thread_new ("writer", write_for_ever, g_object_ref (client));
  ck_assert (g_input_stream_read_all (
      g_io_stream_get_input_stream (G_IO_STREAM (client)), buffer,
      strlen ("HTTP/1.1 413 "), NULL, NULL, NULL));
  ck_assert_str_eq (buffer, "HTTP/1.1 413 ");
  written = GPOINTER_TO_SIZE (g_thread_join (thread));
  /* What two sockets keep is most of it. */
  ck_assert_msg (
      written < 32 * 1024 * 1024, "%" G_GSIZE_FORMAT " bytes", written);
  ck_assert_int_lt (g_get_monotonic_time () - since, 10 * G_TIME_SPAN_SECOND);
  check_alive (server);
}
GST_END_TEST

typedef struct {
  const char *what;
  const char *text;
  gboolean trickles; /* one byte more each second */
  gboolean is_wrong; /* from libsoup 3.8 on that is answered at once */
} Slow;

static const Slow slow[] = {
  { "says nothing", "", FALSE },
  { "stops in the first line", "GET /li", FALSE },
  { "stops in the headers", GET "X-", FALSE },
  { "stops in the body", POST_HEAD "Content-Length: 1000\r\n\r\nv=0\r\n",
      FALSE },
  { "stops in a chunk",
      POST_HEAD "Transfer-Encoding: chunked\r\n\r\n400\r\nv=0\r\n", FALSE },
  { "sends a chunk that is none",
      POST_HEAD "Transfer-Encoding: chunked\r\n\r\nzzzz\r\n", FALSE, TRUE },
  { "trickles headers", GET "X-", TRUE },
  { "trickles its body", POST_HEAD "Content-Length: 1000\r\n\r\n", TRUE },
};

static gboolean
is_closed (GSocket *socket)
{
  char bytes[4096];
  gssize n;

  do
    n = g_socket_receive_with_blocking (
        socket, bytes, sizeof (bytes), FALSE, NULL, NULL);
  while (n > 0);

  return n == 0 ||
         (g_socket_condition_check (socket, G_IO_HUP | G_IO_ERR) != 0);
}

static gdouble
get_cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* All at once: each is closed after 10 s, and no processor is kept busy. */
GST_START_TEST (test_who_is_slow_is_closed)
{
  g_autoptr (Server) server = make_server ();
  GSocketConnection *clients[G_N_ELEMENTS (slow)];
  gint64 since = g_get_monotonic_time ();
  gdouble cpu_since;
  guint n_open = G_N_ELEMENTS (slow);
  guint seconds = 0;

  for (guint i = 0; i < G_N_ELEMENTS (slow); i++) {
    clients[i] = client_connect (server->port);
    client_write (clients[i], slow[i].text);
  }
  check_alive (server);

  cpu_since = get_cpu_time ();
  while (n_open > 0) {
    GSocket *any = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (slow); i++) {
      GSocket *socket = clients[i] != NULL
                            ? g_socket_connection_get_socket (clients[i])
                            : NULL;

      if (socket == NULL)
        continue;
      if (is_closed (socket)) {
        gint64 took = g_get_monotonic_time () - since;

        ck_assert_msg (took > 9 * G_TIME_SPAN_SECOND || slow[i].is_wrong, "%s",
            slow[i].what);
        g_clear_object (&clients[i]);
        n_open--;
        continue;
      }
      any = socket;
      if (slow[i].trickles)
        g_socket_send_with_blocking (socket, "x", 1, FALSE, NULL, NULL);
    }
    ck_assert_uint_lt (seconds++, 14);
    if (any != NULL)
      g_socket_condition_timed_wait (
          any, G_IO_IN, G_TIME_SPAN_SECOND, NULL, NULL);
  }
  ck_assert_msg (
      get_cpu_time () - cpu_since < 2, "%f", get_cpu_time () - cpu_since);
  check_alive (server);
}
GST_END_TEST

/* === who goes, and who comes in numbers === */

static const gboolean resets[] = { FALSE, TRUE };

/* Before it is answered; with a FIN, or with a reset. */
GST_START_TEST (test_who_hangs_up_has_ended)
{
  g_autoptr (Server) server = make_server ();
  g_autoptr (GSocketConnection) client = client_connect (server->port);
  g_autofree char *text = g_strdup_printf (POST_HEAD
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
      strlen (OFFER));
  struct linger linger = { .l_onoff = 1 };

  server->behaviour = IS_SILENT;
  client_write (client, text);
  server_await (server, "requested");
  ck_assert_uint_eq (server_count (server, "ended"), 0);
  if (resets[__i__])
    setsockopt (g_socket_get_fd (g_socket_connection_get_socket (client)),
        SOL_SOCKET, SO_LINGER, &linger, sizeof (linger));
  g_io_stream_close (G_IO_STREAM (client), NULL, NULL);
  server_await (server, "ended");

  /* An answer that comes now is for nobody. */
  gst_peer_signaller_end_session (server->signaller, server->session);
  server_await (server, "released");
  server->behaviour = ANSWERS;
  check_alive (server);
}
GST_END_TEST

GST_START_TEST (test_half_of_the_descriptors)
{
  g_autoptr (Server) server = server_new ("whep", "timeout", 10000u, NULL);
  struct rlimit before, few;
  GSocketConnection *clients[64];
  guint n_open = 0;

  getrlimit (RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = 100; /* so there may be 50 */
  setrlimit (RLIMIT_NOFILE, &few);
  server_start (server);
  setrlimit (RLIMIT_NOFILE, &before);

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = client_connect (server->port);
  /* In order, so that the last is closed when all were looked at. */
  ck_assert (g_socket_condition_timed_wait (
      g_socket_connection_get_socket (clients[63]), G_IO_IN, WATCHDOG, NULL,
      NULL));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    n_open += !is_closed (g_socket_connection_get_socket (clients[i]));
  ck_assert_uint_eq (n_open, 50);

  /* When they have gone, there is room again. */
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
  for (;;) {
    g_autoptr (GSocketConnection) client = client_connect (server->port);
    g_autoptr (Reply) reply = NULL;

    client_write (client, GET "\r\n");
    reply = client_read (G_IO_STREAM (client));
    if (reply->status == 204)
      break;
  }
}
GST_END_TEST

/* 64 offers wait for the element, the next is for later. */
GST_START_TEST (test_offers_that_wait)
{
  g_autoptr (Server) server = make_server ();
  g_autofree char *text = g_strdup_printf (POST_HEAD
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
      strlen (OFFER));
  GSocketConnection *clients[64];
  g_autoptr (Reply) reply = NULL;

  server->behaviour = IS_SILENT;
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    clients[i] = client_connect (server->port);
    client_write (clients[i], text);
  }
  g_mutex_lock (&server->lock);
  while (server->events->len < G_N_ELEMENTS (clients))
    g_cond_wait (&server->cond, &server->lock);
  g_mutex_unlock (&server->lock);
  reply = request (server->port, "POST", "/live", SDP, OFFER);
  ck_assert_uint_eq (reply->status, 503);
  ck_assert (reply_has (reply, "Retry-After: "));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}
GST_END_TEST

/* A stop answers who waits, and closes what else there is. */
GST_START_TEST (test_stop)
{
  Server *server = make_server ();
  g_autoptr (GSocketConnection) idle = client_connect (server->port);
  g_autoptr (GSocketConnection) half = client_connect (server->port);
  g_autoptr (GSocketConnection) waits = client_connect (server->port);
  g_autofree char *text = g_strdup_printf (POST_HEAD
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
      strlen (OFFER));
  g_autoptr (Reply) nothing = NULL;
  g_autoptr (Reply) not_whole = NULL;
  g_autoptr (Reply) reply = NULL;

  server->behaviour = IS_SILENT;
  client_write (half, GET);
  client_write (waits, text);
  server_await (server, "requested");
  server_free (server);
  nothing = client_read (G_IO_STREAM (idle));
  ck_assert_uint_eq (nothing->status, 0);
  not_whole = client_read (G_IO_STREAM (half));
  ck_assert_uint_eq (not_whole->status, 0);
  reply = client_read (G_IO_STREAM (waits));
  ck_assert_uint_eq (reply->status, 503);
  ck_assert (reply_has (reply, "Retry-After: "));
}
GST_END_TEST

static Suite *
server_limits_suite (void)
{
  Suite *suite = suite_create ("server-limits");
  TCase *tcase = tcase_create ("server-limits");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_writings, 0, G_N_ELEMENTS (writings));
  tcase_add_test (tcase, test_expect_continue);
  tcase_add_test (tcase, test_expect_continue_of_too_much);
  tcase_add_loop_test (
      tcase, test_a_head_that_is_cut_off, 0, G_N_ELEMENTS (cut_off));
  tcase_add_test (tcase, test_paths_that_are_cut_off_are_forgotten);
  tcase_add_test (tcase, test_a_body_without_end);
  tcase_add_test (tcase, test_who_is_slow_is_closed);
  tcase_add_loop_test (
      tcase, test_who_hangs_up_has_ended, 0, G_N_ELEMENTS (resets));
  tcase_add_test (tcase, test_half_of_the_descriptors);
  tcase_add_test (tcase, test_offers_that_wait);
  tcase_add_test (tcase, test_stop);

  return suite;
}

GST_CHECK_MAIN (server_limits);
