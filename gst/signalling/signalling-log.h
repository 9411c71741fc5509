/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What peers do against the rules is told at INFO, one line for each offence,
 * with the address that it came from; never with tokens, descriptions or
 * credentials. What is wrong with ourselves is told at WARNING. */
#define GST_CAT_DEFAULT (gst_peer_signalling_get_category ())

GstDebugCategory *gst_peer_signalling_get_category (void);

G_END_DECLS
