/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "players.h"

/* A server with one viewer, in this process, whose media go on whatever others
 * do to the server; and what these cost it. */
typedef struct {
  Server *server;
  Player *player;
  guint port;

  /* Before the others came. */
  guint n_files;
  guint n_threads;
  guint n_frames;
} Scene;

#define MAX_SESSIONS 8

Scene *scene_new (void);

/* Checks that the viewer has seen all, and that others can view as well. */
void scene_check (Scene *self);

/* Until the files and threads are those of before. */
void scene_await_return (Scene *self);

/* Without the log, which is looked at afterwards. */
void scene_free (Scene *self);

guint scene_count_sessions (Scene *self);

/* Lines of peersignalling at INFO and above, of peerendpoint at WARNING. */
guint scene_count_lines (const char *part);
/* Of the numbers that the lines with that part begin with. */
guint scene_sum_numbers (const char *part);
