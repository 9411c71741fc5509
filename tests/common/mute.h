/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What comes through the pad goes no further, and nobody is told. */
void mute_pad (GstElement *element, const char *name);
/* As if the network were gone: nothing comes in from it. */
void mute_network (GstElement *pipeline);
/* As if it took no large packets: what has come is acknowledged, nothing more
 * of a large message comes in. */
void mute_large_packets (GstElement *pipeline);
/* Either is over. */
void hear_network (GstElement *pipeline);
/* For so many µs. */
void mute_network_for (GstElement *pipeline, gint64 duration);

G_END_DECLS
