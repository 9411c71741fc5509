/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* To be preloaded: one in so many calls of what threads meet at in GLib and
 * GStreamer takes a while, as if another program had got the processor there.
 *
 *   SHAKE=4000      how many (default)
 *   SHAKE_US=20000  a while at the most, in us (default)
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <glib-object.h>
#include <gmodule.h>
#include <gst/gst.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

static guint rare = 4000;
static guint longest = 20000; /* us */

static void __attribute__ ((constructor)) read_environment (void)
{
  const char *value = getenv ("SHAKE");

  if (value != NULL)
    rare = MAX (atoi (value), 1);
  value = getenv ("SHAKE_US");
  if (value != NULL)
    longest = CLAMP (atoi (value), 1, 999999);
}

/* Calls nothing that is shaken. */
static guint64
get_random (void)
{
  static __thread guint64 state = 0;

  if (state == 0) {
    struct timespec now;

    clock_gettime (CLOCK_MONOTONIC, &now);
    state = (guint64)now.tv_nsec << 20 ^ (guintptr)&state ^ 1;
  }
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;

  return state >> 16;
}

static void
shake (void)
{
  struct timespec time = { 0, 0 };

  if (get_random () % rare != 0)
    return;
  time.tv_nsec = get_random () % longest * 1000;
  ppoll (NULL, 0, &time, NULL);
}

static void *
find (const char *name)
{
  void *function = dlsym (RTLD_NEXT, name);

  if (function == NULL)
    abort ();

  return function;
}

#define SHAKE(name, type)                                                      \
  G_MODULE_EXPORT void name (type object)                                      \
  {                                                                            \
    static void (*real) (type) = NULL;                                         \
                                                                               \
    if (real == NULL)                                                          \
      real = (void (*) (type))find (#name);                                    \
    shake ();                                                                  \
    real (object);                                                             \
    shake ();                                                                  \
  }

SHAKE (g_mutex_lock, GMutex *)
SHAKE (g_mutex_unlock, GMutex *)
SHAKE (g_rec_mutex_lock, GRecMutex *)
SHAKE (g_rec_mutex_unlock, GRecMutex *)
SHAKE (g_cond_signal, GCond *)
SHAKE (g_cond_broadcast, GCond *)
SHAKE (g_object_unref, gpointer)
SHAKE (gst_object_unref, gpointer)
SHAKE (gst_mini_object_unref, GstMiniObject *)
SHAKE (g_source_destroy, GSource *)
SHAKE (g_source_unref, GSource *)
SHAKE (g_main_loop_quit, GMainLoop *)

G_MODULE_EXPORT guint
g_source_attach (GSource *source, GMainContext *context)
{
  static guint (*real) (GSource *, GMainContext *) = NULL;
  guint id;

  if (real == NULL)
    real = (guint (*) (GSource *, GMainContext *))find ("g_source_attach");
  shake ();
  id = real (source, context);
  shake ();

  return id;
}
