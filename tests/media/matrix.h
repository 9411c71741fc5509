/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tables in matrix-moments.c and matrix-callers.c have. A subject, a
 * moment and a caller are a cell. */

#pragma once

#include "sides.h"
#include "turnserver.h"
#include "watchdog.h"

/* Of close-timeout and half a second. */
#ifdef UNTIMED
#define CELL_LIMIT 25000 /* ms */
#else
#define CELL_LIMIT 2500
#endif

typedef struct {
  const char *name;
  gboolean whip;
  gboolean sink; /* is closed, or else the peersrc */
} Subject;

typedef struct {
  const Subject *subject;
  const char *name;
  guint port;
  Side *sink;
  Side *src;
  Side *side;  /* which is closed */
  Side *other; /* at the other end */
  Side *second;
  TurnServer *server; /* (nullable) */
  GstPromise *promise;
  Watchdog *watchdog;
  GThread *thread;
  gint over;
  gboolean connected;
  gboolean may_fail; /* there is a message for it */
} Cell;

typedef struct {
  const char *name;
  void (*reach) (Cell *cell);
  guint callers; /* by their place */
} Moment;

typedef enum {
  ENDS_BY_PROMISE,
  ENDS_BY_MESSAGE,
  ENDS_BY_FINALIZE,
} Ends;

typedef struct {
  const char *name;
  Ends ends;
  void (*call) (Cell *cell);
} Caller;

extern const Moment moments[];
extern const guint n_moments;
extern const Caller callers[];
extern const guint n_callers;

/* Where its signalling is: all others come to it. */
gboolean is_server (const Subject *subject);
gboolean is_possible (const Moment *moment, const Subject *subject);
Side *make_side (Cell *cell, gboolean sink);
void play_both (Cell *cell);
void other_closes (Cell *cell);
void call_close (Cell *cell);
