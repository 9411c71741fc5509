// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

double e2e_now (void);

JsonObject *e2e_event_new (const char *type);
void e2e_event_emit (JsonObject *event);
void e2e_fault (const char *format, ...) G_GNUC_PRINTF (1, 2);

JsonNode *e2e_json_from_value (const GValue *value);
JsonNode *e2e_json_from_structure (const GstStructure *structure);
