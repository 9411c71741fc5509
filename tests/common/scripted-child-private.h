/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "scripted-child.h"

G_BEGIN_DECLS

/* Of libgstwebrtc's, for subclasses (gst-libs/gst/webrtc/webrtc-priv.h). */
void gst_webrtc_data_channel_on_open (GstWebRTCDataChannel *channel);
void gst_webrtc_data_channel_on_close (GstWebRTCDataChannel *channel);

/* The one that elements made by the element under test belong to. */
extern Script *script_current;

GType scripted_webrtcbin_get_type (void);
GType scripted_encoder_get_type (void);
GType scripted_decoder_get_type (void);
GType scripted_dtlsdec_get_type (void);
GType scripted_nicesink_get_type (void);
GType scripted_rtpbin_get_type (void);
GType scripted_sctpenc_get_type (void);
GType scripted_sctpdec_get_type (void);
GType scripted_channel_get_type (void);
GType scripted_transceiver_get_type (void);
GType scripted_ice_get_type (void);
GType scripted_dtls_state_get_type (void);

typedef struct _ScriptedSession ScriptedSession;
typedef GObjectClass ScriptedSessionClass;

GType scripted_session_get_type (void);
void scripted_session_add (ScriptedSession *self, guint32 ssrc,
    guint64 packets_sent, gboolean internal);

GstPad *scripted_add_pad (GstElement *element, const char *name,
    GstPadDirection direction, GstPadChainFunction chain);
void scripted_push (GstPad *src, const guint8 *data, gsize size);
/* The agent answers what it was asked, late. */
void scripted_ice_answer (Script *script);

gboolean script_withholds (Script *self, ScriptWithheld what);

G_END_DECLS
