/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "peerconnection.h"
#include "peersink.h"
#include "peersrc.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (peerconnection, plugin) &&
         GST_ELEMENT_REGISTER (peersink, plugin) &&
         GST_ELEMENT_REGISTER (peersrc, plugin);
}

#define PACKAGE "gst-peerconnection"

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, peerconnection,
    "WebRTC peer connections as pipeline elements", plugin_init, "0.1.0",
    "LGPL", "gst-peerconnection", "https://github.com/gst-peerconnection")
