/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signaller.h"

/* A signaller as an application may have: two of them are connected to one
 * another, and what is said to one is heard of the other. */
GstPeerSignaller *direct_signaller_new (GstPeerSignaller *other);
