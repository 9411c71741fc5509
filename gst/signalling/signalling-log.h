/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What peers do against the rules is told at INFO, with the address that it came
 * from; never with tokens, descriptions or credentials. One line for each
 * offence, which is a connection: it carries one request, and the first thing
 * that is wrong leads to the others. Who offends by the thousand does not fill
 * the disk: of the clients of a server, GST_PEER_LOG_BUDGET lines are told a
 * minute, then that more are only counted, and later how many they were. What is
 * wrong with ourselves is told at WARNING. */
#define GST_CAT_DEFAULT (gst_peer_signalling_get_category ())

GstDebugCategory *gst_peer_signalling_get_category (void);

G_END_DECLS
