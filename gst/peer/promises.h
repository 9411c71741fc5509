/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The promises that webrtcbin has not replied to yet. W3C never settles them
 * after a close; here that would be a gst_promise_wait() for ever. */
typedef struct {
  GMutex lock;
  GHashTable *in_flight;
} GstPeerPromises;

void gst_peer_promises_init (GstPeerPromises *self);
void gst_peer_promises_clear (GstPeerPromises *self);

GstPromise *gst_peer_promises_wrap (GstPeerPromises *self, GstObject *owner,
    GstPromise *promise, GPtrArray *held);
void gst_peer_promises_abort (GstPeerPromises *self);
void gst_peer_promises_settle (GstPeerPromises *self);

void gst_peer_promise_reply_error (GstPromise *promise, gint code,
    const char *format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
