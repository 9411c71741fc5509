/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

#include <gst/webrtc/webrtc.h>

#include "channels.h"
#include "close.h"
#include "ice-check.h"
#include "loop.h"
#include "promises.h"
#include "states.h"
#include "turn-servers.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_peer_connection_debug);

/* What an element is made of. Each part guards itself; the fields of this
 * struct that change after construction are guarded by the object lock. */
struct _GstPeerConnection {
  GstBin parent;

  GstPeerLoop *loop; /* whatever may wait is done here */
  GstPeerStates states;
  GstPeerChannels channels;
  GstPeerPromises promises;

  GstPeerTurnServers turn_servers;

  GObject *ice_agent; /* construct-only, as webrtcbin's */

  guint close_timeout; /* ms */
  gboolean close_on_eos;

  /* One life, from NULL to NULL. */
  GstElement *child;  /* the webrtcbin */
  GObject *agent;     /* the child's ice-agent */
  GThread *pc_thread; /* the child's, once it has been seen */
  gint n_mlines;      /* of the description set last */
  guint association;  /* its number, of all that there are in the process */
  gint sctp_established;
  GPtrArray *ice_transports; /* (nullable): of an offer without an answer */
  GstPeerClose *close;
  guint32 eos_seqnum;
  GstPeerCredentials *credentials; /* the peer's */
  GHashTable *ended_ssrcs;         /* of which there was a BYE */
  gboolean sources_ended;          /* all of them */

  /* Used on the loop. */
  GSource *presence_poll;
  GstPeerPresence presence;
};

G_END_DECLS
