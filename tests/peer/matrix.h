/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A close at each moment, by each caller: what the tables in matrix-moments.c
 * and matrix-callers.c have. A pair of them is a cell. */

#pragma once

#include "report.h"
#include "turnserver.h"
#include "watchdog.h"

typedef struct _Cell Cell;

/* Who calls. */
typedef enum {
  CALLER_MAIN = 1 << 0,
  CALLER_PC = 1 << 1,
  CALLER_NOTIFY = 1 << 2,
  CALLER_STREAM = 1 << 3,
  CALLER_SINK_PAD = 1 << 4,
  CALLER_SRC_PAD = 1 << 5,
  CALLER_TWO = 1 << 6,
  CALLER_NULL = 1 << 7,
  CALLER_EOS = 1 << 8,
  CALLER_CLOSE_AND_NULL = 1 << 9,
  CALLER_LAST_REF = 1 << 10,
  CALLER_ON_MESSAGE = 1 << 11,
  CALLER_PIPELINE_EOS = 1 << 12,
} CallerId;

typedef struct {
  const char *name;
  PeerFeatures features;
  guint callers;      /* which CallerId there can be */
  gboolean remote;    /* the other side hears of the close */
  const char *frozen; /* an element of the other side's that takes nothing */
  void (*reach) (Cell *cell);
  const char *overdue; /* a step that waits in vain */
} Moment;

typedef struct {
  CallerId id;
  const char *name;
  gboolean promise; /* there is one, which is replied to */
  gboolean drains;  /* for which the other side is needed */
  void (*call) (Cell *cell);
} Caller;

struct _Cell {
  const Moment *moment;
  const Caller *caller;
  char *name;
  Peers *peers;
  Peer *peer; /* which is closed */
  Watchdog *watchdog;
  TurnServer *server;
  gint over; /* the call has been made */
  GThread *thread;
};

/* By when it has to be over: close-timeout and half a second. */
Watchdog *cell_watch (Cell *cell);

extern const Moment moments[];
extern const guint n_moments;
extern const Caller callers[];
extern const guint n_callers;
