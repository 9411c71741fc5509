/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Link header, parsed as RFC 8288 appendix B has it: what does not fit ends
 * the parsing, and what came before it stands. */

#include "link-header.h"

#include "ice-server.h"

#include <string.h>

/* Libsoup takes 100 kB of headers; nobody needs as many links. */
#define MAX_LINKS 64
#define MAX_PARAMETERS 32

/* Each of them is asked for candidates. */
#define MAX_ICE_SERVERS 16

typedef struct {
  char *name;
  char *value;
} Parameter;

struct _GstPeerLink {
  char *target;
  GArray *parameters; /* in their order */
};

static void
clear_parameter (gpointer data)
{
  Parameter *self = data;

  g_free (self->name);
  g_free (self->value);
}

static void
free_link (gpointer data)
{
  GstPeerLink *self = data;

  g_free (self->target);
  g_array_unref (self->parameters);
  g_free (self);
}

static GstPeerLink *
new_link (const char *target, gsize length)
{
  GstPeerLink *self = g_new0 (GstPeerLink, 1);

  self->target = g_strstrip (g_strndup (target, length));
  self->parameters = g_array_new (FALSE, FALSE, sizeof (Parameter));
  g_array_set_clear_func (self->parameters, clear_parameter);

  return self;
}

static const char *
skip_space (const char *c)
{
  while (*c == ' ' || *c == '\t')
    c++;

  return c;
}

/* @c is behind the opening quote. Returns what is behind the closing one, or
 * the end. */
static const char *
parse_quoted (const char *c, char **value)
{
  GString *text = g_string_new (NULL);

  for (; *c != '\0' && *c != '"'; c++) {
    if (*c == '\\' && c[1] != '\0')
      c++;
    g_string_append_c (text, *c);
  }
  *value = g_string_free (text, FALSE);

  return *c == '"' ? c + 1 : c;
}

static const char *
parse_value (const char *c, char **value)
{
  gsize length;

  if (*c == '"')
    return parse_quoted (c + 1, value);

  length = strcspn (c, ";,");
  *value = g_strchomp (g_strndup (c, length));

  return c + length;
}

/* Returns what is behind the parameters: a comma, the end, or no link. */
static const char *
parse_parameters (GstPeerLink *self, const char *c)
{
  for (c = skip_space (c); *c == ';'; c = skip_space (c)) {
    Parameter parameter = { NULL, NULL };
    gsize length;

    c = skip_space (c + 1);
    length = strcspn (c, " \t=;,");
    parameter.name = g_ascii_strdown (c, length);
    c = skip_space (c + length);
    if (*c == '=')
      c = parse_value (skip_space (c + 1), &parameter.value);
    if (parameter.value == NULL)
      parameter.value = g_strdup ("");

    if (*parameter.name != '\0' && self->parameters->len < MAX_PARAMETERS)
      g_array_append_val (self->parameters, parameter);
    else
      clear_parameter (&parameter);
  }

  return c;
}

/**
 * gst_peer_link_header_parse:
 * @value: from the network: of one Link header, or of several, joined by commas
 *
 * Returns: (transfer full) (element-type GstPeerLink): those up to the first
 *   fault
 */
GPtrArray *
gst_peer_link_header_parse (const char *value)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (free_link);
  const char *c = value;

  while (links->len < MAX_LINKS) {
    const char *end;
    GstPeerLink *link;

    c += strspn (c, " \t,"); /* RFC 9110 section 5.6.1.2: empty elements */
    end = *c == '<' ? strchr (c, '>') : NULL;
    if (end == NULL)
      break;

    link = new_link (c + 1, end - c - 1);
    g_ptr_array_add (links, link);
    c = parse_parameters (link, end + 1);
    if (*c != ',')
      break;
  }

  return g_steal_pointer (&links);
}

const char *
gst_peer_link_get_target (const GstPeerLink *self)
{
  return self->target;
}

/**
 * gst_peer_link_get_parameter:
 * @name: in lower case
 *
 * Returns: (nullable): the value of the first one of that name, unquoted
 */
const char *
gst_peer_link_get_parameter (const GstPeerLink *self, const char *name)
{
  for (guint i = 0; i < self->parameters->len; i++) {
    const Parameter *parameter =
        &g_array_index (self->parameters, Parameter, i);

    if (g_str_equal (parameter->name, name))
      return parameter->value;
  }

  return NULL;
}

/**
 * gst_peer_link_has_relation:
 * @relation: in any case
 *
 * Returns: whether @relation is among those of the first `rel` parameter; the
 *   others do not count (RFC 8288 section 3.3)
 */
gboolean
gst_peer_link_has_relation (const GstPeerLink *self, const char *relation)
{
  const char *rel = gst_peer_link_get_parameter (self, "rel");
  g_auto (GStrv) relations = g_strsplit (rel != NULL ? rel : "", " ", -1);

  for (guint i = 0; relations[i] != NULL; i++) {
    if (g_ascii_strcasecmp (relations[i], relation) == 0)
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_link_header_find_ice_servers:
 * @value: (nullable): as for gst_peer_link_header_parse()
 *
 * RFC 9725 section 4.6.
 *
 * Returns: (transfer full): the URIs of those that can be used, as GStreamer
 *   has them
 */
char **
gst_peer_link_header_find_ice_servers (const char *value)
{
  g_autoptr (GPtrArray) links =
      gst_peer_link_header_parse (value != NULL ? value : "");
  g_autoptr (GStrvBuilder) servers = g_strv_builder_new ();
  guint n = 0;

  for (guint i = 0; i < links->len && n < MAX_ICE_SERVERS; i++) {
    const GstPeerLink *link = g_ptr_array_index (links, i);
    g_autoptr (GstPeerIceServer) server = NULL;
    g_autofree char *uri = NULL;

    if (!gst_peer_link_has_relation (link, "ice-server"))
      continue;
    server = gst_peer_ice_server_new (link->target,
        gst_peer_link_get_parameter (link, "username"),
        gst_peer_link_get_parameter (link, "credential"), NULL);
    if (server == NULL)
      continue;
    uri = gst_peer_ice_server_to_uri (server);
    g_strv_builder_add (servers, uri);
    n++;
  }

  return g_strv_builder_end (servers);
}
