/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A cable between two hosts, in one process: two network namespaces with a TUN
 * interface each, and a thread that carries the packets from one to the other
 * as badly as it is told to. It does what `tc netem` does, which not every
 * kernel has, but as it is told to from one packet to the next, and everything
 * is gone with the process.
 *
 *   g_autoptr (Link) link = link_new ();
 *
 *   link_enter (link, LINK_NEAR);
 *   gst_element_set_state (camera, GST_STATE_READY);
 *   link_enter (link, LINK_FAR);
 *   gst_element_set_state (viewer, GST_STATE_READY);
 *   link_enter (link, LINK_HOME);
 *   ...
 *   link_set_faults (link, (LinkFaults) { .loss = 20, .delay = 300 });
 *
 * Needs the rights of root. Nothing of the outside is reached from there.
 */

#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

typedef enum {
  LINK_HOME, /* where the process began */
  LINK_NEAR,
  LINK_FAR,
} LinkPlace;

#define LINK_NEAR_ADDRESS "10.77.0.1"
#define LINK_FAR_ADDRESS "10.77.0.2"
/* What the near end is for the far one after link_move(). */
#define LINK_MOVED_ADDRESS "10.77.0.3"

/* Both ways. */
typedef struct {
  guint loss;  /* of a hundred packets */
  guint delay; /* ms */
  guint early; /* of a hundred packets, what does not wait for the delay */
  guint rate;  /* kbit/s, what is more than 200 ms late is lost; 0: any */
  gboolean cut;
  guint only_port; /* at the far end: nothing else passes; 0: all do */
} LinkFaults;

typedef struct _Link Link;

Link *link_new (void);
void link_free (Link *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Link, link_free)

/* The calling thread is there from now on, and with it the sockets that it
 * opens, the threads that it starts and the programs that it runs. */
void link_enter (Link *self, LinkPlace place);
/* For the packets from now on. */
void link_set_faults (Link *self, LinkFaults faults);
/* Nothing arrives for so many ms. */
void link_cut (Link *self, guint ms);
/* The near end has got another address, as the far one sees it: somebody has
 * plugged in another router. */
void link_move (Link *self);

G_END_DECLS
