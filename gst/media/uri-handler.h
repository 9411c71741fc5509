/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Data of an element that was made for a URI, as playbin does. */
#define GST_PEER_FOR_URI "peer-for-uri"

/* GstURIHandler of elements with a location. */
void gst_peer_uri_sink_init (gpointer iface, gpointer data);
void gst_peer_uri_src_init (gpointer iface, gpointer data);

G_END_DECLS
