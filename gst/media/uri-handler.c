/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "uri-handler.h"

#include <gst/gst.h>

static GstURIType
get_sink_type (GType type)
{
  return GST_URI_SINK;
}

static const char *const *
get_sink_protocols (GType type)
{
  static const char *protocols[] = { "whip", "whips", NULL };

  return protocols;
}

static GstURIType
get_src_type (GType type)
{
  return GST_URI_SRC;
}

static const char *const *
get_src_protocols (GType type)
{
  static const char *protocols[] = { "whep", "wheps", NULL };

  return protocols;
}

static char *
get_uri (GstURIHandler *handler)
{
  char *location;

  g_object_get (handler, "location", &location, NULL);
  return location;
}

static gboolean
set_uri (GstURIHandler *handler, const char *uri, GError **error)
{
  g_object_set (handler, "location", uri, NULL);
  g_object_set_data (
      G_OBJECT (handler), GST_PEER_FOR_URI, GINT_TO_POINTER (TRUE));
  return TRUE;
}

void
gst_peer_uri_sink_init (gpointer data, gpointer unused)
{
  GstURIHandlerInterface *iface = data;

  iface->get_type = get_sink_type;
  iface->get_protocols = get_sink_protocols;
  iface->get_uri = get_uri;
  iface->set_uri = set_uri;
}

void
gst_peer_uri_src_init (gpointer data, gpointer unused)
{
  GstURIHandlerInterface *iface = data;

  iface->get_type = get_src_type;
  iface->get_protocols = get_src_protocols;
  iface->get_uri = get_uri;
  iface->set_uri = set_uri;
}
