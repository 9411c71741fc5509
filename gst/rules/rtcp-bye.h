/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstBuffer *gst_peer_rtcp_bye_new (guint32 ssrc, const char *cname);

G_END_DECLS
