/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include <unistd.h>

#include "tcp-writes.h"

#define N_CONNECTIONS 3

static GSocketConnection *clients[N_CONNECTIONS];
static GSocketConnection *servers[N_CONNECTIONS];

static void
setup (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  for (guint i = 0; i < N_CONNECTIONS; i++) {
    clients[i] =
        g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
    servers[i] = g_socket_listener_accept (listener, NULL, NULL, NULL);
    fail_unless (clients[i] != NULL && servers[i] != NULL);
  }
}

static void
teardown (void)
{
  for (guint i = 0; i < N_CONNECTIONS; i++) {
    g_clear_object (&clients[i]);
    g_clear_object (&servers[i]);
  }
}

static void
write_to (GSocketConnection *connection)
{
  fail_unless_equals_int (
      g_socket_send (
          g_socket_connection_get_socket (connection), "x", 1, NULL, NULL),
      1);
}

static void
assert_same (GSocket *socket, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) is = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) wanted =
      g_socket_connection_get_local_address (connection, NULL);

  fail_unless_equals_int (
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (is)),
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (wanted)));
}

GST_START_TEST (test_the_one_that_is_written_to_each_time)
{
  g_autoptr (GArray) writes = gst_peer_tcp_writes_new ();
  g_autoptr (GSocket) socket = NULL;

  fail_unless (writes->len >= 2 * N_CONNECTIONS);

  write_to (clients[0]);
  write_to (clients[1]);
  write_to (servers[2]);
  gst_peer_tcp_writes_keep_written (writes);
  fail_unless_equals_int (writes->len, 3);

  gst_peer_tcp_writes_update (writes);
  write_to (clients[0]);
  write_to (clients[1]);
  gst_peer_tcp_writes_keep_written (writes);
  fail_unless_equals_int (writes->len, 2);

  gst_peer_tcp_writes_update (writes);
  write_to (clients[1]);
  write_to (clients[2]);
  gst_peer_tcp_writes_keep_written (writes);
  fail_unless_equals_int (writes->len, 1);

  socket = gst_peer_tcp_writes_open (writes, 0);
  assert_same (socket, clients[1]);
}

GST_END_TEST;

/* As when the network is gone: nothing is acknowledged. */
GST_START_TEST (test_what_the_kernel_keeps_is_written)
{
  GSocket *socket = g_socket_connection_get_socket (clients[0]);
  g_autoptr (GArray) writes = NULL;
  char bytes[4096] = { 0 };
  guint n = 0;

  g_socket_set_blocking (socket, FALSE);
  for (;;) {
    g_clear_pointer (&writes, g_array_unref);
    writes = gst_peer_tcp_writes_new ();
    if (g_socket_send (socket, bytes, sizeof (bytes), NULL, NULL) < 0)
      break;
    gst_peer_tcp_writes_keep_written (writes);
    fail_unless_equals_int (writes->len, 1);
    n++;
  }
  fail_unless (n > 1);
  gst_peer_tcp_writes_keep_written (writes);
  fail_unless_equals_int (writes->len, 0);
}

GST_END_TEST;

GST_START_TEST (test_a_socket_that_is_gone_is_dropped)
{
  g_autoptr (GArray) writes = gst_peer_tcp_writes_new ();
  guint n = writes->len;
  int fd;

  /* The number is that of another socket then. */
  fd = g_socket_get_fd (g_socket_connection_get_socket (clients[0]));
  fail_unless (
      dup2 (g_socket_get_fd (g_socket_connection_get_socket (clients[1])),
          fd) == fd);
  gst_peer_tcp_writes_update (writes);
  fail_unless_equals_int (writes->len, n - 1);
}

GST_END_TEST;

static Suite *
tcp_writes_suite (void)
{
  Suite *suite = suite_create ("tcp-writes");
  TCase *tcase = tcase_create ("tcp-writes");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, test_the_one_that_is_written_to_each_time);
  tcase_add_test (tcase, test_what_the_kernel_keeps_is_written);
  tcase_add_test (tcase, test_a_socket_that_is_gone_is_dropped);

  return suite;
}

GST_CHECK_MAIN (tcp_writes);
