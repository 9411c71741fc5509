/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GIOStream *gst_peer_http_stream_new (GIOStream *base, GSocketAddress *remote);

G_END_DECLS
