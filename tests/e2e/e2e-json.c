// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The events that e2e-peer writes, and GStreamer values as JSON.

#include "e2e-json.h"

#include <stdio.h>

// The wall clock in milliseconds: what performance.timeOrigin +
// performance.now() is in a page of the same machine.
double
e2e_now (void)
{
  return g_get_real_time () / 1000.0;
}

JsonObject *
e2e_event_new (const char *type)
{
  JsonObject *event = json_object_new ();

  json_object_set_string_member (event, "type", type);
  json_object_set_double_member (event, "t", e2e_now ());
  return event;
}

// Takes the event. Callable from any thread: one line is one write.
void
e2e_event_emit (JsonObject *event)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, event);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  fputs (line, stdout);
  fflush (stdout);
}

void
e2e_fault (const char *format, ...)
{
  JsonObject *event = e2e_event_new ("fault");
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_string_member (event, "message", message);
  e2e_event_emit (event);
}

static JsonNode *
json_from_sequence (const GValue *value, guint size,
    const GValue *(*get) (const GValue *, guint))
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < size; i++)
    json_array_add_element (array, e2e_json_from_value (get (value, i)));
  return json_node_init_array (json_node_alloc (), array);
}

JsonNode *
e2e_json_from_value (const GValue *value)
{
  JsonNode *node = NULL;

  if (GST_VALUE_HOLDS_STRUCTURE (value) && gst_value_get_structure (value))
    return e2e_json_from_structure (gst_value_get_structure (value));
  if (GST_VALUE_HOLDS_ARRAY (value))
    return json_from_sequence (
        value, gst_value_array_get_size (value), gst_value_array_get_value);
  if (GST_VALUE_HOLDS_LIST (value))
    return json_from_sequence (
        value, gst_value_list_get_size (value), gst_value_list_get_value);
  if (G_VALUE_HOLDS_ENUM (value)) {
    g_autoptr (GTypeClass) type = g_type_class_ref (G_VALUE_TYPE (value));
    GEnumValue *member =
        g_enum_get_value (G_ENUM_CLASS (type), g_value_get_enum (value));
    return json_node_init_string (
        json_node_alloc (), member ? member->value_nick : "?");
  }
  if (G_VALUE_HOLDS_BOOLEAN (value))
    return json_node_init_boolean (
        json_node_alloc (), g_value_get_boolean (value));
  if (G_VALUE_HOLDS_STRING (value)) {
    const char *text = g_value_get_string (value);
    return text ? json_node_init_string (json_node_alloc (), text)
                : json_node_new (JSON_NODE_NULL);
  }
  g_auto (GValue) number = G_VALUE_INIT;
  g_value_init (&number, G_TYPE_DOUBLE);
  if (g_value_transform (value, &number)) {
    node = json_node_init_double (
        json_node_alloc (), g_value_get_double (&number));
  } else {
    g_autofree char *text = gst_value_serialize (value);
    node = json_node_init_string (json_node_alloc (), text ? text : "?");
  }
  return node;
}

static gboolean
add_field (GQuark field, const GValue *value, gpointer object)
{
  json_object_set_member (
      object, g_quark_to_string (field), e2e_json_from_value (value));
  return TRUE;
}

JsonNode *
e2e_json_from_structure (const GstStructure *structure)
{
  JsonObject *object = json_object_new ();

  gst_structure_foreach (structure, add_field, object);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}
