/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codecs.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* One medium that peers are sent: an input pad, and behind it each encoding of
 * it that a peer takes, made once for all of them. Everything is called on the
 * element's loop unless it says otherwise. */
typedef struct _GstPeerStream GstPeerStream;

/**
 * GstPeerStreamEvents:
 * @encoder_setup: @encoder is made for what comes in at @sink_pad
 * @payloader_setup: @payloader is made for it and for @session
 * @dup_preference: the encoded caps that are allowed for @media, best first;
 *   %NULL for no preference
 * @changed: gst_peer_stream_dup_caps() may say something else now. On the
 *   streaming thread
 *
 * What is made is still in NULL. On the loop, without a lock, but for the last.
 */
typedef struct {
  void (*encoder_setup) (
      GstPad *sink_pad, GstElement *encoder, gpointer user_data);
  void (*payloader_setup) (const char *session, GstPad *sink_pad,
      GstElement *payloader, gpointer user_data);
  GstCaps *(*dup_preference) (const char *media, gpointer user_data);
  void (*changed) (gpointer user_data);
} GstPeerStreamEvents;

/* The last line of each is what files have and no peer takes: links to it are
 * made late, and where one cannot be made nobody hears of that. So it comes, and
 * is refused by an error that says what to do. */
#define GST_PEER_VIDEO_CAPS                                                    \
  "video/x-raw; video/x-h264; video/x-h265; video/x-vp8; video/x-vp9; "        \
  "video/x-av1; application/x-rtp, media=(string)video; "                      \
  "video/mpeg, systemstream=(boolean)false; video/x-theora; video/x-wmv"
#define GST_PEER_AUDIO_CAPS                                                    \
  "audio/x-raw; audio/x-opus; audio/x-mulaw; audio/x-alaw; audio/G722; "       \
  "application/x-rtp, media=(string)audio; "                                   \
  "audio/mpeg; audio/x-ac3; audio/x-eac3; audio/x-vorbis; audio/x-flac"

GstPeerStream *gst_peer_stream_new (GstBin *element, const char *name,
    GstPadTemplate *template, const GstPeerStreamEvents *events,
    gpointer user_data);
void gst_peer_stream_free (GstPeerStream *self);

GstPad *gst_peer_stream_get_input (GstPeerStream *self);
GstCaps *gst_peer_stream_dup_caps (GstPeerStream *self);
const GstPeerCodec *gst_peer_stream_choose (
    GstPeerStream *self, const GstSDPMedia *media, guint *payload_type);
GstCaps *gst_peer_stream_make_offer (GstPeerStream *self);

void gst_peer_stream_setup_payloader (
    GstPeerStream *self, const char *session, GstElement *payloader);

GstPad *gst_peer_stream_request_source (
    GstPeerStream *self, const GstPeerCodec *codec, GError **error);
void gst_peer_stream_open_source (GstPad *source);
void gst_peer_stream_release_source (GstPad *source);

GstMessage *gst_peer_stream_name_error (
    GstElement *element, GstMessage *message);

G_END_DECLS
