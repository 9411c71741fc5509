/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codecs.h"

G_BEGIN_DECLS

/* A stream in one codec: made once, for all peers that take it. Everything is
 * called on the element's loop. */
typedef struct _GstPeerEncoding GstPeerEncoding;

/**
 * GstPeerEncoderSetup:
 *
 * @encoder is still in NULL, for the application to configure it.
 */
typedef void (*GstPeerEncoderSetup) (GstElement *encoder, gpointer user_data);

GstPeerEncoding *gst_peer_encoding_new (GstBin *element, GstElement *tee,
    const GstPeerCodec *codec, const GstCaps *input, GstPeerEncoderSetup setup,
    gpointer user_data, GError **error);
void gst_peer_encoding_free (GstPeerEncoding *self);

const GstPeerCodec *gst_peer_encoding_get_codec (GstPeerEncoding *self);
GstElement *gst_peer_encoding_get_bin (GstPeerEncoding *self);
gboolean gst_peer_encoding_is_used (GstPeerEncoding *self);

void gst_peer_encoding_reserve_source (GstPeerEncoding *self);
GstPad *gst_peer_encoding_request_source (GstPeerEncoding *self);
void gst_peer_encoding_open_source (GstPad *source);
void gst_peer_encoding_release_source (GstPad *source);

G_END_DECLS
