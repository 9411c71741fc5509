/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests with a scripted webrtcbin share. */

#pragma once

#include "report.h"
#include "scripted-child.h"

/* A connection that has everything a close can end. */
static inline Script *
script_full (void)
{
  Script *script = script_new ();

  script_add_transport (script, "connected");
  script_add_stream (script, 0, 0xaa, 100, TRUE);
  script_add_stream (script, 0, 0xbb, 1, TRUE);
  script_add_association (script);
  script_add_channel (script);
  script_play (script);

  return script;
}

#define FULL_LOG                                                               \
  "closed, bye 0 000000aa, bye 0 000000bb, channel-closed, "                   \
  "abort 0 12:close, alert 0, ice, report"

/* Results in the order of the rows, as in "done skipped ...". */
static inline char *
list_results (const GstStructure *report)
{
  const GValue *steps = gst_structure_get_value (report, "steps");
  GString *results = g_string_new (NULL);

  for (guint i = 0; i < gst_value_array_get_size (steps); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (steps, i));

    g_string_append_printf (results, "%s%s=%s", i > 0 ? " " : "",
        gst_structure_get_name (step),
        gst_structure_get_string (step, "result"));
  }

  return g_string_free (results, FALSE);
}

#define assert_results(report, expected)                                       \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *_results = list_results (report);                         \
    ck_assert_str_eq (_results, expected);                                     \
  }                                                                            \
  G_STMT_END
