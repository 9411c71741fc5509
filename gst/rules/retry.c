/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When to try again. */

#include "retry.h"

#define FIRST 250 /* ms */
#define LONGEST 4000

/* Less time than this is for no try. */
#define SHORTEST 100

/**
 * gst_peer_retry_delay:
 * @n_tries: how many have failed, at least 1
 * @random: 0 to 1, so that those that failed together do not come back together
 * @retry_after: ms that the server wants, 0 when it has not said
 * @remaining: ms that there are for all of it
 *
 * The delay doubles from one try to the next; the last ones share what remains.
 *
 * Returns: ms to wait, -1 to give up
 */
gint64
gst_peer_retry_delay (
    guint n_tries, double random, gint64 retry_after, gint64 remaining)
{
  gint64 delay = MIN (FIRST << MIN (n_tries - 1, 8), LONGEST);

  delay = MIN (delay, LONGEST) * (0.75 + CLAMP (random, 0, 1) / 4);
  if (remaining < SHORTEST || retry_after >= remaining)
    return -1;
  if (retry_after > 0)
    return MIN (MAX (delay, retry_after), MAX (remaining / 2, retry_after));

  return MIN (delay, remaining / 2);
}
