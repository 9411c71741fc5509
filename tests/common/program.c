/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "program.h"

Program *
program_new (const char *const *arguments)
{
  Program *self = g_new0 (Program, 1);
  g_autoptr (GError) error = NULL;

  self->process = g_subprocess_newv (arguments,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
  ck_assert_msg (
      self->process != NULL, "%s", error != NULL ? error->message : "");
  self->output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  self->said = g_string_new (NULL);

  return self;
}

void
program_free (Program *self)
{
  g_subprocess_force_exit (self->process);
  g_object_unref (self->output);
  g_object_unref (self->process);
  g_string_free (self->said, TRUE);
  g_free (self);
}

/* Reads on, to the end if @text is %NULL. */
static gboolean
read_on (Program *self, const char *text)
{
  gboolean found = FALSE;
  char *line;

  while (!found && (line = g_data_input_stream_read_line (
                        self->output, NULL, NULL, NULL)) != NULL) {
    g_string_append_printf (self->said, "%s\n", line);
    found = text != NULL && strstr (line, text) != NULL;
    g_free (line);
  }

  return found || text == NULL;
}

void
program_await (Program *self, const char *text)
{
  ck_assert_msg (read_on (self, text), "no %s in: %s", text, self->said->str);
}

void
program_assert_end (Program *self, int status, const char *text)
{
  read_on (self, NULL);
  g_subprocess_wait (self->process, NULL, NULL);
  ck_assert_msg (g_subprocess_get_if_exited (self->process) &&
                     g_subprocess_get_exit_status (self->process) == status &&
                     (text == NULL || strstr (self->said->str, text) != NULL),
      "not %d with %s: %s", status, text, self->said->str);
}
