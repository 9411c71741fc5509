/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-client.h"

G_BEGIN_DECLS

gboolean gst_peer_http_fault_is_transient (const GstPeerHttpResponse *response);
gint64 gst_peer_http_fault_get_retry_after (
    const GstPeerHttpResponse *response);

GError *gst_peer_http_fault_new (
    const GstPeerHttpResponse *response, int open_code, const char *auth_token);

G_END_DECLS
