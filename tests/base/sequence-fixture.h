/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A sequence of three steps, "a", "b" and "c", that do as they are told, on a
 * clock that stands still unless the test moves it. */

#include <gst/check/gstcheck.h>

#include "sequence.h"

G_BEGIN_DECLS

#define N_STEPS 3
#define MS 1000 /* in us */

extern const GstPeerStep steps[N_STEPS];

extern GMainContext *context;
extern GstPeerSequence *sequence;

/* What happened, in order: a letter for each step started, '!' for the end. */
extern GString *happened;

/* What each step's start does and returns. */
extern void (*inside_start[N_STEPS]) (void);
extern GstPeerStepResult results[N_STEPS];

extern gboolean free_when_done;

void setup (void);
void teardown (void);

void set_results (
    GstPeerStepResult a, GstPeerStepResult b, GstPeerStepResult c);
void start (guint timeout);
void on_done (gpointer user_data);
void run_what_is_due (void);
void say_done (const char *name);

void advance (gint64 us);
void advance_only (gint64 us);
void take_100_ms (void);

/* The report as "a=done:100 b=waiting:0 ... total=100", in us. */
void fail_unless_report (const char *expected);

#define fail_unless_happened(expected)                                         \
  fail_unless_equals_string (happened->str, expected)

G_END_DECLS
