/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One link of a Link header. */
typedef struct _GstPeerLink GstPeerLink;

GPtrArray *gst_peer_link_header_parse (const char *value);

const char *gst_peer_link_get_target (const GstPeerLink *self);
const char *gst_peer_link_get_parameter (
    const GstPeerLink *self, const char *name);
gboolean gst_peer_link_has_relation (
    const GstPeerLink *self, const char *relation);

char **gst_peer_link_header_find_ice_servers (const char *value);

G_END_DECLS
