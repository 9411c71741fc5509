/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole requests, by TCP, to a WHEP and a WHIP server that answer each offer. */

#include "candidate.h"
#include "session-server.h"

#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define TOKEN "s3cretToken"

/* Stands for the id of a session that is there. */
#define SESSION "{SESSION}"

/* Who has sent all that it has waits for so long, and then closes its side: the
 * server waits for more of what is not whole. */
#define PATIENCE 5 /* ms */

/* And within so long the server has closed, too, or at the least by the time that
 * it has answered somebody else: a machine may stand still for a while. */
#define LONGEST 4000 /* ms */

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint port;
static GstPeerSignaller *servers[2];
static const char *const paths[] = { "/live", "/in" };
static char *session; /* of the second */

static GMutex lock;
static GPtrArray *opened; /* to be ended */

/* === the element === */

static void
on_session_requested (GstPeerSignaller *signaller, const char *id,
    GstWebRTCSessionDescription *offer, const char *const *ice_servers,
    gpointer user_data)
{
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;
  GstSDPMessage *sdp;

  g_assert (offer->type == GST_WEBRTC_SDP_TYPE_OFFER);
  g_assert (gst_sdp_message_medias_len (offer->sdp) > 0);
  gst_sdp_message_new (&sdp);
  gst_sdp_message_set_version (sdp, "0");
  answer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  gst_peer_signaller_send_description (signaller, id, answer);
  g_mutex_lock (&lock);
  g_ptr_array_add (opened, g_strdup (id));
  g_mutex_unlock (&lock);
}

static void
on_candidate (GstPeerSignaller *signaller, const char *id, guint mline,
    const char *candidate, gpointer user_data)
{
  g_assert (mline < 64);
  g_assert (*candidate == '\0' || g_str_has_prefix (candidate, "candidate:"));
  g_assert (strchr (candidate, '\n') == NULL);
}

/* But the one that stays; also those that a request has ended itself. */
static void
end_sessions (void)
{
  g_autoptr (GPtrArray) ended = NULL;

  g_mutex_lock (&lock);
  ended = opened;
  opened = g_ptr_array_new_with_free_func (g_free);
  g_mutex_unlock (&lock);
  for (guint i = 0; i < ended->len; i++) {
    const char *id = g_ptr_array_index (ended, i);

    for (guint k = 0; k < G_N_ELEMENTS (servers); k++) {
      if (g_strcmp0 (id, session) != 0)
        gst_peer_signaller_end_session (servers[k], id);
    }
  }
}

/* === a request === */

static GSocket *
connect_to_server (void)
{
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  /* Leaves nothing behind that would use up the ports. */
  struct linger none = { .l_onoff = 1 };

  g_assert (g_socket_connect (socket, address, NULL, &error));
  setsockopt (
      g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &none, sizeof (none));

  return socket;
}

/* Returns: whether the server has closed */
static gboolean
read_some (GSocket *socket, GString *reply)
{
  char buffer[4096];
  gssize n = g_socket_receive (socket, buffer, sizeof (buffer), NULL, NULL);

  if (n > 0)
    g_string_append_len (reply, buffer, n);

  return n <= 0;
}

static gboolean
wait_for (GSocket *socket, int ms)
{
  struct pollfd fd = { .fd = g_socket_get_fd (socket), .events = POLLIN };

  return poll (&fd, 1, ms) > 0;
}

static guint request (const char *text);

static GString *
exchange (const char *text, gsize size, int patience)
{
  g_autoptr (GSocket) socket = connect_to_server ();
  GString *reply = g_string_new (NULL);
  gboolean is_half = FALSE;
  gboolean is_late = FALSE;

  if (size > 0)
    g_socket_send (socket, text, size, NULL, NULL);
  for (;;) {
    if (wait_for (socket, is_half ? LONGEST : patience)) {
      if (read_some (socket, reply))
        return reply;
    } else if (!is_half) {
      is_half = TRUE;
      g_socket_shutdown (socket, FALSE, TRUE, NULL);
    } else {
      g_assert (!is_late);
      is_late = TRUE;
      g_assert (request ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") == 204);
    }
  }
}

/* One response or none, with what all have, and no more than that. */
static guint
check_reply (const GString *reply)
{
  const char *text = reply->str;
  const char *end;
  const char *length;
  guint status;

  /* The server may have gone in the middle of a request that does as well. */
  if (reply->len == 0)
    return 0;
  g_assert (g_str_has_prefix (text, "HTTP/1."));
  /* Before a response, which follows it if the client goes on; libsoup says so
   * to HTTP/1.0 as well. */
  if (g_str_has_prefix (text + strlen ("HTTP/1.1"), " 100 Continue\r\n\r\n")) {
    text = strstr (text, "\r\n\r\n") + 4;
    if (*text == '\0')
      return 0;
    g_assert (g_str_has_prefix (text, "HTTP/1."));
  }
  end = strstr (text, "\r\n\r\n");
  g_assert (end != NULL);
  status = g_ascii_strtoull (text + strlen ("HTTP/1.1 "), NULL, 10);
  g_assert (status >= 200 && status < 600 && status != 500);
  g_assert (strstr (text, "\r\nAccess-Control-Allow-Origin: *") != NULL);
  g_assert (strstr (reply->str, TOKEN) == NULL);
  length = strstr (text, "\r\nContent-Length: ");
  if (length != NULL && length < end)
    g_assert (
        strlen (end + 4) <=
        g_ascii_strtoull (length + strlen ("\r\nContent-Length: "), NULL, 10));

  return status;
}

static guint
request (const char *text)
{
  g_autoptr (GString) reply = exchange (text, strlen (text), LONGEST);

  return check_reply (reply);
}

/* === the servers === */

#define OFFER                                                                  \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                        \
  "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:u\r\n"
#define HEAD                                                                   \
  "POST /in HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " TOKEN "\r\n"        \
  "Content-Type: application/sdp\r\n"

static void
open_session (void)
{
  g_autofree char *text = g_strdup_printf (
      HEAD "Content-Length: %u\r\n\r\n" OFFER, (guint)strlen (OFFER));
  g_autoptr (GString) reply = exchange (text, strlen (text), LONGEST);
  const char *location = strstr (reply->str, "\r\nLocation: /in/");

  g_assert (check_reply (reply) == 201 && location != NULL);
  /* The one before may be there. */
  if (session != NULL)
    gst_peer_signaller_end_session (servers[1], session);
  g_free (session);
  session = g_strndup (location + strlen ("\r\nLocation: /in/"), 32);
}

static void
on_session_ended (GstPeerSignaller *signaller, const char *id, gpointer data)
{
  gst_peer_signaller_end_session (signaller, id);
}

static void
start_server (guint i)
{
  static const char *const ice_servers[] = { "turn://u:p@127.0.0.1", NULL };
  g_autofree char *location = g_strdup_printf (
      "%s://127.0.0.1:%u%s", i == 0 ? "whep" : "whip", port, paths[i]);
  g_autoptr (GError) error = NULL;

  servers[i] = g_object_new (gst_peer_session_server_get_type (), "scheme",
      i == 0 ? "whep" : "whip", "location", location, "strict", i == 1,
      "max-sessions", 1000, "ice-servers", ice_servers, "auth-token",
      i == 0 ? NULL : TOKEN, NULL);
  g_signal_connect (
      servers[i], "session-requested", G_CALLBACK (on_session_requested), NULL);
  g_signal_connect (servers[i], "candidate", G_CALLBACK (on_candidate), NULL);
  g_signal_connect (
      servers[i], "session-ended", G_CALLBACK (on_session_ended), NULL);
  g_assert (gst_peer_signaller_start (servers[i], &error));
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  gst_init (NULL, NULL);
  port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_socket_listener_close (listener);
  opened = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    start_server (i);
  open_session ();

  return 0;
}

static char *
fill_in (const guint8 *data, gsize size, gsize *filled)
{
  gsize length = strlen (SESSION);
  char *text = g_malloc (size + 32);
  gboolean is_done = FALSE;

  *filled = 0;
  for (gsize i = 0; i < size; i++) {
    if (!is_done && size - i >= length &&
        memcmp (data + i, SESSION, length) == 0) {
      memcpy (text + *filled, session, 32);
      *filled += 32;
      i += length - 1;
      is_done = TRUE;
    } else {
      text[(*filled)++] = data[i];
    }
  }

  return text;
}

/* Whatever it was, the servers are there for others. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize filled;
  g_autofree char *text = fill_in (data, size, &filled);
  g_autoptr (GString) reply = exchange (text, filled, PATIENCE);
  g_autofree char *patch = NULL;

  check_reply (reply);
  end_sessions ();
  patch =
      g_strdup_printf ("OPTIONS /in/%s HTTP/1.1\r\nHost: x\r\n\r\n", session);
  g_assert (request (patch) == 204);
  /* It may be the one that is gone. */
  if (g_strstr_len (text, filled, session) != NULL &&
      g_strstr_len (text, filled, "DELETE") != NULL)
    open_session ();

  return 0;
}
