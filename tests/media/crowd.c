/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "crowd.h"

#include <gst/check/gstcheck.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WATCHDOG 20 /* s */

/* === clients === */

GSocket *
crowd_connect (guint port)
{
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);

  ck_assert_msg (socket != NULL, "%s", error != NULL ? error->message : "");
  g_socket_set_timeout (socket, WATCHDOG);
  ck_assert_msg (g_socket_connect (socket, address, NULL, &error), "%s",
      error != NULL ? error->message : "");

  return socket;
}

gboolean
crowd_write (GSocket *socket, const char *text, gsize size)
{
  gsize written = 0;

  while (written < size) {
    gssize n =
        g_socket_send (socket, text + written, size - written, NULL, NULL);

    if (n <= 0)
      return FALSE;
    written += n;
  }

  return TRUE;
}

guint
crowd_read (GSocket *socket, char **reply)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  char buffer[4096];
  gssize n;

  while ((n = g_socket_receive (
              socket, buffer, sizeof (buffer), NULL, &error)) > 0)
    g_string_append_len (text, buffer, n);
  ck_assert_msg (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT),
      "the server keeps the connection");
  if (reply != NULL)
    *reply = g_strdup (text->str);

  return g_str_has_prefix (text->str, "HTTP/1.")
             ? atoi (text->str + strlen ("HTTP/1.1 "))
             : 0;
}

guint
crowd_request (guint port, const char *text, char **reply)
{
  g_autoptr (GSocket) socket = crowd_connect (port);

  crowd_write (socket, text, strlen (text));

  return crowd_read (socket, reply);
}

gboolean
crowd_is_over (GSocket *socket)
{
  char buffer[4096];
  gssize n;

  do {
    g_autoptr (GError) error = NULL;

    n = g_socket_receive_with_blocking (
        socket, buffer, sizeof (buffer), FALSE, NULL, &error);
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      return FALSE;
  } while (n > 0);

  return TRUE;
}
