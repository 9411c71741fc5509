/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that runs beside the test, and what it says. */

#pragma once

#include <gio/gio.h>
#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

typedef struct {
  GSubprocess *process;
  GDataInputStream *output;
  GString *said;
} Program;

Program *program_new (const char *const *arguments);
/* Kills it, if it still runs. */
void program_free (Program *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Program, program_free)

/* Until it says a line with @text in it, from now on. */
void program_await (Program *self, const char *text);
/* Until its end; @text, if any, is to be in what it has said. */
void program_assert_end (Program *self, int status, const char *text);

G_END_DECLS
