/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Very much at once. */

#include "crowd.h"
#include "process.h"
#include "scene.h"

#include <string.h>

#define POST_HEAD                                                              \
  "POST /live HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"

/* A peer that is not there. */
#define OFFER                                                                  \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"    \
  "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"          \
  "a=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-mux\r\na=setup:actpass\r\n"   \
  "a=ice-ufrag:offr\r\na=ice-pwd:0123456789abcdefghijkl\r\n"                   \
  "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"     \
  "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"                        \
  "a=candidate:1 1 UDP 2015363327 127.0.0.1 9 typ host\r\n"

#define N_POSTS 10000

/* No more of them are there than may be, and none of them for ever. */
GST_START_TEST (test_posts_that_never_connect)
{
  Scene *scene = scene_new ();
  g_autofree char *post = g_strdup_printf (POST_HEAD
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n" OFFER,
      strlen (OFFER));
  guint n_taken = 0;
  guint n_counted;

  for (guint i = 0; i < N_POSTS; i++) {
    g_autofree char *reply = NULL;
    guint status = crowd_request (scene->port, post, &reply);

    ck_assert (status == 201 || status == 503);
    n_taken += status == 201;
    if (status == 503)
      ck_assert (strstr (reply, "\r\nRetry-After: ") != NULL);
    if (i % 1000 == 0)
      ck_assert_uint_le (scene_count_sessions (scene), MAX_SESSIONS);
  }
  /* Beside the viewer, and again where the first ones were over meanwhile. */
  ck_assert_uint_ge (n_taken, MAX_SESSIONS - 1);
  ck_assert_uint_le (n_taken, 10 * MAX_SESSIONS);

  scene_await_return (scene);
  scene_check (scene);
  scene_free (scene);

  n_counted = scene_sum_numbers (" more offences were counted");
  ck_assert_uint_eq (
      scene_count_lines ("is refused: There are too many sessions.") +
          n_counted,
      N_POSTS - n_taken);
  ck_assert_uint_eq (scene_count_lines ("The peer cannot be reached"), n_taken);
  ck_assert_uint_lt (scene_count_lines (""), 250);
}
GST_END_TEST

#define LARGE (100 * 1024 * 1024)

static const char *const framings[] = {
  POST_HEAD "Content-Length: 104857600\r\n\r\n",
  POST_HEAD "Transfer-Encoding: chunked\r\n\r\n",
};

typedef struct {
  guint port;
  gboolean is_chunked;
} Writer;

/* Most of what is taken is in the buffers of the two sockets. */
static gpointer
write_large_offer (gpointer data)
{
  const Writer *self = data;
  const char *framing = framings[self->is_chunked];
  g_autoptr (GSocket) socket = crowd_connect (self->port);
  g_autofree char *piece = g_strnfill (0x10000, 'a');
  gsize n = 0;

  crowd_write (socket, framing, strlen (framing));
  memcpy (piece, "v=0\r\n", 5);
  while (n < LARGE &&
         (!self->is_chunked || crowd_write (socket, "10000\r\n", 7)) &&
         crowd_write (socket, piece, 0x10000) &&
         (!self->is_chunked || crowd_write (socket, "\r\n", 2)))
    n += 0x10000;
  ck_assert_uint_lt (n, LARGE / 3);

  return GUINT_TO_POINTER (crowd_read (socket, NULL));
}

#define N_WRITERS 10

/* 100 MB each, all at once. */
GST_START_TEST (test_large_offers)
{
  Scene *scene = scene_new ();
  const Writer writers[] = { { scene->port, FALSE }, { scene->port, TRUE } };
  GThread *threads[N_WRITERS];
  gsize before;

  process_reset_peak ();
  before = process_read_memory ("VmHWM");
  for (guint i = 0; i < N_WRITERS; i++)
    threads[i] =
        g_thread_new ("writer", write_large_offer, (gpointer)&writers[i % 2]);
  for (guint i = 0; i < N_WRITERS; i++) {
    guint status = GPOINTER_TO_UINT (g_thread_join (threads[i]));

    /* The response may be lost where it is written at and not read. */
    ck_assert_msg (status == 413 || status == 0, "%u", status);
  }
  ck_assert_uint_lt (process_read_memory ("VmHWM") - before, 16 * 1024);

  scene_await_return (scene);
  scene_check (scene);
  scene_free (scene);
  ck_assert_uint_eq (
      scene_count_lines ("refused with 413 before the end of its request"),
      N_WRITERS);
  ck_assert_uint_eq (scene_count_lines (""), N_WRITERS);
}
GST_END_TEST

static Suite *
flood_suite (void)
{
  Suite *suite = suite_create ("flood");
  TCase *tcase = tcase_create ("flood");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, test_posts_that_never_connect);
  tcase_add_test (tcase, test_large_offers);

  return suite;
}

GST_CHECK_MAIN (flood);
