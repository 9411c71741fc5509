/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* unshare(), setns() */
#define _GNU_SOURCE

#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NETMASK "255.255.255.0"
#define MAX_PACKET 2048
/* What a slow link keeps back at most. */
#define MAX_LATE (200 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  gint64 due;
  gsize size;
  guint8 data[MAX_PACKET];
} Packet;

/* One direction. */
typedef struct {
  int from;
  int to;
  GQueue packets; /* by the time they are due */
  gint64 free_at; /* when a slow link has sent what it has */
} Lane;

struct _Link {
  int namespaces[3];
  int wake[2];
  Lane lanes[2]; /* from near to far, from far to near */
  GRand *rand;
  GThread *thread;

  GMutex lock;
  LinkFaults faults;
  gint64 cut_until;
  gboolean moved;
  gboolean ended;
};

/* === the two hosts === */

#define CHECK(call)                                                            \
  ck_assert_msg ((call) >= 0, #call ": %s", g_strerror (errno))

static int
open_namespace (void)
{
  int fd = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

  CHECK (fd);
  return fd;
}

static void
set_address (struct ifreq *request, int socket, gulong code, const char *text)
{
  struct sockaddr_in *address = (struct sockaddr_in *)&request->ifr_addr;

  memset (address, 0, sizeof (*address));
  address->sin_family = AF_INET;
  inet_pton (AF_INET, text, &address->sin_addr);
  CHECK (ioctl (socket, code, request));
}

static void
bring_up (const char *name, const char *address)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = { 0 };

  CHECK (fd);
  g_strlcpy (request.ifr_name, name, IFNAMSIZ);
  if (address != NULL) {
    set_address (&request, fd, SIOCSIFADDR, address);
    set_address (&request, fd, SIOCSIFNETMASK, NETMASK);
  }
  CHECK (ioctl (fd, SIOCGIFFLAGS, &request));
  request.ifr_flags |= IFF_UP;
  CHECK (ioctl (fd, SIOCSIFFLAGS, &request));
  close (fd);
}

static void
disable_ipv6 (void)
{
  int fd =
      open ("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);

  /* Or there is none. */
  if (fd < 0)
    return;
  CHECK (write (fd, "1", 1));
  close (fd);
}

static int
open_tun (void)
{
  int fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

  CHECK (fd);
  g_strlcpy (request.ifr_name, "link", IFNAMSIZ);
  CHECK (ioctl (fd, TUNSETIFF, &request));
  return fd;
}

/* Returns the file that the host's packets come from and go to. */
static int
make_host (Link *self, LinkPlace place, const char *address)
{
  int tun;

  CHECK (unshare (CLONE_NEWNET));
  self->namespaces[place] = open_namespace ();
  disable_ipv6 ();
  bring_up ("lo", NULL);
  tun = open_tun ();
  bring_up ("link", address);

  return tun;
}

void
link_enter (Link *self, LinkPlace place)
{
  CHECK (setns (self->namespaces[place], CLONE_NEWNET));
}

/* === another address, for IPv4 and UDP === */

static guint16
checksum (const guint8 *data, gsize size)
{
  guint32 sum = 0;

  for (gsize i = 0; i + 1 < size; i += 2)
    sum += data[i] << 8 | data[i + 1];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);

  return htons (~sum);
}

static void
replace_address (guint32 *address, const char *from, const char *to)
{
  if (*address == inet_addr (from))
    *address = inet_addr (to);
}

static void
translate (Packet *packet, gboolean outwards)
{
  struct iphdr ip;
  gsize head;

  if (packet->size < sizeof (ip))
    return;
  memcpy (&ip, packet->data, sizeof (ip));
  head = ip.ihl * 4;
  if (ip.version != 4 || ip.protocol != IPPROTO_UDP ||
      packet->size < head + sizeof (struct udphdr))
    return;

  if (outwards)
    replace_address (&ip.saddr, LINK_NEAR_ADDRESS, LINK_MOVED_ADDRESS);
  else
    replace_address (&ip.daddr, LINK_MOVED_ADDRESS, LINK_NEAR_ADDRESS);
  ip.check = 0;
  memcpy (packet->data, &ip, sizeof (ip));
  ip.check = checksum (packet->data, head);
  memcpy (packet->data, &ip, sizeof (ip));
  /* None, which IPv4 allows. */
  memset (packet->data + head + G_STRUCT_OFFSET (struct udphdr, check), 0, 2);
}

/* === the cable === */

/* Of those due at the same time, the new one goes last. */
static gint
compare_due (gconstpointer queued, gconstpointer added, gpointer user_data)
{
  return ((const Packet *)queued)->due > ((const Packet *)added)->due ? 1 : -1;
}

static gboolean
happens (Link *self, guint percent)
{
  return (guint)g_rand_int_range (self->rand, 0, 100) < percent;
}

/* UDP and TCP begin alike: with the ports. */
static gboolean
passes (const Packet *packet, gboolean outwards, guint only_port)
{
  gsize head = (packet->data[0] & 15) * 4;
  gsize at = outwards ? head + 2 : head;

  return only_port == 0 ||
         (packet->size >= at + 2 &&
             GST_READ_UINT16_BE (packet->data + at) == only_port);
}

/* Returns when @packet is to arrive, or -1. */
static gint64
get_due (Link *self, Lane *lane, const Packet *packet, const LinkFaults *faults)
{
  gint64 now = g_get_monotonic_time ();
  gint64 sent = now;

  if (faults->cut ||
      !passes (packet, lane == &self->lanes[0], faults->only_port) ||
      happens (self, faults->loss))
    return -1;
  if (faults->rate > 0) {
    sent = MAX (now, lane->free_at) +
           packet->size * 8 * G_TIME_SPAN_MILLISECOND / faults->rate;
    if (sent - now > MAX_LATE)
      return -1;
    lane->free_at = sent;
  }

  return happens (self, faults->early)
             ? sent
             : sent + faults->delay * G_TIME_SPAN_MILLISECOND;
}

static void
take (Link *self, Lane *lane)
{
  g_autofree Packet *packet = g_new (Packet, 1);
  gssize size;

  while ((size = read (lane->from, packet->data, MAX_PACKET)) > 0) {
    LinkFaults faults;
    gboolean moved;

    g_mutex_lock (&self->lock);
    faults = self->faults;
    faults.cut |= g_get_monotonic_time () < self->cut_until;
    moved = self->moved;
    g_mutex_unlock (&self->lock);

    packet->size = size;
    packet->due = get_due (self, lane, packet, &faults);
    if (packet->due < 0)
      continue;
    if (moved)
      translate (packet, lane == &self->lanes[0]);
    g_queue_insert_sorted (
        &lane->packets, g_steal_pointer (&packet), compare_due, NULL);
    packet = g_new (Packet, 1);
  }
}

/* Returns how many ms it is until there is more to give, or -1. */
static int
give (Lane *lane)
{
  Packet *packet;

  while ((packet = g_queue_peek_head (&lane->packets)) != NULL) {
    gint64 left = packet->due - g_get_monotonic_time ();

    if (left > 0)
      return (left + G_TIME_SPAN_MILLISECOND - 1) / G_TIME_SPAN_MILLISECOND;
    /* What a host cannot take is lost. */
    if (write (lane->to, packet->data, packet->size) < 0)
      GST_DEBUG ("a packet is lost: %s", g_strerror (errno));
    g_free (g_queue_pop_head (&lane->packets));
  }

  return -1;
}

static gboolean
has_ended (Link *self)
{
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = self->ended;
  g_mutex_unlock (&self->lock);

  return ended;
}

static gpointer
carry (gpointer user_data)
{
  Link *self = user_data;
  struct pollfd files[] = {
    { .fd = self->lanes[0].from, .events = POLLIN },
    { .fd = self->lanes[1].from, .events = POLLIN },
    { .fd = self->wake[0], .events = POLLIN },
  };

  while (!has_ended (self)) {
    int wait = give (&self->lanes[0]), other = give (&self->lanes[1]);

    if (wait < 0 || (other >= 0 && other < wait))
      wait = other;
    if (poll (files, G_N_ELEMENTS (files), wait) <= 0)
      continue;
    take (self, &self->lanes[0]);
    take (self, &self->lanes[1]);
  }

  return NULL;
}

void
link_set_faults (Link *self, LinkFaults faults)
{
  g_mutex_lock (&self->lock);
  self->faults = faults;
  g_mutex_unlock (&self->lock);
}

void
link_cut (Link *self, guint ms)
{
  g_mutex_lock (&self->lock);
  self->cut_until = g_get_monotonic_time () + ms * G_TIME_SPAN_MILLISECOND;
  g_mutex_unlock (&self->lock);
}

void
link_move (Link *self)
{
  g_mutex_lock (&self->lock);
  self->moved = TRUE;
  g_mutex_unlock (&self->lock);
}

Link *
link_new (void)
{
  Link *self = g_new0 (Link, 1);
  int near, far;

  g_mutex_init (&self->lock);
  self->rand = g_rand_new_with_seed (1);
  self->namespaces[LINK_HOME] = open_namespace ();
  near = make_host (self, LINK_NEAR, LINK_NEAR_ADDRESS);
  far = make_host (self, LINK_FAR, LINK_FAR_ADDRESS);
  link_enter (self, LINK_HOME);
  ck_assert (g_unix_open_pipe (self->wake, FD_CLOEXEC, NULL));
  self->lanes[0].from = self->lanes[1].to = near;
  self->lanes[1].from = self->lanes[0].to = far;
  self->thread = g_thread_new ("link", carry, self);

  return self;
}

void
link_free (Link *self)
{
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_mutex_unlock (&self->lock);
  CHECK (write (self->wake[1], "", 1));
  g_thread_join (self->thread);

  for (guint i = 0; i < G_N_ELEMENTS (self->lanes); i++) {
    close (self->lanes[i].from);
    close (self->wake[i]);
    g_queue_clear_full (&self->lanes[i].packets, g_free);
  }
  for (guint i = 0; i < G_N_ELEMENTS (self->namespaces); i++)
    close (self->namespaces[i]);
  g_rand_free (self->rand);
  g_mutex_clear (&self->lock);
  g_free (self);
}
