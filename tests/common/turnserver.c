/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "turnserver.h"

#include "ports.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHDOG (20 * G_USEC_PER_SEC)

typedef struct {
  gint64 time;
  char *text;
} Line;

struct _TurnServer {
  char *dir;
  char *address;
  guint port;
  guint tls_port;
  GPid pid;
  int out;
  GThread *reader;

  GMutex lock;
  GCond cond;
  GArray *lines;
  gboolean ended;
};

static void
line_clear (Line *line)
{
  g_free (line->text);
}

static void
make_certificate (const char *dir, const char *host)
{
  g_autofree char *subject = g_strdup_printf ("/CN=%s", host);
  g_autofree char *name = g_strdup_printf ("subjectAltName=IP:%s", host);
  g_autofree char *key = g_build_filename (dir, "key.pem", NULL);
  g_autofree char *cert = g_build_filename (dir, "cert.pem", NULL);
  const char *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", subject,
    "-addext", name, "-keyout", key, "-out", cert, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  ck_assert_msg (g_spawn_sync (NULL, (char **)argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                         G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL, NULL, NULL, NULL, &status, &error) &&
                     g_spawn_check_wait_status (status, &error),
      "openssl: %s", error != NULL ? error->message : "");
}

static void
write_config (TurnServer *self, const char *path)
{
  g_autofree char *text = g_strdup_printf (
      "listening-ip=%s\n"
      "relay-ip=%s\n"
      "listening-port=%u\n"
      "tls-listening-port=%u\n"
      "cert=%s/cert.pem\n"
      "pkey=%s/key.pem\n"
      "pidfile=%s/pid\n"
      "userdb=%s/db\n"
      "lt-cred-mech\n"
      "user=user:password\n"
      "realm=test\n"
      "allow-loopback-peers\n"
      "relay-threads=1\n"
      "no-cli\n"
      "no-rfc5780\n"
      /* Only lines for the log file are flushed, so stdout has to be it. */
      "log-file=stdout\n"
      "no-stdout-log\n"
      "verbose\n",
      self->address, self->address, self->port, self->tls_port, self->dir,
      self->dir, self->dir, self->dir);

  ck_assert (g_file_set_contents (path, text, -1, NULL));
}

static void
on_child_setup (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* As coturn 4.6 says it; 4.18 says "... INFO [allocation ]TEXT (session N)". */
static char *
translate (GRegex *newer, const char *line)
{
  return g_regex_replace (newer, line, -1, 0, "session \\2: \\1", 0, NULL);
}

static gpointer
reader_main (gpointer data)
{
  TurnServer *self = data;
  g_autoptr (GRegex) newer = g_regex_new (
      "^.* INFO (?:allocation )?(.*) \\(session (\\d+)\\)$", 0, 0, NULL);
  g_autoptr (GIOChannel) channel = g_io_channel_unix_new (self->out);
  char *text;

  g_io_channel_set_encoding (channel, NULL, NULL);
  while (g_io_channel_read_line (channel, &text, NULL, NULL, NULL) ==
         G_IO_STATUS_NORMAL) {
    Line line = { g_get_monotonic_time (),
      translate (newer, g_strchomp (text)) };

    g_free (text);
    g_mutex_lock (&self->lock);
    g_array_append_val (self->lines, line);
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
await_listener (TurnServer *self, const char *protocol, guint port)
{
  g_autofree char *pattern = g_strdup_printf (
      "*%s listener opened on*: %s:%u", protocol, self->address, port);

  turn_server_await (self, pattern, 1, NULL);
}

TurnServer *
turn_server_new_at (const char *address)
{
  TurnServer *self = g_new0 (TurnServer, 1);
  g_autofree char *config = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->lines = g_array_new (FALSE, FALSE, sizeof (Line));
  g_array_set_clear_func (self->lines, (GDestroyNotify)line_clear);
  self->dir = g_dir_make_tmp ("turn-XXXXXX", NULL);
  ck_assert (self->dir != NULL);
  self->address = g_strdup (address);
  self->port = find_port ();
  self->tls_port = find_port ();
  make_certificate (self->dir, address);
  config = g_build_filename (self->dir, "turnserver.conf", NULL);
  write_config (self, config);

  {
    const char *argv[] = { "turnserver", "-c", config, NULL };

    ck_assert_msg (
        g_spawn_async_with_pipes (self->dir, (char **)argv, NULL,
            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                G_SPAWN_STDERR_TO_DEV_NULL,
            on_child_setup, NULL, &self->pid, NULL, &self->out, NULL, &error),
        "turnserver: %s", error != NULL ? error->message : "");
  }
  self->reader = g_thread_new ("turnserver-log", reader_main, self);
  await_listener (self, "TCP", self->port);
  await_listener (self, "UDP", self->port);
  await_listener (self, "TCP", self->tls_port);
  return self;
}

TurnServer *
turn_server_new (void)
{
  return turn_server_new_at ("127.0.0.1");
}

void
turn_server_free (TurnServer *self)
{
  static const char *files[] = { "key.pem", "cert.pem", "turnserver.conf",
    "pid", "db" };
  guint i;

  kill (self->pid, SIGKILL);
  waitpid (self->pid, NULL, 0);
  g_thread_join (self->reader);
  close (self->out);
  for (i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (self->dir, files[i], NULL);

    g_unlink (path);
  }
  g_rmdir (self->dir);
  g_free (self->dir);
  g_free (self->address);
  g_array_unref (self->lines);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

char *
turn_server_get_uri (TurnServer *self, const char *transport)
{
  gboolean tls = g_str_equal (transport, "tls");
  gboolean any = tls || g_str_equal (transport, "any");

  return g_strdup_printf ("%s://user:password@%s:%u%s%s",
      tls ? "turns" : "turn", self->address, tls ? self->tls_port : self->port,
      any ? "" : "?transport=", any ? "" : transport);
}

guint
turn_server_get_port (TurnServer *self, const char *transport)
{
  return g_str_equal (transport, "tls") ? self->tls_port : self->port;
}

void
turn_server_trust (TurnServer *self)
{
  g_autofree char *cert = g_build_filename (self->dir, "cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, &error);

  ck_assert_msg (database != NULL, "%s", error != NULL ? error->message : "");
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}

static const Line *
find_line_locked (TurnServer *self, const char *pattern, guint n)
{
  guint i;

  for (i = 0; i < self->lines->len; i++) {
    const Line *line = &g_array_index (self->lines, Line, i);

    if (g_pattern_match_simple (pattern, line->text) && --n == 0)
      return line;
  }
  return NULL;
}

gint64
turn_server_await (TurnServer *self, const char *pattern, guint n, char **text)
{
  gint64 deadline = g_get_monotonic_time () + WATCHDOG;
  const Line *line;
  gint64 time = -1;
  gboolean expired = FALSE;

  g_mutex_lock (&self->lock);
  while ((line = find_line_locked (self, pattern, n)) == NULL && !expired &&
         !self->ended)
    expired = !g_cond_wait_until (&self->cond, &self->lock, deadline);
  if (line != NULL) {
    time = line->time;
    if (text != NULL)
      *text = g_strdup (line->text);
  }
  g_mutex_unlock (&self->lock);

  if (time == -1) {
    turn_server_dump (self);
    ck_abort_msg ("turnserver: no \"%s\" (%u)", pattern, n);
  }
  return time;
}

guint
turn_server_count (TurnServer *self, const char *pattern)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  while (find_line_locked (self, pattern, n + 1) != NULL)
    n++;
  g_mutex_unlock (&self->lock);
  return n;
}

/* The number in "session 000000000000000001: new, ...", or 0. */
static guint64
get_session (const Line *line)
{
  const char *found = strstr (line->text, "session ");

  return found != NULL ? g_ascii_strtoull (found + 8, NULL, 10) : 0;
}

/* -1 if a session has none yet. */
static gint64
find_each_locked (
    TurnServer *self, const char *of, const char *pattern, guint *n)
{
  g_autoptr (GHashTable) sessions = g_hash_table_new (NULL, NULL);
  gint64 last = -1;
  guint i;

  *n = 0;
  for (i = 0; i < self->lines->len; i++) {
    const Line *line = &g_array_index (self->lines, Line, i);
    gpointer key = GSIZE_TO_POINTER (get_session (line));

    if (g_pattern_match_simple (of, line->text)) {
      *n += g_hash_table_add (sessions, key);
    } else if (g_pattern_match_simple (pattern, line->text) &&
               g_hash_table_remove (sessions, key)) {
      last = line->time;
    }
  }
  return g_hash_table_size (sessions) == 0 ? last : -1;
}

gint64
turn_server_await_each (
    TurnServer *self, const char *of, const char *pattern, guint *n)
{
  gint64 deadline = g_get_monotonic_time () + WATCHDOG;
  gint64 time;
  gboolean expired = FALSE;

  g_mutex_lock (&self->lock);
  while ((time = find_each_locked (self, of, pattern, n)) == -1 && !expired &&
         !self->ended)
    expired = !g_cond_wait_until (&self->cond, &self->lock, deadline);
  g_mutex_unlock (&self->lock);

  if (time == -1) {
    turn_server_dump (self);
    ck_abort_msg ("turnserver: no \"%s\" for each \"%s\"", pattern, of);
  }
  return time;
}

void
turn_server_dump (TurnServer *self)
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->lines->len; i++) {
    const Line *line = &g_array_index (self->lines, Line, i);

    g_printerr ("turnserver %.3f %s\n", (double)line->time / 1000, line->text);
  }
  g_mutex_unlock (&self->lock);
}

void
turn_server_freeze (TurnServer *self)
{
  int status;

  kill (self->pid, SIGSTOP);
  ck_assert_int_eq (waitpid (self->pid, &status, WUNTRACED), self->pid);
  ck_assert (WIFSTOPPED (status));
}

void
turn_server_thaw (TurnServer *self)
{
  int status;

  kill (self->pid, SIGCONT);
  ck_assert_int_eq (waitpid (self->pid, &status, WCONTINUED), self->pid);
  ck_assert (WIFCONTINUED (status));
}
