/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* For its 200 ms, for its sockets, which come and go whenever they like, and as
 * the finder of routers loses their addresses: 64 bytes each, some at each
 * gathering (gssdp 1.6). @peer is a webrtcbin, or what has its properties. */
static inline void
disable_upnp (GstElement *peer)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_get (peer, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  g_object_set (agent, "upnp", FALSE, NULL);
}

G_END_DECLS
