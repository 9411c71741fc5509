/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connections that do not come to an end by themselves. */

#include "crowd.h"
#include "scene.h"

#include <string.h>

#define POST_HEAD                                                              \
  "POST /live HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"

/* One byte more whenever nothing else has happened for so long. */
#define PAUSE 250 /* ms */

#define N_OF_EACH 50

static const struct {
  const char *first;
  const char *trickle;
} loiterers[] = {
  { "", "GET /live HTTP/1.1\r\nX-Filling: 0123456789abcdefghijklmnopqrstuv" },
  { POST_HEAD "Content-Length: 1000\r\n\r\n", "v=0\r\no=- 1 2 IN IP4 127.0.0.1"
                                              "\r\ns=-\r\nt=0 0\r\nm=video 9" },
  /* Only garbage, without an end to it, and as if it were TLS. */
  { "\xff\xfe\x01\x02nothing that there is a name for", "" },
  { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x80\x81\x82\x83" },
};

#define N_LOITERERS (N_OF_EACH * G_N_ELEMENTS (loiterers))

typedef struct {
  GSocket *sockets[N_LOITERERS];
  gsize n_trickled[N_LOITERERS];
  guint n_open;
} Loiterers;

static void
trickle (Loiterers *self, guint i)
{
  const char *text = loiterers[i % G_N_ELEMENTS (loiterers)].trickle;

  if (self->n_trickled[i] < strlen (text))
    g_socket_send_with_blocking (
        self->sockets[i], text + self->n_trickled[i]++, 1, FALSE, NULL, NULL);
}

static void
go_round (Loiterers *self)
{
  GPollFD fds[N_LOITERERS];
  guint n_fds = 0;

  for (guint i = 0; i < N_LOITERERS; i++) {
    if (self->sockets[i] == NULL)
      continue;
    if (crowd_is_over (self->sockets[i])) {
      g_clear_object (&self->sockets[i]);
      self->n_open--;
      continue;
    }
    trickle (self, i);
    fds[n_fds].fd = g_socket_get_fd (self->sockets[i]);
    fds[n_fds].events = G_IO_IN | G_IO_HUP | G_IO_ERR;
    n_fds++;
  }
  if (n_fds > 0)
    g_poll (fds, n_fds, PAUSE);
}

/* Header by header, byte by byte, or not a word of HTTP: each is closed after
 * its 10 s, and nobody else has to wait for that. */
GST_START_TEST (test_loiterers)
{
  Scene *scene = scene_new ();
  Loiterers all = { .n_open = N_LOITERERS };
  gint64 since = g_get_monotonic_time ();

  for (guint i = 0; i < N_LOITERERS; i++) {
    const char *first = loiterers[i % G_N_ELEMENTS (loiterers)].first;

    all.sockets[i] = crowd_connect (scene->port);
    crowd_write (all.sockets[i], first, strlen (first));
  }
  ck_assert_uint_eq (scene_count_sessions (scene), 1);
  scene_check (scene);
  while (all.n_open > 0) {
    go_round (&all);
    ck_assert_int_lt (g_get_monotonic_time () - since, 20 * G_TIME_SPAN_SECOND);
  }

  scene_await_return (scene);
  scene_check (scene);
  scene_free (scene);
  ck_assert_uint_eq (scene_count_lines ("the request took too long"), 100);
  ck_assert_uint_eq (
      scene_sum_numbers (" more offences were counted"), N_LOITERERS - 100);
  ck_assert_uint_eq (scene_count_lines (""), 102);
}
GST_END_TEST

/* 100 that send nothing but garbage, as much of it as they can. */
GST_START_TEST (test_garbage)
{
  Scene *scene = scene_new ();
  g_autofree char *garbage = g_malloc (0x20000);
  GRand *random = g_rand_new_with_seed (1);

  for (guint i = 0; i < 100; i++) {
    g_autoptr (GSocket) socket = crowd_connect (scene->port);
    guint status;

    for (gsize k = 0; k < 0x20000; k++)
      garbage[k] = g_rand_int (random);
    crowd_write (socket, garbage, 0x20000);
    status = crowd_read (socket, NULL);
    ck_assert (status == 0 || status == 400 || status == 431);
  }
  g_rand_free (random);

  scene_await_return (scene);
  scene_check (scene);
  scene_free (scene);
  ck_assert_uint_eq (scene_count_lines ("127.0.0.1:"), 100);
  ck_assert_uint_le (scene_count_lines (""), 102);
}
GST_END_TEST

static Suite *
loiter_suite (void)
{
  Suite *suite = suite_create ("loiter");
  TCase *tcase = tcase_create ("loiter");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, test_loiterers);
  tcase_add_test (tcase, test_garbage);

  return suite;
}

GST_CHECK_MAIN (loiter);
