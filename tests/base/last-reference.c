/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is stopped by its last reference is disposed of before it is finalized,
 * however fast it stops. */

#include "last-reference.h"

#include <gst/check/gstcheck.h>

/* === a bin that outlives its last reference === */

typedef struct {
  GstBin parent;
  gboolean is_slow; /* whoever drops the last reference */
} Outliver;

typedef GstBinClass OutliverClass;

static GType outliver_get_type (void);

G_DEFINE_TYPE (Outliver, outliver, GST_TYPE_BIN)

static gint n_disposed;
static gint n_finalized;
static gint n_children; /* when it was finalized */

static gboolean
is_stopped (GstElement *element)
{
  gboolean stopped;

  GST_OBJECT_LOCK (element);
  stopped = GST_STATE (element) == GST_STATE_NULL;
  GST_OBJECT_UNLOCK (element);

  return stopped;
}

static void
outliver_dispose (GObject *object)
{
  Outliver *self = (Outliver *)object;

  if (gst_peer_outlives_last_reference (GST_ELEMENT (object))) {
    /* What stops it has given up its reference; a toggle reference may stay. */
    while (self->is_slow && (!is_stopped (GST_ELEMENT (object)) ||
                                GST_OBJECT_REFCOUNT_VALUE (object) > 2))
      g_thread_yield ();
    return;
  }
  g_atomic_int_inc (&n_disposed);

  G_OBJECT_CLASS (outliver_parent_class)->dispose (object);
}

static void
outliver_finalize (GObject *object)
{
  g_atomic_int_set (&n_children, GST_BIN (object)->numchildren);
  g_atomic_int_inc (&n_finalized);

  G_OBJECT_CLASS (outliver_parent_class)->finalize (object);
}

static void
outliver_class_init (OutliverClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = outliver_dispose;
  G_OBJECT_CLASS (klass)->finalize = outliver_finalize;
}

static void
outliver_init (Outliver *self)
{
  gst_bin_add (GST_BIN (self), gst_element_factory_make ("identity", "inside"));
}

/* === tests === */

GST_START_TEST (test_disposed_of_before_it_is_finalized)
{
  GstElement *bin = gst_object_ref_sink (
      g_object_new (outliver_get_type (), "name", "outliver", NULL));
  GstElement *inside = gst_bin_get_by_name (GST_BIN (bin), "inside");

  ((Outliver *)bin)->is_slow = __i__;
  gst_element_set_state (bin, GST_STATE_READY);
  gst_object_unref (bin);
  while (g_atomic_int_get (&n_finalized) == 0)
    g_thread_yield ();
  ck_assert_int_eq (g_atomic_int_get (&n_disposed), 1);
  ck_assert_int_eq (g_atomic_int_get (&n_children), 0);
  ck_assert_int_eq (GST_STATE (inside), GST_STATE_NULL);
  ck_assert (GST_OBJECT_PARENT (inside) == NULL);
  gst_object_unref (inside);
}
GST_END_TEST

static Suite *
last_reference_suite (void)
{
  Suite *suite = suite_create ("last-reference");
  TCase *tcase = tcase_create ("last-reference");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_disposed_of_before_it_is_finalized, FALSE, TRUE + 1);

  return suite;
}

GST_CHECK_MAIN (last_reference);
