/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "signaller.h"

G_BEGIN_DECLS

#define GST_PEER_DEFAULT_CLOSE_TIMEOUT 2000 /* ms */

/**
 * GstPeerOnPeerLost:
 * @GST_PEER_ON_PEER_LOST_ERROR: an ERROR message
 * @GST_PEER_ON_PEER_LOST_EOS: a WARNING message and EOS, as when the peer closes
 *
 * What a client does when its peer does not answer any more.
 */
typedef enum {
  GST_PEER_ON_PEER_LOST_ERROR,
  GST_PEER_ON_PEER_LOST_EOS,
} GstPeerOnPeerLost;

#define GST_TYPE_PEER_ON_PEER_LOST (gst_peer_on_peer_lost_get_type ())
GType gst_peer_on_peer_lost_get_type (void);

/**
 * GstPeerSettings:
 *
 * The properties that peersink and peersrc share: where the peers are and how
 * to reach them. Guarded by the object lock of the element.
 */
typedef struct {
  char *location;
  char *auth_token;
  char *stun_server;
  char **turn_servers;
  GstWebRTCICETransportPolicy ice_transport_policy;
  char *tls_certificate;
  char *tls_ca_file;
  GTlsCertificateFlags tls_validation_flags;
  gboolean strict;
  guint timeout;       /* ms */
  guint close_timeout; /* ms */
  guint max_sessions;
  GstPeerOnPeerLost on_peer_lost;
  GstPeerSignaller *signaller;
} GstPeerSettings;

/* Property ids from here on are of settings. */
#define GST_PEER_SETTINGS_FIRST_PROPERTY 100

void gst_peer_settings_install (
    GObjectClass *klass, const char *location, guint max_sessions);
gboolean gst_peer_settings_set_property (
    GstPeerSettings *self, GObject *element, guint id, const GValue *value);
gboolean gst_peer_settings_get_property (
    GstPeerSettings *self, GObject *element, guint id, GValue *value);
char **gst_peer_settings_dup_turn_servers (GObject *element);
void gst_peer_settings_init (
    GstPeerSettings *self, const char *location, guint max_sessions);
void gst_peer_settings_clear (GstPeerSettings *self);

G_END_DECLS
