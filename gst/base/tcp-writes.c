/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which of the TCP sockets of this process are written to: for one of a library
 * that does not show it. The kernel is asked, before and after something has
 * been sent that goes out of it. Others may be written to at the same time, and
 * may come and go. */

#include "tcp-writes.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  int fd;
  guint64 cookie; /* of the socket; the number may be used again */
  guint64 written;
} TcpSocket;

/* Returns: whether it is a TCP socket */
static gboolean
ask (int fd, TcpSocket *self)
{
  struct tcp_info info;
  socklen_t size = sizeof (info);
  socklen_t cookie_size = sizeof (self->cookie);

  if (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < G_STRUCT_OFFSET (struct tcp_info, tcpi_bytes_retrans) +
                 sizeof (info.tcpi_bytes_retrans) ||
      getsockopt (fd, SOL_SOCKET, SO_COOKIE, &self->cookie, &cookie_size) != 0)
    return FALSE;

  self->fd = fd;
  /* What waits in the kernel is written. */
  self->written =
      info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;

  return TRUE;
}

/* Returns: whether it is still there */
static gboolean
ask_again (const TcpSocket *before, TcpSocket *now)
{
  return ask (before->fd, now) && now->cookie == before->cookie;
}

/**
 * gst_peer_tcp_writes_new:
 *
 * Returns: (transfer full): all TCP sockets of this process
 */
GArray *
gst_peer_tcp_writes_new (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  GArray *self = g_array_new (FALSE, FALSE, sizeof (TcpSocket));
  const char *name;
  TcpSocket socket;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (ask (atoi (name), &socket))
      g_array_append_val (self, socket);

  return self;
}

/**
 * gst_peer_tcp_writes_update:
 *
 * Asks the same sockets again; those that are gone are dropped.
 */
void
gst_peer_tcp_writes_update (GArray *self)
{
  for (guint i = self->len; i-- > 0;) {
    TcpSocket *before = &g_array_index (self, TcpSocket, i);
    TcpSocket now;

    if (ask_again (before, &now))
      *before = now;
    else
      g_array_remove_index (self, i);
  }
}

/**
 * gst_peer_tcp_writes_keep_written:
 *
 * Drops those that were not written to since they were asked last.
 */
void
gst_peer_tcp_writes_keep_written (GArray *self)
{
  for (guint i = self->len; i-- > 0;) {
    const TcpSocket *before = &g_array_index (self, TcpSocket, i);
    TcpSocket now;

    if (!ask_again (before, &now) || now.written == before->written)
      g_array_remove_index (self, i);
  }
}

/**
 * gst_peer_tcp_writes_open:
 * @i: which of them
 *
 * Returns: (transfer full) (nullable): it, with a descriptor of its own, as the
 *   other one may be closed at any time; its connection lasts for as long
 */
GSocket *
gst_peer_tcp_writes_open (GArray *self, guint i)
{
  const TcpSocket *known = &g_array_index (self, TcpSocket, i);
  int fd = fcntl (known->fd, F_DUPFD_CLOEXEC, 0);
  GSocket *socket = NULL;
  TcpSocket own;

  if (fd >= 0 && ask (fd, &own) && own.cookie == known->cookie)
    socket = g_socket_new_from_fd (fd, NULL);
  if (fd >= 0 && socket == NULL)
    close (fd);

  return socket;
}
