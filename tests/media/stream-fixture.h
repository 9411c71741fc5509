/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stream.h"

#include <gst/check/gstcheck.h>

/* A stream with consumers where sessions would be. */

#define SMALL "video/x-raw,width=160,height=120,framerate=30/1"
#define LIVE "videotestsrc is-live=true ! " SMALL
#define FAST "videotestsrc num-buffers=90 ! " SMALL
#define X264 "x264enc tune=zerolatency key-int-max=15"

typedef struct {
  GstElement *pipeline;
  GstElement *element;
  GstPeerStream *stream;
  guint n_encoders;
  gint n_requests; /* for key frames, that have reached the encoder */
} Fixture;

/* @source ends in an element named last. */
Fixture *fixture_new (const char *source);
void fixture_free (Fixture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* Whoever joins finds something then. */
void fixture_play (Fixture *self);
void fixture_post (Fixture *self, const char *name);
void fixture_await (Fixture *self, const char *name);

/* Of the element, and about the pad. */
void fixture_await_error (Fixture *self, const char *text);

typedef struct {
  Fixture *fixture;
  GstElement *sink;
  GstPad *source;

  GMutex lock;
  GCond cond;
  guint n_frames;
  guint n_key_frames;
  guint n_before_key;
  guint n_without_sets; /* key frames of H.264 */
  guint width;
} Consumer;

Consumer *consumer_new (Fixture *fixture, const char *encoded);
void consumer_free (Consumer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Consumer, consumer_free)

void consumer_open (Consumer *self);
void consumer_await (Consumer *self, const guint *count, guint n);
void consumer_await_more (Consumer *self, guint n_frames);
