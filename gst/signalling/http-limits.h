/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void gst_peer_http_limit (SoupServerMessage *message);

G_END_DECLS
