// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

// The events that the objects of a peer connection bring about by themselves.
void e2e_watch_pipeline (GstElement *pipeline, GstElement *peer);
void e2e_watch_channel (GObject *channel);
