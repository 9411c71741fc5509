/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long nothing has come in through a socket. The kernel is asked, so that
 * nothing has to be done per packet. */

#include "silence.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/**
 * gst_peer_silence_update:
 * @self: all 0 before the first time
 * @stamp: when the last packet was there, as SIOCGSTAMP has it, in us
 * @wall: the wall clock just before the kernel was asked, in us
 * @now: the monotonic time, in us
 *
 * The first question makes the kernel begin to remember, which takes it some
 * milliseconds, and a packet of that time has no stamp. Where it has none it
 * says the time at which it is asked, and keeps to that: nothing is known of
 * such a packet. Nor does a wall clock that is set make a peer silent: a packet
 * that is new has come since the last question.
 *
 * Returns: the silence, in us; from the first question on where nothing else is
 *   known
 */
gint64
gst_peer_silence_update (
    GstPeerSilence *self, gint64 stamp, gint64 wall, gint64 now)
{
  if (self->asked == 0)
    self->heard = now;
  else if (stamp != self->stamp && stamp < wall)
    self->heard = MAX (self->asked, now - (wall - stamp));

  self->stamp = stamp;
  self->asked = now;

  return now - self->heard;
}

static gint64
ask_udp (GSocket *socket)
{
  GstPeerSilence *silence;
  struct timeval stamp = { 0 };
  gint64 wall;

  silence = g_object_get_data (G_OBJECT (socket), "peer-silence");
  if (silence == NULL) {
    silence = g_new0 (GstPeerSilence, 1);
    g_object_set_data_full (G_OBJECT (socket), "peer-silence", silence, g_free);
  }

  wall = g_get_real_time ();
  /* ENOENT: there was no packet at all. */
  if (ioctl (g_socket_get_fd (socket), SIOCGSTAMP, &stamp) != 0 &&
      errno != ENOENT)
    return -1;

  return gst_peer_silence_update (silence,
      (gint64)stamp.tv_sec * G_USEC_PER_SEC + stamp.tv_usec, wall,
      g_get_monotonic_time ());
}

static gint64
ask_tcp (GSocket *socket)
{
  struct tcp_info info;
  socklen_t size = sizeof (info);

  if (getsockopt (
          g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return -1;

  return (gint64)info.tcpi_last_data_recv * 1000;
}

/**
 * gst_peer_silence_of_socket:
 *
 * From one thread at a time.
 *
 * Returns: the time since the last packet, in us; -1 when the kernel does not
 *   tell
 */
gint64
gst_peer_silence_of_socket (GSocket *socket)
{
  if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_STREAM)
    return ask_tcp (socket);
  return ask_udp (socket);
}
